// The Databricks JDBC driver in its SEA mode, as published, against the server under test. One TAP line per check.
// Run as a single file: java -cp databricks-jdbc.jar JdbcCheck.java URL TOKEN HTTP_PATH BIG_TABLE BIG_LIMIT VALUES.tsv ENDLESS

import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

public class JdbcCheck {
    interface Check {
        void run() throws Exception;
    }

    static String url, token, httpPath, big, endless;
    static long bigLimit;
    static List<String[]> values = new ArrayList<>();
    static int count, failed;

    public static void main(String[] args) throws Exception {
        url = args[0];
        token = args[1];
        httpPath = args[2];
        big = args[3];
        bigLimit = Long.parseLong(args[4]);
        for (String line : Files.readAllLines(Path.of(args[5]))) values.add(line.split("\t", -1));
        endless = args[6];
        java.util.logging.LogManager.getLogManager().reset();
        System.out.println("TAP version 13");
        try (Connection c = connect(token, "")) {
            checks(c);
        }
        System.out.println("1.." + count);
        System.exit(failed == 0 ? 0 : 1);
    }

    static void checks(Connection c) throws Exception {
        check("select one", () -> equal(List.of("1"), row(c, "SELECT 1 AS one")));
        check("product and driver have names", () -> productNames(c));
        check("wrong token is refused quickly and clearly", JdbcCheck::wrongToken);
        check("lists catalogs", () -> contains(column(c.getMetaData().getCatalogs(), 1), "main", "samples"));
        check("lists schemas", () -> contains(column(c.getMetaData().getSchemas("samples", "%"), 1), "tpch_big"));
        check("lists tables", () ->
            contains(column(c.getMetaData().getTables("samples", "tpch", "%", null), 3), "lineitem", "orders"));
        check("lists no tables of an unknown schema", () ->
            equal(0, column(c.getMetaData().getTables("samples", "no_such_schema", "%", null), 3).size()));
        check("lists columns in order with types", () -> columns(c));
        check("describes a result before it runs", () -> describes(c));
        for (String[] v : values) check("value " + v[0], () -> value(c, v));
        check("all types in one row", () -> allValues(c));
        check("dumps main.default.all_types", () -> dump(c, "SELECT * FROM main.default.all_types ORDER BY id"));
        check("numbers, bytes and times by their own getters", () -> typedGetters(c));
        check("empty result keeps its columns", () -> emptyResult(c));
        check("ordinal parameters of all kinds", () -> parameters(c));
        check("ddl, dml and update counts", () -> dml(c));
        check("catalog and schema of the session last", () -> sessionState(c));
        check("error has SQLSTATE 42P01", () -> sqlState("42P01", c, "SELECT * FROM main.default.no_such_table"));
        check("syntax error has SQLSTATE 42601", () -> sqlState("42601", c, "SELEC 1"));
        check("a million rows in chunks", () -> million(c));
        check("rows keep their order over chunks", () -> order(c));
        check("inline rows without result download", JdbcCheck::inline);
        check("cancel from another thread", () -> cancel(c));
        check("query timeout", () -> timeout(c));
        check("many statements on one connection", () -> {
            for (int i = 0; i < 30; i++) equal(List.of("" + i), row(c, "SELECT " + i));
        });
    }

    static void check(String name, Check body) {
        count++;
        long begin = System.nanoTime();
        try {
            body.run();
            System.out.printf("ok %d - %s # %d ms%n", count, name, (System.nanoTime() - begin) / 1000000);
        } catch (Throwable t) {
            failed++;
            System.out.printf("not ok %d - %s%n", count, name);
            String text = t.toString() + (t instanceof SQLException e ? " SQLSTATE " + e.getSQLState() : "");
            for (String line : text.split("\n")) System.out.println("# " + line);
            for (StackTraceElement at : t.getStackTrace())
                if (at.getClassName().startsWith("JdbcCheck")) System.out.println("#   " + at);
        }
        System.out.flush();
    }

