"""arrow-odbc: whole results as Arrow record batches, through large bound column buffers."""
import datetime as dt
import os
import sys
from decimal import Decimal

import arrow_odbc
import pyarrow as pa

sys.path.insert(0, os.path.join(os.environ["APPS"], "lib"))
from tap import BAD_CONN, CONN, EXPECTED, TABLE, check, done, equal   # noqa: E402

AT = "main.default.all_types"
ROWS = EXPECTED["rows"]


def read(sql, keys="", **options):
    reader = arrow_odbc.read_arrow_batches_from_odbc(query=sql, connection_string=CONN + keys, **options)
    return pa.Table.from_batches(list(reader), reader.schema)


def failure(work):
    try:
        work()
    except arrow_odbc.Error as e:
        return str(e)
    return "no error"


@check("numbers, dates and binaries arrive in their Arrow types")
def _():
    table = read(f"SELECT id, c_boolean, c_tinyint, c_smallint, c_int, c_bigint, c_float, c_double, c_decimal_10_2, c_decimal_38_18, "
                 f"c_date, c_binary FROM {AT} WHERE id <> 18 ORDER BY id", max_binary_size=2000)
    kinds = {f.name: f.type for f in table.schema}
    equal([kinds[n] for n in ("c_boolean", "c_smallint", "c_int", "c_bigint", "c_date", "c_decimal_38_18")],
          [pa.bool_(), pa.int16(), pa.int32(), pa.int64(), pa.date32(), pa.decimal128(38, 18)])
    assert kinds["c_tinyint"] in (pa.int8(), pa.int16())
    for row in table.to_pylist():
        want = ROWS[str(row["id"])]
        for name in ("c_tinyint", "c_smallint", "c_int", "c_bigint", "c_boolean"):
            equal(row[name] if row[name] is None else int(row[name]), None if want[name] is None else int(want[name]), name)
        for name in ("c_decimal_10_2", "c_decimal_38_18"):
            equal(row[name], None if want[name] is None else Decimal(want[name]), f"{row['id']} {name}")
        equal(row["c_binary"], None if want["c_binary"] is None else bytes.fromhex(want["c_binary"]))
        equal(row["c_date"], None if want["c_date"] is None else dt.date.fromisoformat(want["c_date"]))
        if row["c_double"] is not None:
            equal(repr(row["c_double"]), repr(float(want["c_double"].replace("Infinity", "inf"))))


@check("timestamps keep their microseconds")
def _():
    table = read(f"SELECT id, c_timestamp_ntz FROM {AT} WHERE id IN (1, 9, 10, 23) ORDER BY id")
    assert pa.types.is_timestamp(table.schema.field("c_timestamp_ntz").type), table.schema
    for row in table.to_pylist():
        want = dt.datetime.fromisoformat(ROWS[str(row["id"])]["c_timestamp_ntz"])
        equal(row["c_timestamp_ntz"].replace(tzinfo=None), want)


@check("text and nested values arrive as they are, with a size that is large enough")
def _():
    names = ["kind", "c_string", "c_varchar", "c_char", "c_array", "c_map", "c_struct", "c_variant", "c_interval_ym", "c_interval_ds"]
    table = read(f"SELECT id, {', '.join(names)} FROM {AT} WHERE id <> 18 ORDER BY id", max_text_size=4100)
    for row in table.to_pylist():
        for name in names:
            equal(row[name], ROWS[str(row["id"])][name], f"{row['id']} {name}")


@check("a value that does not fit is an error, never cut in silence")
def _():
    assert "truncat" in failure(lambda: read("SELECT repeat('x', 2000) AS s", max_text_size=1000)).lower()


@check("strings of up to 65,535 characters arrive whole without a key")
def _():
    table = read("SELECT repeat('😀', 65535) AS s", batch_size=10, fetch_concurrently=False)
    equal(table.to_pylist(), [{"s": "😀" * 65535}])


