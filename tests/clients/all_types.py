"""main.default.all_types, written a second time by hand as Python values, and the texts that JSON and JDBC make of them.

COLUMNS are (name, type); ROWS map id -> {column without "c_": value}; what is not there is NULL. Months of a year-month
interval are an int here, a day-time interval is a timedelta, an instant has UTC, floats are the nearest binary values.
"""
import base64
import datetime as dt
import json
import math
import struct
from decimal import Decimal as D

UTC = dt.timezone.utc
COLUMNS = [
    ("id", "INT"), ("kind", "STRING"), ("c_boolean", "BOOLEAN"), ("c_tinyint", "TINYINT"), ("c_smallint", "SMALLINT"),
    ("c_int", "INT"), ("c_bigint", "BIGINT"), ("c_float", "FLOAT"), ("c_double", "DOUBLE"), ("c_decimal_38_18", "DECIMAL(38,18)"),
    ("c_decimal_10_2", "DECIMAL(10,2)"), ("c_decimal_38_0", "DECIMAL(38,0)"), ("c_string", "STRING"), ("c_varchar", "STRING"),
    ("c_char", "STRING"), ("c_binary", "BINARY"), ("c_date", "DATE"), ("c_timestamp", "TIMESTAMP"),
    ("c_timestamp_ntz", "TIMESTAMP_NTZ"), ("c_interval_ym", "INTERVAL YEAR TO MONTH"), ("c_interval_ds", "INTERVAL DAY TO SECOND"),
    ("c_array", "ARRAY<INT>"), ("c_map", "MAP<STRING, INT>"), ("c_struct", "STRUCT<a: INT, b: STRING, c: ARRAY<DOUBLE>>"),
    ("c_variant", "VARIANT"), ("c_void", "VOID"),
]
NAMES = [name for name, _ in COLUMNS]
TYPES = dict(COLUMNS)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def utc(*parts):
    return dt.datetime(*parts, tzinfo=UTC)


def wall(*parts):
    return dt.datetime(*parts)


def span(days=0, micros=0):
    return dt.timedelta(days=days, microseconds=micros)


def rec(a, b, c):
    return {"a": a, "b": b, "c": c}


