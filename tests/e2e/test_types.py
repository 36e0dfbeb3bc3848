"""Every type of main.default.all_types, through pyodbc, in every way a result can travel."""
import json
import math
import random
from datetime import date, datetime
from decimal import Decimal

import pytest

NINES18, NINES20 = "9" * 18, "9" * 20
MAX_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999999)

# row id -> column -> what Python must see. Written from the SQL that made the table, not from any client's answer.
EXPECTED = {
    1: dict(c_boolean=True, c_tinyint=1, c_smallint=2, c_int=3, c_bigint=4, c_float=1.5, c_double=2.25,
            c_decimal_38_18=Decimal("123.456789012345678901"), c_decimal_10_2=Decimal("12345.67"),
            c_decimal_38_0=Decimal("12345678901234567890"), c_string="hello", c_varchar="varchar", c_char="char      ",
            c_binary=b"\xde\xad\xbe\xef", c_date=date(2024, 2, 29), c_timestamp=datetime(2024, 2, 29, 12, 34, 56, 789012),
            c_timestamp_ntz=datetime(2024, 2, 29, 12, 34, 56, 789012), c_interval_ym="1-2", c_interval_ds="3 12:30:15.123456000",
            c_void=None),
    3: dict(c_boolean=False, c_tinyint=-128, c_smallint=-32768, c_int=-2**31, c_bigint=-2**63,
            c_double=-1.7976931348623157e308, c_decimal_38_18=Decimal(f"-{NINES20}.{NINES18}"),
            c_decimal_10_2=Decimal("-99999999.99"), c_decimal_38_0=Decimal("-" + "9" * 38), c_string="", c_binary=b"",
            c_date=date(1, 1, 1), c_timestamp=datetime(1, 1, 1), c_timestamp_ntz=datetime(1, 1, 1), c_interval_ym="-178956970-7"),
    4: dict(c_boolean=True, c_tinyint=127, c_smallint=32767, c_int=2**31 - 1, c_bigint=2**63 - 1,
            c_double=1.7976931348623157e308, c_decimal_38_18=Decimal(f"{NINES20}.{NINES18}"),
            c_decimal_38_0=Decimal("9" * 38), c_string="z" * 1000, c_binary=b"B" * 1000, c_date=date(9999, 12, 31),
            c_timestamp=MAX_INSTANT, c_timestamp_ntz=MAX_INSTANT, c_interval_ym="178956970-7"),
    9: dict(c_double=5e-324, c_decimal_38_18=Decimal("0.000000000000000001"), c_decimal_10_2=Decimal("0.01"),
            c_timestamp=datetime(1970, 1, 1, 0, 0, 0, 1), c_timestamp_ntz=datetime(1970, 1, 1, 0, 0, 0, 1),
            c_interval_ds="0 00:00:00.000001000"),
    10: dict(c_tinyint=-1, c_bigint=-1, c_float=-1.0, c_decimal_38_18=Decimal("-0.5"), c_decimal_10_2=Decimal("-0.01"),
             c_date=date(1969, 12, 31), c_timestamp=datetime(1969, 12, 31, 23, 59, 59, 999999),
             c_interval_ym="-0-1", c_interval_ds="-0 00:00:00.000001000"),
    11: dict(c_string="😀 👩‍👩‍👧‍👦 🇬🇷 𝒳", c_varchar="😀😀😀", c_char="😀         ", c_binary="😀".encode()),
    12: dict(c_string="漢字かな交じり文 𠮷𩸽 한국어", c_varchar="漢字"),
    13: dict(c_string="e\u0301 a\u0308 n\u0303 \u05e9\u05c1 \u0e01\u0e33"),
    14: dict(c_string="עברית العربية ‏abc"),
    15: dict(c_string="'single' \"double\" `back` \\slash\\ %_ ; -- /* */"),
    16: dict(c_string="tab\tlf\ncrlf\r\nbell\x07esc\x1b", c_varchar="\n", c_binary=b"\x00\x01\x02\xff\x00"),
    18: dict(c_string="0123456789" * 10240, c_binary=b"x" * 102400),
    19: dict(c_date=date(1500, 2, 28), c_timestamp=datetime(1500, 2, 28, 12), c_timestamp_ntz=datetime(1582, 10, 10)),
    20: dict(c_timestamp=datetime(2021, 3, 14, 10), c_timestamp_ntz=datetime(2021, 3, 14, 2, 30)),
    23: dict(c_timestamp=datetime(2016, 12, 31, 23, 59, 59, 999000), c_timestamp_ntz=datetime(1900, 3, 1)),
    24: dict(c_bigint=2147483648, c_decimal_38_0=Decimal("9223372036854775808"), c_timestamp=datetime(2038, 1, 19, 3, 14, 8)),
    25: dict(c_double=0.1, c_decimal_10_2=Decimal("1.50"), c_decimal_38_0=Decimal(100)),
}