    // ---- the server ----------------------------------------------------------------------------------------------

    // ssl=0 is the driver's own way to a plain-HTTP server
    static Connection connect(String token, String more) throws SQLException {
        URI at = URI.create(url);
        String ssl = at.getScheme().equals("https") ? "1" : "0";
        String jdbc = "jdbc:databricks://" + at.getHost() + ":" + at.getPort() + ";ssl=" + ssl + ";transportMode=http;AuthMech=3"
            + ";httpPath=" + httpPath + ";UseThriftClient=0;EnableTelemetry=0;LogLevel=OFF" + more;
        Properties p = new Properties();
        p.put("UID", "token");
        p.put("PWD", token);
        return DriverManager.getConnection(jdbc, p);
    }

    static void wrongToken() throws Exception {
        long begin = System.nanoTime();
        try (Connection c = connect("dapi-wrong", "")) {
            row(c, "SELECT 1");
        } catch (SQLException e) {
            String all = "";
            for (Throwable t = e; t != null; t = t.getCause()) all += t.getMessage() + "\n";
            isTrue(all, all.contains("403") || all.contains("401") || all.contains("Invalid access token"));
            isTrue("within 20 s", System.nanoTime() - begin < 20_000_000_000L);
            return;
        }
        throw new AssertionError("connected with a wrong token");
    }

    // ---- metadata ------------------------------------------------------------------------------------------------

    static void productNames(Connection c) throws Exception {
        isTrue("product name", !c.getMetaData().getDatabaseProductName().isEmpty());
        isTrue("driver name", c.getMetaData().getDriverName().contains("Databricks"));
    }

    static void columns(Connection c) throws Exception {
        List<String> got = new ArrayList<>();
        try (ResultSet r = c.getMetaData().getColumns("samples", "tpch", "lineitem", "%")) {
            while (r.next()) got.add(r.getString("COLUMN_NAME") + " " + r.getInt("DATA_TYPE"));
        }
        equal(16, got.size());
        equal("l_orderkey " + Types.BIGINT, got.get(0));
        contains(got, "l_extendedprice " + Types.DECIMAL, "l_shipdate " + Types.DATE, "l_comment " + Types.VARCHAR);
    }

    static void describes(Connection c) throws Exception {
        try (PreparedStatement s = c.prepareStatement("SELECT n_nationkey, n_name FROM samples.tpch.nation WHERE 1 = 1")) {
            ResultSetMetaData m = s.getMetaData();
            equal(2, m.getColumnCount());
            equal("n_name", m.getColumnName(2));
        }
    }

    // ---- values --------------------------------------------------------------------------------------------------

    static String text(ResultSet r, int i) throws SQLException {
        Object o = r.getObject(i);
        if (o instanceof byte[] b) return java.util.HexFormat.of().formatHex(b);
        return r.getString(i);
    }