FLOAT_MAX, DOUBLE_MAX = 3.4028234663852886e38, 1.7976931348623157e308
ROWS = {
    1: ("ordinary", dict(
        boolean=True, tinyint=1, smallint=2, int=3, bigint=4, float=1.5, double=2.25, decimal_38_18=D("123.456789012345678901"),
        decimal_10_2=D("12345.67"), decimal_38_0=D("12345678901234567890"), string="hello", varchar="varchar", char="char      ",
        binary=b"\xde\xad\xbe\xef", date=dt.date(2024, 2, 29), timestamp=utc(2024, 2, 29, 12, 34, 56, 789012),
        timestamp_ntz=wall(2024, 2, 29, 12, 34, 56, 789012), interval_ym=14, interval_ds=span(3, 45015123456),
        array=[1, 2, None], map=[("one", 1), ("two", 2)], struct=rec(1, "x", [1.5, None]), variant='{"key":"value","number":123}')),
    2: ("null", {}),
    3: ("minimum", dict(
        boolean=False, tinyint=-128, smallint=-32768, int=-2147483648, bigint=-9223372036854775808, float=-FLOAT_MAX,
        double=-DOUBLE_MAX, decimal_38_18=D("-99999999999999999999.999999999999999999"), decimal_10_2=D("-99999999.99"),
        decimal_38_0=D("-99999999999999999999999999999999999999"), string="", varchar="", char=" " * 10, binary=b"",
        date=dt.date(1, 1, 1), timestamp=utc(1, 1, 1), timestamp_ntz=wall(1, 1, 1), interval_ym=-2147483647,
        interval_ds=span(-106751990), array=[], map=[], struct=rec(None, None, None), variant="null")),
    4: ("maximum", dict(
        boolean=True, tinyint=127, smallint=32767, int=2147483647, bigint=9223372036854775807, float=FLOAT_MAX, double=DOUBLE_MAX,
        decimal_38_18=D("99999999999999999999.999999999999999999"), decimal_10_2=D("99999999.99"),
        decimal_38_0=D("99999999999999999999999999999999999999"), string="z" * 1000, varchar="12345678901234567890",
        char="1234567890", binary=b"B" * 1000, date=dt.date(9999, 12, 31), timestamp=utc(9999, 12, 31, 23, 59, 59, 999999),
        timestamp_ntz=wall(9999, 12, 31, 23, 59, 59, 999999), interval_ym=2147483647, interval_ds=span(106751990, 86399999999),
        array=[-2147483648, 2147483647], map=[("", 0), ("max", 2147483647)], struct=rec(2147483647, "max", [DOUBLE_MAX]),
        variant='[1,2.5,"x",null,true,{"a":{}}]')),
    5: ("nan", dict(float=math.nan, double=math.nan, variant="1.5")),
    6: ("infinity", dict(float=math.inf, double=math.inf, variant='"text"')),
    7: ("minus infinity", dict(float=-math.inf, double=-math.inf, variant="true")),
    8: ("minus zero", dict(tinyint=0, smallint=0, int=0, bigint=0, float=-0.0, double=-0.0, decimal_38_18=D("0E-18"),
                           decimal_10_2=D("0.00"), decimal_38_0=D(0), interval_ym=0, interval_ds=span())),
    9: ("smallest fraction", dict(
        float=f32(1.4e-45), double=4.9e-324, decimal_38_18=D("0.000000000000000001"), decimal_10_2=D("0.01"), decimal_38_0=D(1),
        interval_ds=span(0, 1), timestamp=utc(1970, 1, 1, 0, 0, 0, 1), timestamp_ntz=wall(1970, 1, 1, 0, 0, 0, 1))),
    10: ("minus one", dict(
        tinyint=-1, smallint=-1, int=-1, bigint=-1, float=-1.0, double=-1.0, decimal_38_18=D("-0.500000000000000000"),
        decimal_10_2=D("-0.01"), decimal_38_0=D(-1), interval_ym=-1, interval_ds=span(0, -1), date=dt.date(1969, 12, 31),
        timestamp=utc(1969, 12, 31, 23, 59, 59, 999999), timestamp_ntz=wall(1969, 12, 31, 23, 59, 59, 999999))),
    11: ("emoji", dict(
        string="😀 👩‍👩‍👧‍👦 🇬🇷 𝒳", varchar="😀😀😀", char="😀" + " " * 9, binary="😀".encode(), map=[("😀", 1)], array=[1],
        struct=rec(1, "😀", []), variant='{"😀":"🎉"}')),
    12: ("cjk", dict(string="漢字かな交じり文 𠮷𩸽 한국어", varchar="漢字", char="漢字" + " " * 8, binary="漢字".encode())),
    13: ("combining", dict(string="e\u0301 a\u0308 n\u0303 \u05e9\u05c1 \u0e01\u0e33", varchar="e\u0301")),
    14: ("right to left", dict(string="עברית العربية \u200fabc", varchar="عربي")),
    15: ("quotes", dict(string="'single' \"double\" `back` \\slash\\ %_ ; -- /* */", varchar="it''s \"q\"")),
    16: ("controls", dict(string="tab\tlf\ncrlf\r\nbell\x07esc\x1b", varchar="\n", binary=b"\x00\x01\x02\xff\x00")),
    17: ("empty", dict(string="", varchar="", char=" " * 10, binary=b"", array=[], map=[], variant="{}")),
    18: ("long text", dict(string="0123456789" * 10240, binary=b"x" * 102400)),
    19: ("before 1582", dict(date=dt.date(1500, 2, 28), timestamp=utc(1500, 2, 28, 12), timestamp_ntz=wall(1582, 10, 10))),
    20: ("gap", dict(date=dt.date(2021, 3, 14), timestamp=utc(2021, 3, 14, 10), timestamp_ntz=wall(2021, 3, 14, 2, 30))),
    21: ("overlap one", dict(date=dt.date(2021, 11, 7), timestamp=utc(2021, 11, 7, 8, 30), timestamp_ntz=wall(2021, 11, 7, 1, 30))),
    22: ("overlap two", dict(date=dt.date(2021, 11, 7), timestamp=utc(2021, 11, 7, 9, 30), timestamp_ntz=wall(2021, 11, 7, 1, 30))),
    23: ("leap", dict(date=dt.date(2000, 2, 29), timestamp=utc(2016, 12, 31, 23, 59, 59, 999000), timestamp_ntz=wall(1900, 3, 1))),
    24: ("32 bit", dict(date=dt.date(2038, 1, 19), timestamp=utc(2038, 1, 19, 3, 14, 8), bigint=2147483648,
                        timestamp_ntz=wall(2038, 1, 19, 3, 14, 8), double=9007199254740992.0, decimal_38_0=D("9223372036854775808"))),
    25: ("short number", dict(float=f32(0.1), double=0.1, decimal_10_2=D("1.50"), decimal_38_18=D("1.000000000000000000"),
                              decimal_38_0=D(100))),
    26: ("exponent", dict(float=1e10, double=1e-10, decimal_38_18=D("10000000000000000000.000000000000000000"))),
}

