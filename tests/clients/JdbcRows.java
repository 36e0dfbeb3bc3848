// What the Databricks JDBC driver in its SEA mode makes of a result, as one digest. A line "URL<tab>SQL" comes in, a line
// "ROWS DIGEST" goes out, or "error TEXT". One JVM for all lines; one connection per URL.
// Run as a single file: java -cp databricks-jdbc.jar JdbcRows.java TOKEN HTTP_PATH

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;

public class JdbcRows {
    static String token, httpPath;
    static final Map<String, Connection> open = new HashMap<>();

    public static void main(String[] args) throws Exception {
        token = args[0];
        httpPath = args[1];
        java.util.logging.LogManager.getLogManager().reset();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split("\t", 2);
            try {
                System.out.println("answer " + digest(connection(words[0]), words[1]));
            } catch (Exception e) {
                System.out.println("answer error " + e.toString().replace('\n', ' '));
            }
        }
        System.exit(0);
    }

    static Connection connection(String url) throws Exception {
        if (!open.containsKey(url)) open.put(url, connect(URI.create(url)));
        return open.get(url);
    }

    static Connection connect(URI at) throws Exception {
        Properties p = new Properties();
        p.put("UID", "token");
        p.put("PWD", token);
        return DriverManager.getConnection("jdbc:databricks://" + at.getHost() + ":" + at.getPort() + ";ssl=0;transportMode=http;"
            + "AuthMech=3;httpPath=" + httpPath + ";UseThriftClient=0;EnableTelemetry=0;LogLevel=OFF", p);
    }

    static String digest(Connection c, String sql) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        long rows = 0;
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            ResultSetMetaData about = r.getMetaData();
            int columns = about.getColumnCount();
            for (int i = 1; i <= columns; i++)
                add(hash, about.getColumnName(i) + " " + about.getColumnTypeName(i) + " " + about.getPrecision(i) + "," + about.getScale(i));
            for (; r.next(); rows++)
                for (int i = 1; i <= columns; i++) add(hash, text(r, i));
        }
        return rows + " " + HexFormat.of().formatHex(hash.digest());
    }

    // NULL is told from the text "null", and every value from the one beside it
    static void add(MessageDigest hash, String text) {
        if (text == null) {
            hash.update((byte) 0);
            return;
        }
        hash.update((byte) 1);
        hash.update(text.getBytes(StandardCharsets.UTF_8));
        hash.update((byte) 2);
    }

    static String text(ResultSet r, int i) throws Exception {
        Object o = r.getObject(i);
        if (o instanceof byte[] b) return HexFormat.of().formatHex(b);
        if (o instanceof BigDecimal d) return d.toPlainString();
        if (o instanceof Number || o instanceof Boolean || o instanceof java.util.Date) return o.toString();
        return r.getString(i);
    }
}