NESTED = {
    1: dict(c_array=[1, 2, None], c_map={"one": 1, "two": 2}, c_struct={"a": 1, "b": "x", "c": [1.5, None]},
            c_variant={"key": "value", "number": 123}),
    3: dict(c_array=[], c_map={}, c_struct={"a": None, "b": None, "c": None}, c_variant=None),
    4: dict(c_array=[-2**31, 2**31 - 1], c_map={"": 0, "max": 2**31 - 1}),
    11: dict(c_map={"😀": 1}, c_struct={"a": 1, "b": "😀", "c": []}, c_variant={"😀": "🎉"}),
}


@pytest.fixture
def table(db):
    cursor = db.cursor().execute("SELECT * FROM main.default.all_types ORDER BY id")
    names = [c[0] for c in cursor.description]
    return {row[0]: dict(zip(names, row)) for row in cursor.fetchall()}


def test_every_type_has_the_right_value_in_every_mode(table):
    for row, cells in EXPECTED.items():
        for name, want in cells.items():
            got = table[row][name]
            assert got == want and type(got) is type(want), f"row {row}, {name}: {got!r} instead of {want!r}"
            if isinstance(want, Decimal):
                assert got.as_tuple().exponent == {"c_decimal_38_18": -18, "c_decimal_10_2": -2, "c_decimal_38_0": 0}[name]


def test_nulls_are_null_in_every_column(table):
    assert all(v is None for k, v in table[2].items() if k not in ("id", "kind"))


def test_special_floats_arrive_as_themselves(table):
    assert math.isnan(table[5]["c_float"]) and math.isnan(table[5]["c_double"])
    assert table[6]["c_double"] == math.inf and table[7]["c_float"] == -math.inf
    assert math.copysign(1, table[8]["c_double"]) == -1.0


def test_nested_values_are_valid_json_text(table):
    for row, cells in NESTED.items():
        for name, want in cells.items():
            assert json.loads(table[row][name]) == want, f"row {row}, {name}: {table[row][name]!r}"


def test_described_types_agree_with_the_catalog(direct):
    described = {c[0]: c for c in direct.cursor().execute("SELECT * FROM main.default.all_types LIMIT 0").description}
    assert described["c_decimal_38_18"][4:6] == (38, 18)
    assert described["c_bigint"][1] is int and described["c_date"][1] is date and described["c_binary"][1] is bytearray
    listed = {r.column_name: r for r in direct.cursor().columns(table="all_types", schema="default", catalog="main")}
    assert list(listed) == list(described)
    assert listed["c_varchar"].column_size == 20 and listed["c_char"].column_size == 10
    assert (listed["c_decimal_10_2"].column_size, listed["c_decimal_10_2"].decimal_digits) == (10, 2)
    assert listed["c_timestamp_ntz"].type_name == "TIMESTAMP_NTZ"


def test_a_session_zone_moves_instants_and_leaves_wall_clocks(odbc):
    db = odbc.connect("SSP_timezone=America/Los_Angeles;")
    row = db.execute("SELECT c_timestamp, c_timestamp_ntz FROM main.default.all_types WHERE id IN (20, 21, 22) ORDER BY id").fetchall()
    assert [r[0] for r in row] == [datetime(2021, 3, 14, 3, 0), datetime(2021, 11, 7, 1, 30), datetime(2021, 11, 7, 1, 30)]
    assert [r[1] for r in row] == [datetime(2021, 3, 14, 2, 30), datetime(2021, 11, 7, 1, 30), datetime(2021, 11, 7, 1, 30)]
    db.close()


def nested_sql(rng, depth):
    """An expression of a nested type, and what json.loads must give."""
    text = "".join(rng.choice(["a", "é", "😀", '"', "\\", "\n", "\t", "\x01", "/", "'", "\u2028", "{", "]"]) for _ in range(rng.randrange(5)))
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    leaves = [(literal, text), ("NULL", None), ("true", True), ("12345678901L", 12345678901), ("DATE'2024-02-29'", "2024-02-29"),
              ("X'00FF10'", "AP8Q")]
    kind = rng.randrange(3) if depth else 3
    if kind == 0:
        sql, value = nested_sql(rng, depth - 1)
        return f"array({sql}, {sql})", [value, value]
    if kind == 1:
        (a, x), (b, y) = nested_sql(rng, depth - 1), nested_sql(rng, depth - 1)
        return f"named_struct('a', {a}, 'b b', {b})", {"a": x, "b b": y}
    if kind == 2:
        sql, value = nested_sql(rng, depth - 1)
        return f"map({literal}, {sql})", {text: value}
    return rng.choice(leaves)


def test_nested_values_of_any_shape_are_json_with_the_same_values(db):
    rng = random.Random(7)
    made = [nested_sql(rng, 1 + i % 3) for i in range(40)]
    made = [m for m in made if isinstance(m[1], (list, dict))]
    row = db.cursor().execute("SELECT " + ", ".join(sql for sql, _ in made)).fetchone()
    for (sql, want), got in zip(made, row):
        assert json.loads(got) == want, f"{sql}: {got!r}"