# Java's shortest texts of the floats above
FLOAT_TEXT = {1: "1.5", 3: "-3.4028235E38", 4: "3.4028235E38", 5: "NaN", 6: "Infinity", 7: "-Infinity", 8: "-0.0", 9: "1.4E-45",
              10: "-1.0", 25: "0.1", 26: "1.0E10"}
DOUBLE_TEXT = {1: "2.25", 3: "-1.7976931348623157E308", 4: "1.7976931348623157E308", 5: "NaN", 6: "Infinity", 7: "-Infinity",
               8: "-0.0", 9: "4.9E-324", 10: "-1.0", 24: "9.007199254740992E15", 25: "0.1", 26: "1.0E-10"}


def value(row_id, column):
    kind, cells = ROWS[row_id]
    return {"id": row_id, "kind": kind}.get(column, cells.get(column.removeprefix("c_")))


def row(row_id, columns):
    return [value(row_id, c) for c in columns]


def json_text(row_id, column):
    """The cell of a JSON_ARRAY answer with the session zone UTC; for nested values the decoded JSON, leaves as text."""
    v, kind = value(row_id, column), TYPES[column]
    if v is None:
        return None
    if kind == "BOOLEAN":
        return "true" if v else "false"
    if kind == "FLOAT":
        return FLOAT_TEXT[row_id]
    if kind == "DOUBLE":
        return DOUBLE_TEXT[row_id]
    if kind == "BINARY":
        return base64.b64encode(v).decode()
    if kind.startswith("DECIMAL"):
        return format(v, "f")
    if isinstance(v, dt.datetime):
        precision = "milliseconds" if v.microsecond % 1000 == 0 else "microseconds"
        return v.replace(tzinfo=None).isoformat(timespec=precision) + ("Z" if v.tzinfo else "")
    return v if isinstance(v, str) else str(v)


def interval_text(v):
    """As the JDBC and ADBC drivers write intervals: 2-6, and 3 12:30:15.000000000, the sign in front."""
    if isinstance(v, int):
        years, months = divmod(abs(v), 12)
        return f"{'-' if v < 0 else ''}{years}-{months}"
    micros = v // dt.timedelta(microseconds=1)
    rest, sign = abs(micros), "-" if micros < 0 else ""
    days, rest = divmod(rest, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds, micros = divmod(rest, 1_000_000)
    return f"{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{micros:06}000"


def leaves_as_text(v):
    """JSON of a nested value with numbers and text alike as text, since servers differ in quoting numbers."""
    if isinstance(v, dict):
        return {k: leaves_as_text(x) for k, x in v.items()}
    if isinstance(v, list):
        return [leaves_as_text(x) for x in v]
    return None if v is None else str(v)


def nested_json(text):
    return leaves_as_text(json.loads(text))


def nested_want(row_id, column):
    v = value(row_id, column)
    return leaves_as_text(dict(v) if TYPES[column].startswith("MAP") else v)