@check("strings longer than the described size need DefaultStringColumnLength, and then arrive whole")
def _():
    short = "DefaultStringColumnLength=255;"
    assert "truncat" in failure(lambda: read("SELECT repeat('x', 2000) AS s", max_text_size=9000, keys=short)).lower()
    for n in (2000, 100000):
        table = read("SELECT repeat('😀', ?) AS s", parameters=[str(n)], keys="DefaultStringColumnLength=100000;",
                     batch_size=10, fetch_concurrently=False)
        equal(table.to_pylist(), [{"s": "😀" * n}])


@check("the same in UTF-16")
def _():
    table = read("SELECT 'é😀𠮷' AS s", payload_text_encoding=arrow_odbc.TextEncoding.UTF16, batch_size=10)
    equal(table.to_pylist(), [{"s": "é😀𠮷"}])


@check("parameters are text, NULL and every script")
def _():
    for text in list(EXPECTED["strings"].values()) + [None, ""]:
        equal(read("SELECT ? AS s", parameters=[text], batch_size=10).to_pylist(), [{"s": text}])
    equal(read("SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = CAST(? AS INT)", parameters=["7"]).to_pylist(), [{"n_name": "GERMANY"}])


@check("100,000 rows arrive in batches, fetched concurrently and not")
def _():
    for concurrently in (True, False):
        reader = arrow_odbc.read_arrow_batches_from_odbc(query=EXPECTED["large"]["sql"], connection_string=CONN, batch_size=10000,
                                                         max_text_size=200, fetch_concurrently=concurrently)
        sizes = [len(b) for b in reader]
        equal((sum(sizes), max(sizes)), (EXPECTED["large"]["rows"], 10000))


@check("batches of other sizes than the driver's chunks lose no row")
def _():
    for size in (1, 7, 65535):
        table = read("SELECT id FROM range(0, 1000) ORDER BY id", batch_size=size)
        equal(table["id"].to_pylist(), list(range(1000)))


@check("Arrow batches are inserted into a table with arrays of parameters")
def _():
    read(f"DROP TABLE IF EXISTS {TABLE}")
    read(f"CREATE TABLE {TABLE} (id BIGINT, name STRING, ratio DOUBLE, day DATE, at TIMESTAMP_NTZ, price DECIMAL(10,2), flag BOOLEAN)")
    rows = [{"id": i, "name": None if i == 3 else f"n{i} 😀", "ratio": i / 8, "day": dt.date(2024, 1, 1 + i % 28),
             "at": dt.datetime(2024, 1, 1, 1, 2, 3, i * 1000), "price": Decimal(i) / 100, "flag": i % 2 == 0} for i in range(500)]
    schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("ratio", pa.float64()), ("day", pa.date32()),
                        ("at", pa.timestamp("us")), ("price", pa.decimal128(10, 2)), ("flag", pa.bool_())])
    batches = pa.Table.from_pylist(rows, schema).to_batches(max_chunksize=200)
    arrow_odbc.insert_into_table(reader=pa.RecordBatchReader.from_batches(schema, batches), chunk_size=200, table=TABLE,
                                 connection_string=CONN)
    got = read(f"SELECT * FROM {TABLE} ORDER BY id").to_pylist()
    assert got == rows, next((g, w) for g, w in zip(got, rows) if g != w) if len(got) == len(rows) else len(got)
    read(f"DROP TABLE {TABLE}")


@check("errors carry SQLSTATE and text")
def _():
    for name, e in EXPECTED["errors"].items():
        if name != "bad_token":
            assert e["state"] in failure(lambda: read(e["sql"])), failure(lambda: read(e["sql"]))
    assert "28000" in failure(lambda: arrow_odbc.read_arrow_batches_from_odbc(query="SELECT 1", connection_string=BAD_CONN))


@check("a connection is used for several queries, and pooled")
def _():
    arrow_odbc.enable_odbc_connection_pooling()
    for n in range(5):
        equal(read(f"SELECT {n} AS n").to_pylist(), [{"n": n}])


done()
