"""pyodbc: everything its manual shows, and the ways its users found to break drivers."""
import datetime as dt
import os
import sys
import threading
import time
import uuid
import warnings
from decimal import Decimal

import numpy
import pyodbc

sys.path.insert(0, os.path.join(os.environ["APPS"], "lib"))
from tap import BAD_CONN, CONN, DSN, EXPECTED, TABLE, UNDER_VALGRIND, check, differences, done, equal   # noqa: E402

pyodbc.pooling = False
db = pyodbc.connect(CONN, autocommit=True)
ROWS = EXPECTED["rows"]
AT = "main.default.all_types"
SLOW = "SELECT sum(a.l_orderkey * b.l_partkey) FROM samples.tpch.lineitem a JOIN samples.tpch.lineitem b ON a.l_suppkey <> b.l_suppkey"
INFO = {n for n in dir(pyodbc) if n.startswith(("SQL_DBMS", "SQL_DRIVER_", "SQL_MAX_", "SQL_CATALOG_", "SQL_SCHEMA_", "SQL_KEYWORDS",
        "SQL_IDENTIFIER_", "SQL_DATA_SOURCE", "SQL_SERVER_NAME", "SQL_USER_NAME", "SQL_SEARCH_PATTERN", "SQL_TXN_", "SQL_ODBC_",
        "SQL_GETDATA_EXT", "SQL_NUMERIC_FUNC", "SQL_STRING_FUNC", "SQL_TIMEDATE_FUNC", "SQL_SYSTEM_FUNC", "SQL_CONVERT_"))}


def one(sql, *args):
    return db.execute(sql, *args).fetchone()[0]


def sqlstate(work):
    try:
        work()
    except pyodbc.Error as e:
        return e.args[0]
    return "no error"


def escaped(name):
    """A name as an argument that is a search pattern."""
    for c in "\\_%":
        name = name.replace(c, "\\" + c)
    return name


