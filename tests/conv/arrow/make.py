#!/usr/bin/env python3
"""Makes the Arrow streams that test_decoder reads, and what must come out of them. Needs pyarrow; run by hand, results are
kept. A .txt has the SQL types in its first line, then one line per row: the cells as SQL_C_CHAR, divided by " | "."""
import datetime as dt
import pathlib
from decimal import Decimal as D

import pyarrow as pa

here = pathlib.Path(__file__).parent


def make(name, types, arrays, rows, **options):
    batch = pa.record_batch(arrays, names=[f"c{i}" for i in range(len(arrays))])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as w:
        w.write_batch(batch)
    (here / f"{name}.arrow").write_bytes(sink.getvalue().to_pybytes())
    text = [" | ".join(types)] + [" | ".join(r) for r in rows]
    (here / f"{name}.txt").write_text("\n".join(text) + "\n")


us = lambda *a: dt.datetime(*a)
make("integers", ["TINYINT", "SMALLINT", "INT", "BIGINT", "SMALLINT", "INT", "BIGINT", "BIGINT"],
     [pa.array([-128, None, 127], pa.int8()), pa.array([-32768, None, 1], pa.int16()), pa.array([1, None, -1], pa.int32()),
      pa.array([-2**63, None, 2**63 - 1], pa.int64()), pa.array([255, None, 0], pa.uint8()),
      pa.array([65535, None, 0], pa.uint16()), pa.array([2**32 - 1, None, 0], pa.uint32()),
      pa.array([2**64 - 1, None, 0], pa.uint64())],
     [["-128", "-32768", "1", str(-2**63), "255", "65535", str(2**32 - 1), str(2**64 - 1)], ["NULL"] * 8,
      ["127", "1", "-1", str(2**63 - 1), "0", "0", "0", "0"]])
make("units", ["TIMESTAMP_NTZ"] * 4 + ["DATE", "TIME", "TIME", "TIME", "TIME"] + ["INTERVAL DAY TO SECOND"] * 4,
     [pa.array([-1, None], pa.timestamp("s")), pa.array([-1, None], pa.timestamp("ms")), pa.array([-1, None], pa.timestamp("us")),
      pa.array([-1, None], pa.timestamp("ns")), pa.array([-86400000, None], pa.date64()), pa.array([1, None], pa.time32("s")),
      pa.array([1, None], pa.time32("ms")), pa.array([1, None], pa.time64("us")), pa.array([86399999999999, None], pa.time64("ns")),
      pa.array([-1, None], pa.duration("s")), pa.array([1, None], pa.duration("ms")), pa.array([1, None], pa.duration("us")),
      pa.array([1500, None], pa.duration("ns"))],
     [["1969-12-31 23:59:59", "1969-12-31 23:59:59.999", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999",
       "1969-12-31", "00:00:01", "00:00:00.001", "00:00:00.000001", "23:59:59.999999", "-0 00:00:01.000000000",
       "0 00:00:00.001000000", "0 00:00:00.000001000", "0 00:00:00.000001000"], ["NULL"] * 13])
make("decimals", ["DECIMAL(38,18)", "DECIMAL(38,2)", "DECIMAL(7,2)", "DECIMAL(15,2)"],
     [pa.array([D("-12345678901234567890.123456789012345678"), None], pa.decimal128(38, 18)),
      pa.array([D("-999999999999999999999999999999999999.99"), None], pa.decimal256(38, 2)),
      pa.array([D("-2614.88"), None], pa.decimal32(7, 2)), pa.array([D("0.05"), None], pa.decimal64(15, 2))],
     [["-12345678901234567890.123456789012345678", "-999999999999999999999999999999999999.99", "-2614.88", "0.05"], ["NULL"] * 4])
text = ["", "grüße", None, "日本語 😀"]
make("texts", ["STRING", "STRING", "BINARY", "BINARY", "BINARY", "FLOAT", "DOUBLE", "BOOLEAN"],
     [pa.array(text, pa.utf8()), pa.array(text, pa.large_utf8()), pa.array([b"", b"\x01\xff", None, b"abc"], pa.binary()),
      pa.array([b"", b"\x01\xff", None, b"abc"], pa.large_binary()), pa.array([b"ab", b"cd", None, b"\0\0"], pa.binary(2)),
      pa.array([0.1, 1.5, None, float("nan")], pa.float32()), pa.array([0.1, 1e10, None, float("-inf")], pa.float64()),
      pa.array([True, False, None, True])],
     [["", "", "", "", "6162", "0.1", "0.1", "1"], ["grüße", "grüße", "01FF", "01FF", "6364", "1.5", "1.0E10", "0"], ["NULL"] * 8,
      ["日本語 😀", "日本語 😀", "616263", "616263", "0000", "NaN", "-Infinity", "1"]])
