"""LibreOffice Base: a data source is registered, its tables are listed and shown, statements are prepared; all through UNO."""
import gc
import math
import os
import shlex
import struct
import subprocess
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.sdbc import SQLException
from com.sun.star.sdbc.DataType import VARCHAR
from com.sun.star.util import Date, DateTime

sys.path.insert(0, os.path.join(os.environ["APPS"], "lib"))
from tap import DSN, EXPECTED, TABLE, UNDER_VALGRIND, Skip, check, done, equal   # noqa: E402

ROWS = EXPECTED["rows"]
SCRATCH = os.environ["DBX_SCRATCH"]
PIPE = f"dbx{os.getpid()}"


def start_office():
    valgrind = shlex.split(os.environ["DBX_VALGRIND"])
    program = ["/usr/lib/libreoffice/program/soffice.bin"] if valgrind else ["soffice"]
    return subprocess.Popen([*valgrind, *program, "--headless", "--invisible", "--norestore", "--nologo", "--nodefault",
                             f"-env:UserInstallation=file://{SCRATCH}/office", f"--accept=pipe,name={PIPE};urp;"],
                            stdout=subprocess.DEVNULL)


RESTART = 81       # how soffice.bin asks its wrapper to be started again, once its profile is made


def meet():
    """The office's context, and its process."""
    process = start_office()
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + (1800 if UNDER_VALGRIND else 90)
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext"), process
        except Exception:
            if process.poll() == RESTART:
                process = start_office()
            elif time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit("Bail out! the office does not answer")
            time.sleep(0.3)


context, office = meet()


def service(name):
    return context.ServiceManager.createInstanceWithContext(name, context)


def properties(**values):
    return tuple(PropertyValue(Name=k, Value=v) for k, v in values.items())


def rows_of(result):
    """All rows as text, None for NULL."""
    got, n = [], result.getMetaData().getColumnCount()
    while result.next():
        row = []
        for i in range(1, n + 1):
            value = result.getString(i)
            row.append(None if result.wasNull() else value)
        got.append(row)
    return got


def ask(connection, sql):
    return rows_of(connection.createStatement().executeQuery(sql))


def close(a, b):
    return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-13)


def raises(work):
    try:
        work()
    except SQLException as e:
        return e
    raise AssertionError("no error")


databases = service("com.sun.star.sdb.DatabaseContext")


def register(name, url, document):
    source = databases.createInstance()
    source.URL = url
    source.Info = properties(IgnoreDriverPrivileges=True)
    source.DatabaseDocument.storeAsURL(f"file://{SCRATCH}/{document}", ())
    databases.registerObject(name, source)
    return databases.getByName(name)


source = register("sales", f"sdbc:odbc:{DSN}", "sales.odb")
db = source.getConnection("", "")


@check("a data source is registered and opens")
def _():
    assert databases.hasByName("sales") and not db.isClosed()
    assert "sdbc:odbc" in db.getMetaData().getURL()


@check("the metadata names product, quote and limits")
def _():
    meta = db.getMetaData()
    equal(meta.getIdentifierQuoteString(), "`")
    assert meta.getDatabaseProductName() and meta.getDriverName() and meta.supportsGroupBy()
    for name in ("getDatabaseProductVersion", "getSQLKeywords", "getNumericFunctions", "getStringFunctions", "getTimeDateFunctions",
                 "getSystemFunctions", "getSearchStringEscape", "getExtraNameCharacters", "getMaxColumnNameLength", "getMaxConnections",
                 "getMaxStatements", "supportsOuterJoins", "supportsUnion", "supportsTransactions", "getDefaultTransactionIsolation",
                 "supportsBatchUpdates", "supportsColumnAliasing", "nullsAreSortedLow", "storesLowerCaseIdentifiers", "getUserName",
                 "isReadOnly", "supportsStoredProcedures", "getCatalogSeparator", "isCatalogAtStart", "getCatalogTerm", "getSchemaTerm"):
        getattr(meta, name)()


@check("tables of all catalogs are listed, by type and pattern")
def _():
    found = {(r[0], r[1], r[2]) for r in rows_of(db.getMetaData().getTables("samples", "tpch", "%", ("TABLE", "VIEW")))}
    equal(found, {("samples", "tpch", t) for t in EXPECTED["tables"]["samples.tpch"]})
    found = {r[2] for r in rows_of(db.getMetaData().getTables("main", "unicode", "%", ()))}
    equal(found, set(EXPECTED["tables"]["main.unicode"]))


