"""main.default.all_types: one column per type, rows of edge values. Cells are the engine's SQL (time zone UTC while loading)."""

ALL_TYPES = [
    ("id", "INT"), ("kind", "STRING"), ("c_boolean", "BOOLEAN"), ("c_tinyint", "TINYINT"), ("c_smallint", "SMALLINT"),
    ("c_int", "INT"), ("c_bigint", "BIGINT"), ("c_float", "FLOAT"), ("c_double", "DOUBLE"), ("c_decimal_38_18", "DECIMAL(38,18)"),
    ("c_decimal_10_2", "DECIMAL(10,2)"), ("c_decimal_38_0", "DECIMAL(38,0)"), ("c_string", "STRING"), ("c_varchar", "VARCHAR(20)"),
    ("c_char", "CHAR(10)"), ("c_binary", "BINARY"), ("c_date", "DATE"), ("c_timestamp", "TIMESTAMP"),
    ("c_timestamp_ntz", "TIMESTAMP_NTZ"), ("c_interval_ym", "INTERVAL YEAR TO MONTH"), ("c_interval_ds", "INTERVAL DAY TO SECOND"),
    ("c_array", "ARRAY<INT>"), ("c_map", "MAP<STRING, INT>"), ("c_struct", "STRUCT<a: INT, b: STRING, c: ARRAY<DOUBLE>>"),
    ("c_variant", "VARIANT"), ("c_void", "VOID"),
]
_N = "NULL"


def _text(s):
    return "'" + s.replace("'", "''") + "'"


def _row(i, kind, **cells):
    names = [n for n, _ in ALL_TYPES[2:]]
    assert set(cells) <= {n[2:] for n in names}
    return [str(i), _text(kind)] + [cells.get(n[2:], _N) for n in names]


def _struct(a, b, c):
    return f"{{'a': {a}, 'b': {b}, 'c': {c}}}"