def odbc_text(value):
    """A value of pyodbc as SQL_C_CHAR would have given it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (bytes, bytearray)):
        return value.hex().upper()
    if isinstance(value, dt.datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
        return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if isinstance(value, float) else str(value)


def same_float(got, text, single):
    want = float(text.replace("Infinity", "inf"))
    return repr(got) == repr(float(numpy.float32(want)) if single else want)


def compare_types(connection):
    cursor = connection.execute(f"SELECT * FROM {AT} WHERE id <> 18 ORDER BY id")
    names = [d[0] for d in cursor.description]
    equal(names, [c["name"] for c in EXPECTED["columns"]])
    got = {str(r[0]): dict(zip(names, map(odbc_text, r))) for r in cursor}
    for row, cells in got.items():
        for name in ("c_float", "c_double"):
            if isinstance(cells[name], float) and same_float(cells[name], ROWS[row][name], name == "c_float"):
                cells[name] = ROWS[row][name]
    assert not differences(got, ROWS), "\n".join(differences(got, ROWS)[:8])


@check("every type has its value")
def _():
    compare_types(db)


@check("every type has its value when characters travel narrow")
def _():
    other = pyodbc.connect(CONN, autocommit=True)
    other.setdecoding(pyodbc.SQL_CHAR, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
    other.setdecoding(pyodbc.SQL_WCHAR, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
    other.setencoding(encoding="utf-8", ctype=pyodbc.SQL_CHAR)
    compare_types(other)
    for text in EXPECTED["strings"].values():
        equal(other.execute("SELECT ?", text).fetchone()[0], text)
    other.close()


@check("a connection string with every key in it works as the data source does")
def _():
    other = pyodbc.connect(os.environ["DBX_CONN_FULL"], autocommit=True)
    equal(other.execute("SELECT 1").fetchone()[0], 1)
    other.close()
    equal(pyodbc.dataSources().get(DSN), "dbx-odbc")
    assert "dbx-odbc" in pyodbc.drivers()


@check("long strings and binaries arrive whole")
def _():
    long = EXPECTED["long"]
    text, raw = db.execute(long["sql"]).fetchone()
    equal(text, long["unit"] * (long["chars"] // len(long["unit"])))
    equal(raw, bytes.fromhex(long["byte"]) * long["bytes"])


@check("an emoji survives at every boundary of the buffers that long strings are read in")
def _():
    for pad in list(range(1, 24)) + list(range(250, 262)) + list(range(508, 516)) + list(range(1018, 1030)) + \
            list(range(2040, 2056)) + list(range(4080, 4104)):
        text = "x" * pad + "😀" * 3 + "é" + "𠮷" * 2 + "y"
        cursor = db.execute("SELECT concat(repeat('x', ?), '😀😀😀é𠮷𠮷y')", pad)
        equal(cursor.fetchone()[0], text, f"pad {pad}")
    equal(one("SELECT repeat('😀', 70000)"), "😀" * 70000)


@check("the same in narrow characters")
def _():
    other = pyodbc.connect(CONN, autocommit=True)
    other.setdecoding(pyodbc.SQL_CHAR, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
    other.setdecoding(pyodbc.SQL_WCHAR, encoding="utf-8", ctype=pyodbc.SQL_CHAR)
    for pad in list(range(1, 10)) + list(range(1014, 1030)) + list(range(2040, 2052)) + list(range(4088, 4100)):
        equal(other.execute("SELECT concat(repeat('x', ?), '😀é€y')", pad).fetchone()[0], "x" * pad + "😀é€y", f"pad {pad}")
    equal(other.execute("SELECT repeat('😀', 70000)").fetchone()[0], "😀" * 70000)
    other.close()


@check("parameters of every Python type come back as they were")
def _():
    for value in (True, False, 0, 1, -1, 2**31 - 1, -2**31, 2**31, 2**63 - 1, -2**63, 1.5, -0.0, 1e308, 5e-324,
                  Decimal("123.45"), Decimal("-0.001"), Decimal("9" * 38), "", "text", dt.date(2024, 2, 29), dt.date(1, 1, 1),
                  dt.datetime(2024, 2, 29, 12, 34, 56, 789012), dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
                  b"", b"\x00\xff\x01", bytearray(b"abc")):
        got = one("SELECT ?", value)
        equal(got, bytes(value) if isinstance(value, bytearray) else value, repr(value)[:40])
        assert isinstance(value, (bytes, bytearray)) or type(got) is type(value), f"{value!r} came back as {got!r}"
    equal(one("SELECT ? IS NULL", None), True)
    u = uuid.uuid4()
    equal(one("SELECT ?", u).lower(), str(u))


@check("a time of day as a parameter is its text")
def _():
    equal(one("SELECT CAST(? AS STRING)", dt.time(12, 34, 56))[:8], "12:34:56")


@check("strings of every script and length go in and come out")
def _():
    for text in EXPECTED["strings"].values():
        equal(one("SELECT ?", text), text)
    for n in (254, 255, 256, 3999, 4000, 4001, 8000, 8001, 32767, 65535, 65536, 200000):
        text = ("a😀é" * n)[:n]
        equal(one("SELECT ?", text), text, f"{n} characters")
        equal(one("SELECT length(?)", text), len(text))
    raw = bytes(range(256)) * 400
    equal(one("SELECT ?", raw), raw)


def fresh(columns):
    db.execute(f"DROP TABLE IF EXISTS {TABLE}")
    db.execute(f"CREATE TABLE {TABLE} ({columns})")


BATCH = [(i, f"name {i} 😀", i / 4, Decimal(i) / 100, dt.date(2024, 1, 1) + dt.timedelta(i % 365),
          dt.datetime(2024, 1, 1, 0, 0, 0, 1000 * (i % 1000)), i % 2 == 0, bytes([i % 256])) for i in range(300)]
BATCH[7] = (7,) + (None,) * 7
BATCH_COLUMNS = "id INT, name STRING, ratio DOUBLE, price DECIMAL(10,2), day DATE, at TIMESTAMP_NTZ, flag BOOLEAN, raw BINARY"


def insert_batch(fast, rows, sizes=None):
    fresh(BATCH_COLUMNS)
    cursor = db.cursor()
    cursor.fast_executemany = fast
    if sizes:
        cursor.setinputsizes(sizes)
    cursor.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    got = [tuple(r) for r in db.execute(f"SELECT * FROM {TABLE} ORDER BY id")]
    assert got == rows, next((f"got {g}, want {w}" for g, w in zip(got, rows) if g != w), f"{len(got)} rows")


@check("executemany inserts what it is given")
def _():
    insert_batch(False, BATCH[:30])


@check("fast_executemany inserts 300 rows with NULLs, and is fast")
def _():
    begin = time.monotonic()
    insert_batch(True, BATCH)
    assert UNDER_VALGRIND or time.monotonic() - begin < 10


@check("fast_executemany with setinputsizes inserts the same")
def _():
    insert_batch(True, BATCH, [(pyodbc.SQL_INTEGER, 0, 0), (pyodbc.SQL_WVARCHAR, 50, 0), (pyodbc.SQL_DOUBLE, 0, 0),
                               (pyodbc.SQL_DECIMAL, 10, 2), (pyodbc.SQL_TYPE_DATE, 10, 0), (pyodbc.SQL_TYPE_TIMESTAMP, 26, 6),
                               (pyodbc.SQL_BIT, 0, 0), (pyodbc.SQL_VARBINARY, 10, 0)])


@check("fast_executemany sends strings of any length")
def _():
    fresh("id INT, s STRING")
    rows = [(i, "é😀x" * n) for i, n in enumerate((0, 1, 100, 5000, 60000))] + [(5, None)]
    cursor = db.cursor()
    cursor.fast_executemany = True
    cursor.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", rows)
    equal([tuple(r) for r in db.execute(f"SELECT * FROM {TABLE} ORDER BY id")], rows)


@check("the same with sizes in setinputsizes")
def _():
    fresh("id INT, s STRING")
    rows = [(i, "é😀x" * n) for i, n in enumerate((0, 1, 100, 60000))] + [(4, None)]
    cursor = db.cursor()
    cursor.fast_executemany = True
    cursor.setinputsizes([(pyodbc.SQL_INTEGER, 0, 0), (pyodbc.SQL_WVARCHAR, 0, 0)])
    cursor.executemany(f"INSERT INTO {TABLE} VALUES (?, ?)", rows)
    equal([tuple(r) for r in db.execute(f"SELECT * FROM {TABLE} ORDER BY id")], rows)


@check("an UPDATE and a DELETE say how many rows they touched")
def _():
    fresh("id INT, s STRING")
    equal(db.execute(f"INSERT INTO {TABLE} VALUES (1, 'a'), (2, 'b'), (3, 'c')").rowcount, 3)
    equal(db.execute(f"UPDATE {TABLE} SET s = ? WHERE id > ?", "z", 1).rowcount, 2)
    equal(db.execute(f"DELETE FROM {TABLE} WHERE id = ?", 3).rowcount, 1)
    equal(one(f"SELECT count(*) FROM {TABLE} WHERE s = 'z'"), 1)


@check("setinputsizes decides how a NULL and a string are bound")
def _():
    cursor = db.cursor()
    cursor.setinputsizes([(pyodbc.SQL_WVARCHAR, 100, 0), (pyodbc.SQL_DECIMAL, 10, 2)])
    equal(tuple(cursor.execute("SELECT ?, ?", "x", None).fetchone()), ("x", None))
    cursor.setinputsizes([(pyodbc.SQL_DECIMAL, 18, 4)])
    equal(cursor.execute("SELECT ? + 1", Decimal("1.2345")).fetchone()[0], Decimal("2.2345"))


@check("output converters get the bytes of a value")
def _():
    other = pyodbc.connect(CONN, autocommit=True)
    other.add_output_converter(pyodbc.SQL_TYPE_TIMESTAMP, lambda v: ("stamp", len(v)))
    kind, size = other.execute("SELECT TIMESTAMP'2024-02-29 12:34:56'").fetchone()[0]
    equal((kind, size), ("stamp", 16))
    other.add_output_converter(pyodbc.SQL_INTEGER, lambda v: None if v is None else int.from_bytes(v, "little", signed=True) * 2)
    equal(tuple(other.execute("SELECT 21, CAST(NULL AS INT)").fetchone()), (42, None))
    other.add_output_converter(pyodbc.SQL_VARCHAR, lambda v: v)
    other.add_output_converter(pyodbc.SQL_WVARCHAR, lambda v: v)
    equal(other.execute("SELECT 'é😀'").fetchone()[0].decode("utf-8"), "é😀")
    other.clear_output_converters()
    equal(other.execute("SELECT 21, 'é'").fetchone()[0], 21)
    other.close()


@check("tables() lists tables, views, catalogs, schemas and types")
def _():
    names = [r.table_name for r in db.cursor().tables(catalog="samples", schema="tpch")]
    equal(sorted(names), EXPECTED["tables"]["samples.tpch"])
    views = [r.table_name for r in db.cursor().tables(catalog="samples", schema="tpch", tableType="VIEW")]
    equal(sorted(views), ["lineitem_1m", "revenue_by_nation"])
    names = [r.table_name for r in db.cursor().tables(catalog="main", schema="unicode", tableType="TABLE")]
    equal(sorted(names), EXPECTED["tables"]["main.unicode"])
    equal({r[0] for r in db.cursor().tables(catalog="%", schema="", table="")} >= {"main", "samples"}, True)
    assert {r[1] for r in db.cursor().tables(catalog="", schema="%", table="")} >= {"default", "unicode"}
    assert {r[3] for r in db.cursor().tables(catalog="", schema="", table="", tableType="%")} >= {"TABLE", "VIEW"}
    equal(len(db.cursor().tables(catalog="main", schema="many").fetchall()), 1000)
    equal([r.table_name for r in db.cursor().tables(catalog="main", schema="unicode", table="a\\_b")], ["a_b"])


@check("columns() lists columns with their types")
def _():
    rows = db.cursor().columns(catalog="main", schema="default", table="all_types").fetchall()
    equal([r.column_name for r in rows], [c["name"] for c in EXPECTED["columns"]])
    equal([r.ordinal_position for r in rows], list(range(1, len(rows) + 1)))
    for table in EXPECTED["tables"]["main.unicode"]:
        found = [r.column_name for r in db.cursor().columns(catalog="main", schema="unicode", table=escaped(table))]
        equal(found, EXPECTED["unicode_columns"], table)
    equal(db.cursor().columns(catalog="main", schema="default", table="no such").fetchall(), [])


@check("primaryKeys() and foreignKeys() know both directions")
def _():
    at = {"catalog": "samples", "schema": "tpch"}
    equal([r.column_name for r in db.cursor().primaryKeys(table="lineitem", **at)], ["l_orderkey", "l_linenumber"])
    out = db.cursor().foreignKeys(foreignTable="nation", foreignCatalog="samples", foreignSchema="tpch").fetchall()
    equal([(r.pktable_name, r.pkcolumn_name, r.fkcolumn_name) for r in out], [("region", "r_regionkey", "n_regionkey")])
    both = db.cursor().foreignKeys(table="region", foreignTable="nation", foreignCatalog="samples", foreignSchema="tpch", **at)
    equal([r.fkcolumn_name for r in both], ["n_regionkey"])


@check("foreignKeys() finds who refers to a table")
def _():
    into = db.cursor().foreignKeys(table="nation", catalog="samples", schema="tpch").fetchall()
    equal(sorted(r.fktable_name for r in into), ["customer", "supplier"])


@check("statistics(), rowIdColumns(), rowVerColumns() and procedures answer with sets of the right shape")
def _():
    at = {"catalog": "samples", "schema": "tpch"}
    cursor = db.cursor()
    assert all(len(r) == 13 for r in cursor.statistics("nation", **at).fetchall())
    equal(len(cursor.description), 13)
    cursor.rowIdColumns("nation", **at).fetchall()
    equal(len(cursor.description), 8)
    cursor.rowVerColumns("nation", **at).fetchall()
    equal(len(cursor.description), 8)
    cursor.procedures().fetchall()
    equal(len(cursor.description), 8)
    cursor.procedureColumns().fetchall()
    equal(len(cursor.description), 19)


@check("getTypeInfo() names types for every Python type")
def _():
    rows = db.cursor().getTypeInfo().fetchall()
    kinds = {r.data_type for r in rows}
    assert {pyodbc.SQL_BIGINT, pyodbc.SQL_DOUBLE, pyodbc.SQL_DECIMAL, pyodbc.SQL_TYPE_DATE, pyodbc.SQL_TYPE_TIMESTAMP} <= kinds
    assert db.cursor().getTypeInfo(pyodbc.SQL_INTEGER).fetchall()[0].type_name.upper() == "INT"


@check("getinfo() answers for everything pyodbc knows a name for")
def _():
    unknown = []
    for name in sorted(INFO):
        try:
            db.getinfo(getattr(pyodbc, name))
        except pyodbc.ProgrammingError as e:              # pyodbc has names for some things it cannot ask for
            if "Unsupported getinfo value" not in str(e):
                raise
            unknown.append(name)
    assert len(unknown) < len(INFO) / 4, unknown
    assert "databricks" in db.getinfo(pyodbc.SQL_DBMS_NAME).lower() or "spark" in db.getinfo(pyodbc.SQL_DBMS_NAME).lower()
    equal(db.getinfo(pyodbc.SQL_DRIVER_ODBC_VER), "03.80")
    equal(db.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR), "`")


@check("errors have the SQLSTATEs of the specification")
def _():
    for name in ("missing_table", "missing_column", "syntax"):
        e = EXPECTED["errors"][name]
        equal(sqlstate(lambda: db.execute(e["sql"])), e["state"], name)
        equal(sqlstate(lambda: db.execute(e["sql"] + " WHERE 1 = ?", 1)), e["state"], name + " prepared")
    equal(sqlstate(lambda: pyodbc.connect(BAD_CONN)), "28000")
    equal(sqlstate(lambda: db.execute("SELECT CAST('x' AS INT)").fetchall()), "22018")
    equal(sqlstate(lambda: db.execute("SELECT 1 / 0").fetchall()), "22012")
    equal(one("SELECT 1"), 1, "after the errors")


@check("parameter markers are counted, and not in strings and comments")
def _():
    for args in ((1,), (1, 2, 3)):
        assert "2 parameter markers" in sqlstate(lambda: db.execute("SELECT ?, ?", *args))
    equal(one("SELECT '? -- ?' /* ? */ || ?", "!"), "? -- ?!")


@check("three statements stay open at once and read in turns")
def _():
    cursors = [db.cursor().execute(f"SELECT id FROM range({n * 10}, {n * 10 + 10}) ORDER BY id") for n in range(3)]
    got = [[], [], []]
    for _ in range(10):
        for i, cursor in enumerate(cursors):
            got[i].append(cursor.fetchone()[0])
    equal(got, [list(range(n * 10, n * 10 + 10)) for n in range(3)])
    assert all(c.fetchone() is None for c in cursors)


@check("100,000 rows arrive, in order, one by one and by the thousand")
def _():
    large = EXPECTED["large"]
    keys = [r[0] for r in db.execute(large["sql"]).fetchall()]
    equal((len(keys), keys == sorted(keys)), (large["rows"], True))
    cursor, n = db.execute(large["sql"]), 0
    while rows := cursor.fetchmany(1000):
        n += len(rows)
    equal(n, large["rows"])


@check("a time-out ends a statement within its time, and the connection lives on")
def _():
    other = pyodbc.connect(CONN, autocommit=True)
    other.timeout = 1
    begin = time.monotonic()
    state = sqlstate(lambda: other.execute(SLOW).fetchall())
    equal(state, "HYT00")
    assert UNDER_VALGRIND or time.monotonic() - begin < 5, "it took too long"
    other.timeout = 0
    equal(other.execute("SELECT 1").fetchone()[0], 1)
    other.close()


@check("cancel() from another thread ends a statement")
def _():
    cursor = db.cursor()
    threading.Timer(0.7, cursor.cancel).start()
    begin = time.monotonic()
    equal(sqlstate(lambda: cursor.execute(SLOW).fetchall()), "HY008")
    assert UNDER_VALGRIND or time.monotonic() - begin < 5, "it took too long"
    equal(one("SELECT 1"), 1)


@check("eight threads with a connection each do not disturb each other")
def _():
    wrong = []

    def work(n):
        try:
            own = pyodbc.connect(CONN, autocommit=True)
            for i in range(5):
                row = own.execute("SELECT ?, ?", n * 100 + i, f"thread {n} 😀").fetchone()
                if tuple(row) != (n * 100 + i, f"thread {n} 😀"):
                    wrong.append(row)
            own.close()
        except Exception as e:
            wrong.append(repr(e))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(wrong, [])


@check("threads share one connection with a cursor each")
def _():
    wrong = []

    def work(n):
        try:
            for i in range(5):
                got = db.cursor().execute("SELECT ? + id FROM range(3) ORDER BY id", n).fetchall()
                if [r[0] for r in got] != [n, n + 1, n + 2]:
                    wrong.append(got)
        except Exception as e:
            wrong.append(repr(e))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(wrong, [])


@check("autocommit off: commit succeeds, and rollback of nothing does")
def _():
    other = pyodbc.connect(CONN)
    equal(other.autocommit, False)
    other.execute("SELECT 1").fetchall()
    other.commit()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other.autocommit = True
    other.close()


@check("a connection can be used as a context, pooled and opened again")
def _():
    for _ in range(3):
        with pyodbc.connect(CONN, autocommit=True, timeout=10) as c:
            equal(c.execute("SELECT 1").fetchone()[0], 1)
        c.close()


@check("nextset() ends, skip() skips, fetchval() fetches")
def _():
    cursor = db.execute("SELECT id FROM range(5) ORDER BY id")
    cursor.skip(2)
    equal(cursor.fetchval(), 2)
    equal(cursor.nextset(), False)


@check("description tells type, precision, scale and nullability")
def _():
    d = {c[0]: c for c in db.execute(f"SELECT * FROM {AT} LIMIT 0").description}
    equal(d["c_decimal_38_18"][1:6], (Decimal, 38, 38, 38, 18)[:1] + d["c_decimal_38_18"][2:4] + (38, 18))
    equal([d[n][1] for n in ("c_bigint", "c_double", "c_date", "c_timestamp", "c_boolean", "c_binary", "c_string")],
          [int, float, dt.date, dt.datetime, bool, bytearray, str])


@check("pandas reads and groups a table")
def _():
    import pandas
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pandas.read_sql("SELECT n_regionkey, n_name FROM samples.tpch.nation", db)
    equal(list(frame.groupby("n_regionkey").n_name.count()), [5, 5, 5, 5, 5])


@check("attributes of the connection can be set before connecting and afterwards")
def _():
    other = pyodbc.connect(CONN, autocommit=True, attrs_before={109: "samples"})
    equal(other.execute("SELECT current_catalog()").fetchone()[0], "samples")
    other.close()
    other = pyodbc.connect(CONN, autocommit=True, readonly=True)
    equal(other.execute("SELECT 1").fetchone()[0], 1)
    other.close()


db.execute(f"DROP TABLE IF EXISTS {TABLE}")
db.close()
done()