@check("Base's own list of tables has them")
def _():
    names = set(db.getTables().getElementNames())
    assert len(names) > 1000, len(names)
    assert "samples.tpch.nation" in names and "main.unicode.表名" in names, sorted(names)[:5]


@check("columns, keys and types are listed")
def _():
    meta = db.getMetaData()
    equal([r[3] for r in rows_of(meta.getColumns("main", "default", "all\\_types", "%"))], [c["name"] for c in EXPECTED["columns"]])
    equal([r[3] for r in rows_of(meta.getPrimaryKeys("samples", "tpch", "lineitem"))], ["l_orderkey", "l_linenumber"])
    assert len(rows_of(meta.getTypeInfo())) > 10
    assert {"main", "samples"} <= {r[0] for r in rows_of(meta.getCatalogs())}
    assert len(rows_of(meta.getSchemas())) > 1
    assert {"TABLE", "VIEW"} <= {r[0] for r in rows_of(meta.getTableTypes())}
    table = db.getTables().getByName("main.default.all_types")
    equal(list(table.getColumns().getElementNames()), [c["name"] for c in EXPECTED["columns"]])


@check("foreign keys are listed in the connection's schema, and keys may follow the data source's name")
def _():
    other = register("tpch", f"sdbc:odbc:{DSN};Catalog=samples;Schema=tpch", "tpch.odb").getConnection("", "")
    # the office hands over no schema here, whatever it was given
    equal([r[2] for r in rows_of(other.getMetaData().getImportedKeys("samples", "tpch", "nation"))], ["region"])
    equal(ask(other, "SELECT count(*) FROM nation"), [["25"]])
    other.close()


@check("every type has its text")
def _():
    result = db.createStatement().executeQuery("SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id")
    names = [c["name"] for c in EXPECTED["columns"]]
    for row in rows_of(result):
        want = ROWS[row[0]]
        for name, got in zip(names, row):
            if name in ("c_float", "c_double") and got is not None:
                # the office writes numbers with its own fifteen digits
                number = float(want[name])
                if name == "c_float":
                    number = struct.unpack("f", struct.pack("f", number))[0]
                assert close(float(got.replace("INF", "inf")), number), f"row {row[0]}, {name}: {got}"
            elif name.startswith("c_timestamp") and got is not None:
                equal(got.rstrip("0").rstrip(".") if "." in got else got, want[name], f"row {row[0]}, {name}")
            elif name not in ("c_binary", "c_boolean"):
                equal(got, want[name], f"row {row[0]}, {name}")


@check("numbers, dates and binaries come in their own types")
def _():
    result = db.createStatement().executeQuery(
        "SELECT c_bigint, c_double, c_date, c_timestamp_ntz, c_binary, c_boolean, c_int FROM main.default.all_types WHERE id = 1")
    assert result.next()
    equal((result.getLong(1), result.getDouble(2), result.getBoolean(6), result.getInt(7)), (4, 2.25, True, 3))
    day, at = result.getDate(3), result.getTimestamp(4)
    equal((day.Year, day.Month, day.Day), (2024, 2, 29))
    equal((at.Hours, at.Minutes, at.Seconds, at.NanoSeconds), (12, 34, 56, 789012000))
    equal(bytes(b & 255 for b in result.getBytes(5).value), b"\xde\xad\xbe\xef")


@check("long strings arrive whole")
def _():
    result = db.createStatement().executeQuery(EXPECTED["long"]["sql"])
    assert result.next()
    equal(result.getString(1), EXPECTED["long"]["unit"] * 10240)