words = pa.array(["red", None, "grün", "red", None]).dictionary_encode()
numbers = pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1, 2], pa.int8()), pa.array([10, -5, None], pa.int64()))
bits = pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1, 0], pa.int16()), pa.array([True, False]))
make("dictionaries", ["STRING", "BIGINT", "BOOLEAN"], [words, numbers, bits],
     [["red", "-5", "0"], ["NULL", "NULL", "NULL"], ["grün", "10", "1"], ["red", "-5", "0"], ["NULL", "NULL", "1"]])
inner = pa.struct([("a", pa.int32()), ('q"', pa.list_(pa.utf8())), ("d", pa.decimal128(10, 2)), ("t", pa.timestamp("us", "America/Los_Angeles")),
                   ("n", pa.timestamp("us")), ("day", pa.date32()), ("b", pa.binary()), ("f", pa.float64()), ("g", pa.float32()), ("l", pa.bool_()),
                   ("u", pa.duration("us")), ("v", pa.null())])
full = {"a": 1, 'q"': ["x\n\"\\\u0001", None, "é"], "d": D("-0.50"), "t": dt.datetime(2021, 6, 15, 19, 34, 56, 789000, dt.timezone.utc),
        "n": us(2021, 1, 1), "day": dt.date(1, 1, 1), "b": b"\x01\x02\x03", "f": float("nan"), "g": 0.1, "l": True,
        "u": dt.timedelta(days=3, seconds=1), "v": None}
empty = dict.fromkeys(full)
make("nested", ["ARRAY<INT>", "MAP<STRING, INT>", "STRUCT<a: INT>", "ARRAY<ARRAY<INT>>", "MAP<INT, STRUCT<a: INT>>", "ARRAY<INT>"],
     [pa.array([[1, None, 3], [], None], pa.list_(pa.int32())),
      pa.array([[('k"', 1), ("", None)], [], None], pa.map_(pa.utf8(), pa.int32())),
      pa.array([full, empty, None], inner),
      pa.array([[[1], [], None], [None], None], pa.list_(pa.large_list(pa.int64()))),
      pa.array([[(7, {"a": 1})], [], None], pa.map_(pa.int32(), pa.struct([("a", pa.int32())]))),
      pa.array([[1, 2], [3, None], None], pa.list_(pa.int32(), 2))],
     [["[1,null,3]", '{"k\\"":1,"":null}',
       '{"a":1,"q\\"":["x\\u000a\\"\\\\\\u0001",null,"é"],"d":-0.50,"t":"2021-06-15 12:34:56.789","n":"2021-01-01 00:00:00",'
       '"day":"0001-01-01","b":"AQID","f":"NaN","g":0.1,"l":true,"u":"3 00:00:01.000000000","v":null}',
       "[[1],[],null]", '{"7":{"a":1}}', "[1,2]"],
      ["[]", "{}", '{"a":null,"q\\"":null,"d":null,"t":null,"n":null,"day":null,"b":null,"f":null,"g":null,"l":null,"u":null,"v":null}',
       "[null]", "{}", "[3,null]"], ["NULL"] * 6])
make("unknown", ["SOMETHING_NEW"] * 4,
     [pa.array([1, None], pa.int32()), pa.array([D("1.50"), None], pa.decimal128(5, 2)), pa.array([dt.date(2021, 1, 2), None], pa.date32()),
      pa.array([b"\x01", None], pa.binary())],
     [["1", "1.50", "2021-01-02", "AQ=="], ["NULL"] * 4])
make("void", ["VOID"], [pa.nulls(2)], [["NULL"], ["NULL"]])
wide = [pa.array(range(1000), pa.int64()), pa.array(["abc"] * 1000)]
for codec in ("lz4", "zstd"):
    make("body_" + codec, ["BIGINT", "STRING"], wide, [[str(i), "abc"] for i in range(1000)], compression=codec)