    static void value(Connection c, String[] v) throws Exception {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT " + v[1] + " AS " + v[0])) {
            isTrue("a row", r.next());
            equal(v[2].equals("\\N") ? null : v[2], text(r, 1));
            isTrue("one row", !r.next());
        }
    }

    static void allValues(Connection c) throws Exception {
        String list = "";
        for (String[] v : values) list += (list.isEmpty() ? "" : ", ") + v[1] + " AS " + v[0];
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT " + list)) {
            isTrue("a row", r.next());
            for (int i = 0; i < values.size(); i++) {
                String want = values.get(i)[2].equals("\\N") ? null : values.get(i)[2];
                isTrue(values.get(i)[0] + ": got " + text(r, i + 1) + ", want " + want, Objects.equals(want, text(r, i + 1)));
            }
        }
    }

    // "# cell ROW COLUMN BASE64" per value that is not NULL, for the one who knows what it should be
    static void dump(Connection c, String sql) throws Exception {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            int columns = r.getMetaData().getColumnCount();
            while (r.next()) {
                System.out.println("# row " + r.getInt(1));
                for (int i = 1; i <= columns; i++) {
                    String text = canonical(r, i);
                    if (text == null) continue;
                    String cell = java.util.Base64.getEncoder().encodeToString(text.getBytes("UTF-8"));
                    System.out.println("# cell " + r.getInt(1) + " " + r.getMetaData().getColumnName(i) + " " + cell);
                }
            }
        }
    }

    static String canonical(ResultSet r, int i) throws SQLException {
        Object o = r.getObject(i);
        if (o instanceof byte[] b) return java.util.HexFormat.of().formatHex(b);
        if (o instanceof BigDecimal d) return d.toPlainString();
        if (o instanceof java.sql.Timestamp t) return t.toLocalDateTime().toString();
        return r.getString(i);
    }

    static void typedGetters(Connection c) throws Exception {
        String q = "SELECT CAST(-128 AS TINYINT), CAST(9223372036854775807 AS BIGINT), CAST(1.5 AS FLOAT), "
            + "CAST('12.50' AS DECIMAL(10,2)), X'00FF10', DATE'2024-02-29', TIMESTAMP_NTZ'2024-02-29 23:59:59.123456', "
            + "true, CAST(NULL AS INT)";
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(q)) {
            r.next();
            equal((byte) -128, r.getByte(1));
            equal(Long.MAX_VALUE, r.getLong(2));
            equal(1.5f, r.getFloat(3));
            equal(new BigDecimal("12.50"), r.getBigDecimal(4));
            equal("00ff10", java.util.HexFormat.of().formatHex(r.getBytes(5)));
            equal(java.sql.Date.valueOf("2024-02-29"), r.getDate(6));
            equal(java.sql.Timestamp.valueOf("2024-02-29 23:59:59.123456"), r.getTimestamp(7));
            equal(true, r.getBoolean(8));
            equal(0, r.getInt(9));
            isTrue("was null", r.wasNull());
        }
    }

    static void emptyResult(Connection c) throws Exception {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT 1 AS a, 'x' AS b WHERE 1 = 0")) {
            equal(2, r.getMetaData().getColumnCount());
            equal("b", r.getMetaData().getColumnName(2));
            isTrue("no row", !r.next());
        }
    }

    static void parameters(Connection c) throws Exception {
        try (PreparedStatement s = c.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?")) {
            s.setInt(1, 42);
            s.setString(2, "it's");
            s.setBigDecimal(3, new BigDecimal("12.50"));
            s.setDate(4, java.sql.Date.valueOf("2024-02-29"));
            s.setBoolean(5, true);
            s.setNull(6, Types.VARCHAR);
            s.setDouble(7, 0.125);
            try (ResultSet r = s.executeQuery()) {
                equal(java.util.Arrays.asList("42", "it's", "12.50", "2024-02-29", "true", null, "0.125"), rowOf(r));
            }
        }
    }

    // ---- statements ----------------------------------------------------------------------------------------------

    static void dml(Connection c) throws Exception {
        String t = "main.default.jdbc_" + System.nanoTime();
        try (Statement s = c.createStatement()) {
            s.executeUpdate("CREATE TABLE " + t + " (id INT, name STRING)");
            try {
                equal(3, s.executeUpdate("INSERT INTO " + t + " VALUES (1, 'a'), (2, 'b'), (3, NULL)"));
                equal(2, s.executeUpdate("UPDATE " + t + " SET name = 'z' WHERE id >= 2"));
                equal(1, s.executeUpdate("DELETE FROM " + t + " WHERE id = 1"));
                try (PreparedStatement p = c.prepareStatement("INSERT INTO " + t + " VALUES (?, ?)")) {
                    for (int i = 10; i < 13; i++) {
                        p.setInt(1, i);
                        p.setString(2, "n" + i);
                        p.addBatch();
                    }
                    equal(3, p.executeBatch().length);
                }
                equal(List.of("5", "38"), row(c, "SELECT count(*), sum(id) FROM " + t));
            } finally {
                s.executeUpdate("DROP TABLE " + t);
            }
        }
    }

    static void sessionState(Connection c) throws Exception {
        try (Connection own = connect(token, ";ConnCatalog=samples;ConnSchema=tpch")) {
            equal(List.of("25"), row(own, "SELECT count(*) FROM nation"));
            own.setCatalog("main");
            own.setSchema("default");
            equal(List.of("main", "default"), row(own, "SELECT current_catalog(), current_schema()"));
        }
    }

    static void sqlState(String want, Connection c, String sql) {
        try {
            row(c, sql);
        } catch (SQLException e) {
            equal(want, e.getSQLState());
            return;
        }
        throw new AssertionError("no error");
    }

    static void million(Connection c) throws Exception {
        String q = "SELECT l_orderkey, l_linenumber, l_extendedprice, l_comment FROM " + big
            + " ORDER BY l_orderkey, l_linenumber LIMIT " + bigLimit;
        List<String> want = row(c, "SELECT count(*), sum(l_orderkey), sum(l_linenumber), sum(l_extendedprice), "
            + "sum(length(l_comment)) FROM (" + q + ")");
        long rows = 0, orders = 0, lines = 0, letters = 0;
        BigDecimal price = BigDecimal.ZERO;
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(q)) {
            while (r.next()) {
                rows++;
                orders += r.getLong(1);
                lines += r.getLong(2);
                price = price.add(r.getBigDecimal(3));
                letters += r.getString(4).length();
            }
        }
        equal(bigLimit, rows);
        equal(want, List.of("" + rows, "" + orders, "" + lines, price.toPlainString(), "" + letters));
    }

    static void order(Connection c) throws Exception {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT id FROM range(300000) ORDER BY id")) {
            long next = 0;
            while (r.next()) equal(next++, r.getLong(1));
            equal(300000L, next);
        }
    }

    static void inline() throws Exception {
        try (Connection c = connect(token, ";EnableQueryResultDownload=0")) {
            equal(List.of("1", "x", "12.50"), row(c, "SELECT 1, 'x', CAST('12.50' AS DECIMAL(10,2))"));
        }
    }

    static void cancel(Connection c) throws Exception {
        AtomicReference<SQLException> seen = new AtomicReference<>();
        try (Statement s = c.createStatement()) {
            Thread t = new Thread(() -> {
                try {
                    s.executeQuery(endless);
                } catch (SQLException e) {
                    seen.set(e);
                }
            });
            t.start();
            Thread.sleep(12000);    // it learns the id of its statement when the server has waited its default 10 s
            s.cancel();
            t.join(30000);
            isTrue("the thread came back", !t.isAlive());
        }
        isTrue("an error", seen.get() != null);
    }

    static void timeout(Connection c) throws Exception {
        long begin = System.nanoTime();
        try (Statement s = c.createStatement()) {
            s.setQueryTimeout(2);
            s.executeQuery(endless);
        } catch (SQLException e) {
            isTrue("within 30 s", System.nanoTime() - begin < 30_000_000_000L);
            return;
        }
        throw new AssertionError("no timeout");
    }

    // ---- small helpers -------------------------------------------------------------------------------------------

    static List<String> row(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            return rowOf(r);
        }
    }

    static List<String> rowOf(ResultSet r) throws SQLException {
        List<String> out = new ArrayList<>();
        if (!r.next()) return out;
        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) out.add(r.getString(i));
        return out;
    }

    static TreeSet<String> column(ResultSet r, int i) throws SQLException {
        TreeSet<String> out = new TreeSet<>();
        try (r) {
            while (r.next()) out.add(r.getString(i));
        }
        return out;
    }

    static void contains(java.util.Collection<String> all, String... some) {
        for (String s : some) if (!all.contains(s)) throw new AssertionError(s + " is not in " + all);
    }

    static void equal(Object want, Object got) {
        if (!Objects.equals(want, got)) throw new AssertionError("want " + want + ", got " + got);
    }

    static void isTrue(String what, boolean yes) {
        if (!yes) throw new AssertionError("not so: " + what);
    }
}