@check("prepared statements take parameters of every kind")
def _():
    statement = db.prepareStatement("SELECT ?, ?, ?, ?, ?, ?")
    statement.setInt(1, 42)
    statement.setString(2, "ä 😀")
    statement.setDouble(3, 1.5)
    statement.setDate(4, Date(Day=29, Month=2, Year=2024))
    statement.setTimestamp(5, DateTime(NanoSeconds=789012000, Seconds=56, Minutes=34, Hours=12, Day=29, Month=2, Year=2024))
    statement.setNull(6, VARCHAR)
    equal(rows_of(statement.executeQuery()), [["42", "ä 😀", "1.5", "2024-02-29", "2024-02-29 12:34:56.789012000", None]])
    statement = db.prepareStatement("SELECT ?")
    for text in EXPECTED["strings"].values():
        statement.setString(1, text)
        equal(rows_of(statement.executeQuery()), [[text]])


@check("a table is made, filled by parameters, changed and dropped")
def _():
    run = db.createStatement()
    run.executeUpdate(f"DROP TABLE IF EXISTS {TABLE}")
    run.executeUpdate(f"CREATE TABLE {TABLE} (id INT, name STRING)")
    insert = db.prepareStatement(f"INSERT INTO {TABLE} VALUES (?, ?)")
    for i, name in ((1, "eins"), (2, "zwei 😀"), (3, None)):
        insert.setInt(1, i)
        insert.setString(2, name) if name is not None else insert.setNull(2, VARCHAR)
        equal(insert.executeUpdate(), 1)
    equal(run.executeUpdate(f"UPDATE {TABLE} SET name = 'drei' WHERE id = 3"), 1)
    equal(ask(db, f"SELECT * FROM {TABLE} ORDER BY id"), [["1", "eins"], ["2", "zwei 😀"], ["3", "drei"]])
    run.executeUpdate(f"DROP TABLE {TABLE}")


@check("the row set of Base's grid goes forth and back")
def _():
    rows = service("com.sun.star.sdb.RowSet")
    rows.ActiveConnection = db
    rows.CommandType, rows.Command, rows.EscapeProcessing = 2, "SELECT id FROM range(0, 50) ORDER BY id", False
    rows.execute()
    assert rows.last()
    equal((rows.getInt(1), rows.getRow()), (49, 50))
    assert rows.absolute(10) and rows.previous() and rows.first() and rows.next()
    equal(rows.getInt(1), 1)
    rows.dispose()


@check("a table opens in a row set, as a double click does")
def _():
    rows = service("com.sun.star.sdb.RowSet")
    rows.ActiveConnection = db
    rows.CommandType, rows.Command = 0, "samples.tpch.nation"
    rows.execute()
    assert rows.last()
    equal(rows.getRow(), 25)
    rows.dispose()


@check("Base's own parser and composer take a query with its filter")
def _():
    composer = db.createInstance("com.sun.star.sdb.SingleSelectQueryComposer")
    composer.setQuery("SELECT `n_name` FROM `samples`.`tpch`.`nation`")
    composer.setFilter("`n_regionkey` = 2")
    equal(len(ask(db, composer.getQuery())), 5)


@check("three results are open at once")
def _():
    results = [db.createStatement().executeQuery(f"SELECT id FROM range({n}, {n + 5}) ORDER BY id") for n in (0, 10, 20)]
    for i in range(5):
        for n, result in enumerate(results):
            assert result.next()
            equal(result.getInt(1), 10 * n + i)


@check("errors have the SQLSTATEs of the specification")
def _():
    for name in ("missing_table", "missing_column", "syntax"):
        e = EXPECTED["errors"][name]
        equal(raises(lambda: ask(db, e["sql"])).SQLState, e["state"], name)
    bad = register("refused", f"sdbc:odbc:{os.environ['DBX_BAD_DSN']}", "refused.odb")
    failure = raises(lambda: bad.getConnection("", ""))
    assert "28000" in (failure.SQLState, getattr(failure.NextException, "SQLState", "")), failure


@check("20,000 rows arrive, each fetched over the bridge")
def _():
    if UNDER_VALGRIND:
        raise Skip("slow under valgrind")
    result = db.createStatement().executeQuery(EXPECTED["large"]["sql"].replace("100000", "20000"))
    n = 0
    while result.next():
        n += 1
    equal(n, 20000)
    result.getStatement().close()


# What Python lets go of is disposed of by another thread of the office, which crashes on a result whose connection is closed.
gc.collect()
time.sleep(0.5)
db.close()
try:
    service("com.sun.star.frame.Desktop").terminate()
    office.wait(600 if UNDER_VALGRIND else 30)
except Exception:
    office.kill()
done()