def all_types_rows():
    """Lists of SQL cells, one list per row."""
    nines38 = "9" * 38
    yield _row(1, "ordinary", boolean="true", tinyint="1", smallint="2", int="3", bigint="4", float="1.5", double="2.25",
               decimal_38_18="'123.456789012345678901'", decimal_10_2="'12345.67'", decimal_38_0="'12345678901234567890'",
               string="'hello'", varchar="'varchar'", char="'char      '", binary="from_hex('DEADBEEF')", date="DATE '2024-02-29'",
               timestamp="TIMESTAMPTZ '2024-02-29 12:34:56.789012+00'", timestamp_ntz="TIMESTAMP '2024-02-29 12:34:56.789012'",
               interval_ym="to_months(14)", interval_ds="to_days(3) + to_microseconds(45015123456)", array="[1, 2, NULL]",
               map="MAP {'one': 1, 'two': 2}", struct=_struct(1, "'x'", "[1.5, NULL]"), variant="'{\"key\":\"value\",\"number\":123}'")
    yield _row(2, "null")
    yield _row(3, "minimum", boolean="false", tinyint="-128", smallint="-32768", int="-2147483648", bigint="-9223372036854775808",
               float="CAST('-3.4028234663852886E38' AS FLOAT)", double="CAST('-1.7976931348623157E308' AS DOUBLE)",
               decimal_38_18=f"'-{'9' * 20}.{'9' * 18}'", decimal_10_2="'-99999999.99'", decimal_38_0=f"'-{nines38}'",
               string="''", varchar="''", char="'          '", binary="from_hex('')", date="DATE '0001-01-01'",
               timestamp="TIMESTAMPTZ '0001-01-01 00:00:00+00'", timestamp_ntz="TIMESTAMP '0001-01-01 00:00:00'",
               interval_ym="to_months(-2147483647)", interval_ds="to_days(-106751990)", array="[]", map="MAP {}",
               struct=_struct("NULL", "NULL", "NULL"), variant="'null'")
    yield _row(4, "maximum", boolean="true", tinyint="127", smallint="32767", int="2147483647", bigint="9223372036854775807",
               float="CAST('3.4028234663852886E38' AS FLOAT)", double="CAST('1.7976931348623157E308' AS DOUBLE)",
               decimal_38_18=f"'{'9' * 20}.{'9' * 18}'", decimal_10_2="'99999999.99'", decimal_38_0=f"'{nines38}'",
               string="repeat('z', 1000)", varchar="'12345678901234567890'", char="'1234567890'", binary="encode(repeat('B', 1000))",
               date="DATE '9999-12-31'", timestamp="TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'",
               timestamp_ntz="TIMESTAMP '9999-12-31 23:59:59.999999'", interval_ym="to_months(2147483647)",
               interval_ds="to_days(106751990) + to_microseconds(86399999999)", array="[-2147483648, 2147483647]",
               map="MAP {'': 0, 'max': 2147483647}", struct=_struct(2147483647, "'max'", "[1.7976931348623157E308]"),
               variant="'[1,2.5,\"x\",null,true,{\"a\":{}}]'")
    yield _row(5, "nan", float="CAST('NaN' AS FLOAT)", double="CAST('NaN' AS DOUBLE)", variant="'1.5'")
    yield _row(6, "infinity", float="CAST('Infinity' AS FLOAT)", double="CAST('Infinity' AS DOUBLE)", variant="'\"text\"'")
    yield _row(7, "minus infinity", float="CAST('-Infinity' AS FLOAT)", double="CAST('-Infinity' AS DOUBLE)", variant="'true'")
    yield _row(8, "minus zero", tinyint="0", smallint="0", int="0", bigint="0", float="CAST('-0.0' AS FLOAT)",
               double="CAST('-0.0' AS DOUBLE)", decimal_38_18="'0'", decimal_10_2="'0'", decimal_38_0="'0'",
               interval_ym="to_months(0)", interval_ds="to_days(0)")
    yield _row(9, "smallest fraction", float="CAST('1.4E-45' AS FLOAT)", double="CAST('4.9E-324' AS DOUBLE)",
               decimal_38_18="'0.000000000000000001'", decimal_10_2="'0.01'", decimal_38_0="'1'", interval_ds="to_microseconds(1)",
               timestamp="TIMESTAMPTZ '1970-01-01 00:00:00.000001+00'", timestamp_ntz="TIMESTAMP '1970-01-01 00:00:00.000001'")
    yield _row(10, "minus one", tinyint="-1", smallint="-1", int="-1", bigint="-1", float="-1.0", double="-1.0", decimal_38_18="'-0.5'",
               decimal_10_2="'-0.01'", decimal_38_0="'-1'", interval_ym="to_months(-1)", interval_ds="to_microseconds(-1)",
               date="DATE '1969-12-31'", timestamp="TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'",
               timestamp_ntz="TIMESTAMP '1969-12-31 23:59:59.999999'")
    yield _row(11, "emoji", string=_text("😀 👩‍👩‍👧‍👦 🇬🇷 𝒳"), varchar="'😀😀😀'", char="'😀         '", binary=_blob("😀"),
               map="MAP {'😀': 1}", array="[1]", struct=_struct(1, "'😀'", "[]"), variant="'{\"😀\":\"🎉\"}'")
    yield _row(12, "cjk", string=_text("漢字かな交じり文 𠮷𩸽 한국어"), varchar="'漢字'", char="'漢字        '", binary=_blob("漢字"))
    yield _row(13, "combining", string=_text("e\u0301 a\u0308 n\u0303 \u05e9\u05c1 \u0e01\u0e33"), varchar=_text("e\u0301"))
    yield _row(14, "right to left", string=_text("עברית العربية ‏abc"), varchar="'عربي'")
    yield _row(15, "quotes", string=_text("'single' \"double\" `back` \\slash\\ %_ ; -- /* */"), varchar=_text("it''s \"q\""))
    yield _row(16, "controls", string="'tab' || chr(9) || 'lf' || chr(10) || 'crlf' || chr(13) || chr(10) || 'bell' || chr(7) || 'esc' || chr(27)",
               varchar="chr(10)", binary="from_hex('000102FF00')")
    yield _row(17, "empty", string="''", varchar="''", char="'          '", binary="from_hex('')", array="[]", map="MAP {}", variant="'{}'")
    yield _row(18, "long text", string="repeat('0123456789', 10240)", binary="encode(repeat('x', 102400))")
    yield _row(19, "before 1582", date="DATE '1500-02-28'", timestamp="TIMESTAMPTZ '1500-02-28 12:00:00+00'",
               timestamp_ntz="TIMESTAMP '1582-10-10 00:00:00'")
    yield _row(20, "gap", date="DATE '2021-03-14'", timestamp="TIMESTAMPTZ '2021-03-14 10:00:00+00'",
               timestamp_ntz="TIMESTAMP '2021-03-14 02:30:00'")
    yield _row(21, "overlap one", date="DATE '2021-11-07'", timestamp="TIMESTAMPTZ '2021-11-07 08:30:00+00'",
               timestamp_ntz="TIMESTAMP '2021-11-07 01:30:00'")
    yield _row(22, "overlap two", date="DATE '2021-11-07'", timestamp="TIMESTAMPTZ '2021-11-07 09:30:00+00'",
               timestamp_ntz="TIMESTAMP '2021-11-07 01:30:00'")
    yield _row(23, "leap", date="DATE '2000-02-29'", timestamp="TIMESTAMPTZ '2016-12-31 23:59:59.999+00'",
               timestamp_ntz="TIMESTAMP '1900-03-01 00:00:00'")
    yield _row(24, "32 bit", date="DATE '2038-01-19'", timestamp="TIMESTAMPTZ '2038-01-19 03:14:08+00'", bigint="2147483648",
               timestamp_ntz="TIMESTAMP '2038-01-19 03:14:08'", double="9007199254740993", decimal_38_0="'9223372036854775808'")
    yield _row(25, "short number", float="0.1", double="0.1", decimal_10_2="'1.5'", decimal_38_18="'1'", decimal_38_0="'100'")
    yield _row(26, "exponent", float="CAST('1.0E10' AS FLOAT)", double="1.0E-10", decimal_38_18="'10000000000000000000'")


def _blob(s):
    return f"from_hex('{s.encode().hex()}')"
