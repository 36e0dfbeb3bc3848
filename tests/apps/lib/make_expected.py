"""Makes tests/apps/expected.json from the SQL that made the sandbox's sample data, not from any driver's answer.

    cd ROOT && sandbox-venv/bin/python tests/apps/lib/make_expected.py >tests/apps/expected.json

The text of a value is what SQL_C_CHAR delivers: ODBC's forms for numbers, dates, intervals and binary, JSON for nested values,
Spark's spelling (Java's) for floating point.
"""
import datetime as dt
import json
import math
import sys

import duckdb

sys.path.insert(0, ".")
from sandbox import types as T                                              # noqa: E402
from sandbox.alltypes import ALL_TYPES, all_types_rows                      # noqa: E402
from sandbox.sampledata import TPCH, UNICODE                                # noqa: E402

STRINGS = {
    "ascii": "plain",
    "latin": "Grüße, señor, naïve, œuvre",
    "greek": "Ελληνικά κείμενα",
    "cjk": "漢字かな交じり文 한국어",
    "astral": "😀 👩‍👩‍👧‍👦 🇬🇷 𝒳 𠮷",
    "combining": "e\u0301 a\u0308 n\u0303",
    "rtl": "עברית العربية",
    "quotes": "it's \"quoted\" `back` \\slash\\ ? {d '2020-01-01'} -- /* */",
}
ERRORS = {
    "missing_table": {"sql": "SELECT * FROM main.default.no_such_table", "state": "42S02"},
    "missing_column": {"sql": "SELECT no_such_column FROM main.default.all_types", "state": "42S22"},
    "syntax": {"sql": "SELEC 1", "state": "42000"},
    "bad_token": {"state": "28000"},
}
LONG_ROW = "18"                 # too long for this file: told under "long" instead
LONG = {"sql": "SELECT c_string, c_binary FROM main.default.all_types WHERE id = 18", "unit": "0123456789", "chars": 102400,
        "byte": "78", "bytes": 102400}
LARGE = {
    "sql": "SELECT l_orderkey, l_comment FROM samples.tpch.lineitem ORDER BY l_orderkey, l_linenumber LIMIT 100000",
    "rows": 100000,
}


def java_float(value, single):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits, exponent = shortest(value, single)
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == 0:
        return sign + "0.0"
    if -3 <= exponent < 7:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        digits = digits.ljust(exponent + 2, "0")
        return f"{sign}{digits[:exponent + 1]}.{digits[exponent + 1:]}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def shortest(value, single):
    """The fewest digits that read back as the same number (two at least where the number is denormal, as Java writes them)."""
    import struct
    same = (lambda x: struct.pack("f", x) == struct.pack("f", value)) if single else (lambda x: x == value)
    denormal = 0 < abs(value) < (1.18e-38 if single else 2.3e-308)
    for precision in range(1 if denormal else 0, 17):
        text = f"{abs(value):.{precision}e}"
        if same(math.copysign(float(text), value)):
            mantissa, exponent = text.split("e")
            return mantissa.replace(".", "").rstrip("0") or "0", int(exponent)
    raise AssertionError(value)


def days_text(micros):
    sign = "-" if micros < 0 else ""
    seconds, micros = divmod(abs(micros), 10**6)
    return f"{sign}{seconds // 86400} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micros * 1000:09}"


def months_text(months):
    return f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"


def stamp_text(value):
    text = value.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")


def text_of(value, sql_type):
    base = sql_type.split("(")[0].split("<")[0]
    if value is None:
        return None
    if base == "BOOLEAN":
        return str(int(value))
    if base in ("FLOAT", "DOUBLE"):
        return java_float(value, base == "FLOAT")
    if base == "DECIMAL":
        return f"{value:f}"
    if base == "BINARY":
        return bytes(value).hex().upper()
    if base in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        return stamp_text(value)
    if base == "DATE":
        return value.isoformat()
    if base in ("ARRAY", "MAP", "STRUCT", "VARIANT"):
        return value.replace("e308", "E308")
    return str(value)


def cell_sql(name, sql_type, sql):
    """What to ask DuckDB for, so that Python's narrower types cut nothing off."""
    base = sql_type.split("(")[0].split("<")[0]
    if sql == "NULL":
        return "NULL"
    if base.startswith("INTERVAL YEAR"):
        return f"datepart('year', {sql}) * 12 + datepart('month', {sql})"
    if base.startswith("INTERVAL DAY"):
        return (f"(CAST(datepart('day', {sql}) AS HUGEINT) * 86400000000 + CAST(datepart('hour', {sql}) AS HUGEINT) * 3600000000 + "
                f"datepart('minute', {sql}) * 60000000 + datepart('microsecond', {sql}))")
    if base in ("ARRAY", "STRUCT", "MAP"):
        return f"to_json(CAST({sql} AS {T.duck(T.parse(sql_type))}))"
    if base == "TIMESTAMP":
        return f"({sql}) AT TIME ZONE 'UTC'"
    return f"CAST({sql} AS {T.duck(T.parse(sql_type))})"


def all_types():
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    rows = {}
    for cells in all_types_rows():
        if cells[0] == LONG_ROW:
            continue
        sql = ", ".join(cell_sql(n, t, c) for (n, t), c in zip(ALL_TYPES, cells))
        values = db.execute(f"SELECT {sql}").fetchone()
        row = {}
        for (name, sql_type), value in zip(ALL_TYPES, values):
            if sql_type.startswith("INTERVAL") and value is not None:
                row[name] = (months_text if "YEAR" in sql_type else days_text)(int(value))
            else:
                row[name] = text_of(value, sql_type)
        rows[str(row["id"])] = row
    return rows


def main():
    made = {
        "columns": [{"name": n, "type": t} for n, t in ALL_TYPES],
        "rows": all_types(),
        "tables": {"samples.tpch": sorted(list(TPCH) + ["lineitem_1m", "revenue_by_nation"]),
                   "main.unicode": sorted(n for n, _ in UNICODE)},
        "unicode_columns": ["id", "κείμενο", "a b", "c.d", "e`f"],
        "strings": STRINGS,
        "errors": ERRORS,
        "long": LONG,
        "large": LARGE,
    }
    json.dump(made, sys.stdout, ensure_ascii=False, indent=1)
    print()


main()
