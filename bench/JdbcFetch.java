// A JDBC driver reads whole results, every cell by the getter that fits it. One JVM answers many requests, so that it is warm
// when it counts.
// Run as a single file: java -cp JAR JdbcFetch.java JDBC-URL PASSWORD; each line of the input is a statement, each line
// of the output the JSON that bench/fetch prints.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.sql.Types;
import java.util.Locale;
import java.util.Properties;

public class JdbcFetch {
    static long sum;    // of something in every cell, so that no read is optimised away

    public static void main(String[] args) throws Exception {
        java.util.logging.LogManager.getLogManager().reset();
        Properties p = new Properties();
        p.put("UID", "token");
        p.put("PWD", args[1]);
        try (Connection c = DriverManager.getConnection(args[0], p)) {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
            for (String sql; (sql = in.readLine()) != null; ) System.out.println(measure(c, sql));
        }
    }

    static String measure(Connection c, String sql) throws Exception {
        double cpu = cpuSeconds();
        long begin = System.nanoTime(), first = 0, rows = 0;
        int columns;
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            int[] types = types(r.getMetaData());
            columns = types.length;
            while (r.next()) {
                for (int i = 0; i < types.length; i++) read(r, i + 1, types[i]);
                if (rows++ == 0) first = System.nanoTime();
            }
        }
        long end = System.nanoTime();
        return String.format(Locale.ROOT, "{\"rows\": %d, \"columns\": %d, \"first_rowset_s\": %.6f, \"seconds\": %.6f, "
            + "\"peak_rss_mib\": %.1f, \"cpu_s\": %.3f}", rows, columns, (first - begin) / 1e9, (end - begin) / 1e9,
            peakMib(), cpuSeconds() - cpu);
    }

    static int[] types(ResultSetMetaData m) throws Exception {
        int[] all = new int[m.getColumnCount()];
        for (int i = 0; i < all.length; i++) all[i] = m.getColumnType(i + 1);
        return all;
    }

    static void read(ResultSet r, int i, int type) throws Exception {
        switch (type) {
        case Types.BIGINT -> sum += r.getLong(i);
        case Types.INTEGER -> sum += r.getInt(i);
        case Types.DOUBLE -> sum += (long) r.getDouble(i);
        case Types.DECIMAL -> sum += length(r.getBigDecimal(i));
        case Types.DATE -> sum += length(r.getDate(i));
        case Types.TIMESTAMP -> sum += length(r.getTimestamp(i));
        default -> sum += length(r.getString(i));
        }
    }

    static int length(Object o) { return o == null ? 0 : o instanceof String s ? s.length() : o.hashCode(); }

    static double peakMib() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM:")) return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
        return 0;
    }

    static double cpuSeconds() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    }
}
