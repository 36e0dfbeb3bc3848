"""What each SQL type must look like in each client, written from the SQL text and not from any client's answer.

A row says: the SQL expression, the server's name of its type, the value in Python (connector), the cell of an inline
JSON answer (SDK), and the text the JDBC driver makes of it. None stands for SQL NULL, SKIP for "not asked here".
"""
import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal

SKIP = object()
UTC = dt.timezone.utc
INSTANT = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)
TEXT = "Grüße, 東京 🚀 'q' \"d\" \\ back"


@dataclass(frozen=True)
class Value:
    name: str
    sql: str
    type: str
    python: object
    json: object
    jdbc: object


VALUES = [
    Value("yes", "true", "BOOLEAN", True, "true", "true"),
    Value("no", "false", "BOOLEAN", False, "false", "false"),
    Value("tiny", "CAST(-128 AS TINYINT)", "TINYINT", -128, "-128", "-128"),
    Value("small", "CAST(32767 AS SMALLINT)", "SMALLINT", 32767, "32767", "32767"),
    Value("int_min", "CAST(-2147483648 AS INT)", "INT", -2**31, "-2147483648", "-2147483648"),
    Value("big", "CAST(9223372036854775807 AS BIGINT)", "BIGINT", 2**63 - 1, "9223372036854775807", "9223372036854775807"),
    Value("flt", "CAST(1.5 AS FLOAT)", "FLOAT", 1.5, "1.5", "1.5"),
    Value("dbl", "CAST(-0.125 AS DOUBLE)", "DOUBLE", -0.125, "-0.125", "-0.125"),
    Value("dbl_small", "CAST('2.25E-10' AS DOUBLE)", "DOUBLE", 2.25e-10, "2.25E-10", "2.25E-10"),
    Value("money", "CAST('12.50' AS DECIMAL(10,2))", "DECIMAL(10,2)", Decimal("12.50"), "12.50", "12.50"),
    Value("wide", "CAST('-99999999999999999999.999999999999999999' AS DECIMAL(38,18))", "DECIMAL(38,18)",
          Decimal("-99999999999999999999.999999999999999999"), "-99999999999999999999.999999999999999999",
          "-99999999999999999999.999999999999999999"),
    Value("text", "'Grüße, 東京 🚀 \\'q\\' \"d\" \\\\ back'", "STRING", TEXT, TEXT, TEXT),
    Value("empty", "''", "STRING", "", "", ""),
    Value("bytes", "X'00FF10'", "BINARY", b"\x00\xff\x10", "AP8Q", "00ff10"),
    Value("day", "DATE'2024-02-29'", "DATE", dt.date(2024, 2, 29), "2024-02-29", "2024-02-29"),
    Value("first_day", "DATE'0001-01-01'", "DATE", dt.date(1, 1, 1), "0001-01-01", SKIP),
    Value("instant", "TIMESTAMP'2024-02-29 23:59:59.123456'", "TIMESTAMP", INSTANT.replace(tzinfo=UTC),
          "2024-02-29T23:59:59.123456Z", "2024-02-29 23:59:59.123456"),
    Value("wall", "TIMESTAMP_NTZ'2024-02-29 23:59:59.123456'", "TIMESTAMP_NTZ", INSTANT,
          "2024-02-29T23:59:59.123456", "2024-02-29 23:59:59.123456"),
    Value("span", "INTERVAL '3 04:05:06.789' DAY TO SECOND", "INTERVAL DAY TO SECOND",
          dt.timedelta(days=3, hours=4, minutes=5, seconds=6, milliseconds=789), SKIP, "3 04:05:06.789000000"),
    # the connector itself cannot make Python values of year-month intervals
    Value("months", "INTERVAL '2-6' YEAR TO MONTH", "INTERVAL YEAR TO MONTH", SKIP, SKIP, "2-6"),
    Value("list", "array(1, 2, NULL)", "ARRAY<INT>", [1, 2, None], SKIP, "[1,2,null]"),
    Value("pairs", "map('a', 1)", "MAP<STRING, INT>", [("a", 1)], SKIP, '{"a":1}'),
    Value("record", "named_struct('x', 1, 'y', 'z')", "STRUCT<x: INT, y: STRING>", {"x": 1, "y": "z"}, SKIP, '{"x":1,"y":"z"}'),
    Value("no_int", "CAST(NULL AS INT)", "INT", None, None, None),
    Value("no_text", "CAST(NULL AS STRING)", "STRING", None, None, None),
    Value("nothing", "NULL", "VOID", None, None, None),
]


def select_list(values):
    return "SELECT " + ", ".join(f"{v.sql} AS {v.name}" for v in values)


def same(got, want):
    """Equality that also tells 1 from True, an instant from a wall clock, and a list from an array of some library."""
    if want is None:
        return got is None
    if got is None:
        return False
    if hasattr(got, "tolist"):
        got = got.tolist()
    if isinstance(want, (bool, int)):
        return type(got) is type(want) and got == want
    if isinstance(want, float):
        if want != want:
            return isinstance(got, float) and got != got
        return isinstance(got, float) and got == want and math.copysign(1, got) == math.copysign(1, want)
    if isinstance(want, dict):
        return isinstance(got, dict) and got.keys() == want.keys() and all(same(got[k], v) for k, v in want.items())
    if isinstance(want, dt.datetime):
        return isinstance(got, dt.datetime) and got == want and (got.tzinfo is None) == (want.tzinfo is None)
    if isinstance(want, list):
        return len(list(got)) == len(want) and all(same(a, b) for a, b in zip(got, want))
    if isinstance(want, tuple):
        return len(got) == len(want) and all(same(a, b) for a, b in zip(got, want))
    if isinstance(want, Decimal):
        return isinstance(got, Decimal) and got == want and got.as_tuple().exponent == want.as_tuple().exponent
    return got == want


def differences(names, got, want):
    return [f"{n}: got {g!r}, want {w!r}" for n, g, w in zip(names, got, want) if w is not SKIP and not same(g, w)]
