"""Types: the manifest's words, Arrow's types, text forms, for stored columns and for expressions."""
import json

import pytest
from lib import HYBRID

EXPRESSIONS = {
    "1": "INT", "2147483648": "BIGINT", "9223372036854775808": "DECIMAL(19,0)", "-9223372036854775808": "BIGINT", "1.5": "DECIMAL(2,1)",
    "1.50BD": "DECIMAL(3,2)", "1e3": "DOUBLE", "1.5D": "DOUBLE", "1.5F": "FLOAT", "1Y": "TINYINT", "1S": "SMALLINT", "1L": "BIGINT",
    "'x'": "STRING", "NULL": "VOID", "true": "BOOLEAN", "X'0102'": "BINARY", "DATE'2020-01-01'": "DATE",
    "TIMESTAMP'2020-01-01 00:00:00'": "TIMESTAMP", "TIMESTAMP_NTZ'2020-01-01 00:00:00'": "TIMESTAMP_NTZ", "CAST('1' AS TINYINT)": "TINYINT",
    "CAST('x' AS VARCHAR(5))": "STRING", "CAST('x' AS CHAR(5))": "STRING", "CAST(1 AS DECIMAL)": "DECIMAL(10,0)", "INTERVAL '1' YEAR": "INTERVAL YEAR",
    "INTERVAL '1-2' YEAR TO MONTH": "INTERVAL YEAR TO MONTH", "INTERVAL '3 04:30' DAY TO MINUTE": "INTERVAL DAY TO MINUTE",
    "INTERVAL '45.789' SECOND": "INTERVAL SECOND", "array(1, 2)": "ARRAY<INT>", "map('a', 1)": "MAP<STRING, INT>",
    "named_struct('a', 1, 'b', 'x')": "STRUCT<a: INT, b: STRING>", "struct(1, 'x')": "STRUCT<col1: INT, col2: STRING>",
    "parse_json('{}')": "VARIANT", "1 + 1": "INT", "1 + 1L": "BIGINT", "1 / 2": "DOUBLE", "5 div 2": "BIGINT", "1.5 + 2.25": "DECIMAL(4,2)",
    "1.5 * 2.25": "DECIMAL(6,3)", "CAST(1 AS DECIMAL(10,2)) / 3": "DECIMAL(14,6)", "1 = 1": "BOOLEAN", "concat('a', 'b')": "STRING",
    "length('a')": "INT", "year(DATE'2020-01-01')": "INT", "DATE'2020-01-02' - DATE'2020-01-01'": "INTERVAL DAY",
    "DATE'2020-01-01' + INTERVAL 1 DAY": "DATE", "date_add(DATE'2020-01-01', 1)": "DATE", "coalesce(1, 2.5)": "DECIMAL(11,1)",
    "CASE WHEN true THEN 1 END": "INT", "CASE WHEN true THEN 1 ELSE 2L END": "BIGINT", "round(2.567, 2)": "DECIMAL(4,2)", "abs(-1)": "INT",
    "current_date()": "DATE", "current_timestamp()": "TIMESTAMP", "array(1)[0]": "INT", "size(array(1))": "INT", "if(true, 1, 2)": "INT",
    "typeof(1)": "STRING", "datediff(DATE'2020-01-02', DATE'2020-01-01')": "INT", "try_cast('x' AS INT)": "INT",
}
AGGREGATES = {"count(*)": "BIGINT", "sum(l_linenumber)": "BIGINT", "sum(l_quantity)": "DECIMAL(28,2)", "avg(l_quantity)": "DECIMAL(22,6)",
              "avg(l_orderkey)": "DOUBLE", "min(l_shipdate)": "DATE", "max(l_comment)": "STRING", "sum(l_extendedprice * (1 - l_discount))":
              "DECIMAL(38,4)", "count(DISTINCT l_suppkey)": "BIGINT", "stddev(l_quantity)": "DOUBLE", "collect_list(l_linenumber)": "ARRAY<INT>"}


def test_expressions_have_sparks_types(box):
    names = list(EXPRESSIONS)
    assert dict(zip(names, box.types("SELECT " + ", ".join(names)))) == EXPRESSIONS


def test_aggregates_have_sparks_types(box):
    names = list(AGGREGATES)
    got = box.types("SELECT " + ", ".join(names) + " FROM (SELECT * FROM samples.tpch.lineitem LIMIT 100)")
    assert dict(zip(names, got)) == AGGREGATES


def test_set_operations_and_ctes_keep_types(box):
    assert box.types("WITH a AS (SELECT 1 AS x, n_name FROM samples.tpch.nation) SELECT x, n_name, x + 1.5 AS y FROM a") == \
        ["INT", "STRING", "DECIMAL(12,1)"]
    assert box.types("SELECT 1 UNION ALL SELECT 2.5") == ["DECIMAL(11,1)"]
    assert box.types("SELECT * FROM VALUES (1, 'a'), (2L, NULL) AS t(x, y)") == ["BIGINT", "STRING"]


def test_unaliased_columns_are_named_as_spark_does(box):
    out = box.ok("SELECT 1, 1 + 1, count(*), sum(n_nationkey), 'x', NULL, X'0a', CAST(1 AS STRING) , upper('a'), -1, max(N_NAME) AS M "
                 "FROM samples.tpch.nation")
    assert [c["name"] for c in out["manifest"]["schema"]["columns"]] == \
        ["1", "(1 + 1)", "count(1)", "sum(n_nationkey)", "x", "NULL", "X'0A'", "CAST(1 AS STRING)", "upper(a)", "-1", "M"]


ALL = "SELECT * FROM main.default.all_types ORDER BY id"
ARROW_TYPES = ["int32", "string", "bool", "int8", "int16", "int32", "int64", "float", "double", "decimal128(38, 18)", "decimal128(10, 2)",
               "decimal128(38, 0)", "string", "string", "string", "binary", "date32[day]", "timestamp[us, tz=Etc/UTC]", "timestamp[us]",
               "month_interval", "duration[us]", "list<element: int32>", "map<string, int32>",
               "struct<a: int32, b: string, c: list<element: double>>", "string", "null"]


def test_all_types_over_arrow(box):
    table = box.arrow(ALL)
    assert [str(f.type) for f in table.schema] == ARROW_TYPES
    assert not table.schema.metadata and not any(f.metadata for f in table.schema)
    assert table.num_rows == 26


def cell(box, column, kind):
    return box.rows(f"SELECT {column} FROM main.default.all_types WHERE kind = '{kind}'")[0][0]


@pytest.mark.parametrize("column, kind, text", [
    ("c_boolean", "ordinary", "true"), ("c_tinyint", "minimum", "-128"), ("c_bigint", "minimum", "-9223372036854775808"),
    ("c_bigint", "maximum", "9223372036854775807"), ("c_float", "ordinary", "1.5"), ("c_float", "short number", "0.1"),
    ("c_float", "maximum", "3.4028235E38"), ("c_float", "exponent", "1.0E10"), ("c_float", "smallest fraction", "1.4E-45"),
    ("c_double", "maximum", "1.7976931348623157E308"), ("c_double", "nan", "NaN"), ("c_double", "infinity", "Infinity"),
    ("c_double", "minus infinity", "-Infinity"), ("c_double", "minus zero", "-0.0"), ("c_double", "exponent", "1.0E-10"),
    ("c_double", "smallest fraction", "4.9E-324"), ("c_decimal_38_18", "maximum", "9" * 20 + "." + "9" * 18), ("c_decimal_38_18", "smallest fraction", "0.000000000000000001"),
    ("c_decimal_10_2", "short number", "1.50"), ("c_decimal_38_0", "minimum", "-" + "9" * 38), ("c_char", "ordinary", "char      "),
    ("c_binary", "ordinary", "3q2+7w=="), ("c_date", "minimum", "0001-01-01"), ("c_date", "maximum", "9999-12-31"),
    ("c_timestamp", "ordinary", "2024-02-29T12:34:56.789012Z"), ("c_timestamp", "minimum", "0001-01-01T00:00:00.000Z"),
    ("c_timestamp", "maximum", "9999-12-31T23:59:59.999999Z"), ("c_timestamp", "before 1582", "1500-02-28T12:00:00.000Z"),
    ("c_timestamp_ntz", "ordinary", "2024-02-29T12:34:56.789012"), ("c_timestamp_ntz", "before 1582", "1582-10-10T00:00:00.000"),
    ("c_interval_ym", "ordinary", "1-2"), ("c_interval_ym", "minus one", "-0-1"), ("c_interval_ym", "maximum", "178956970-7"),
    ("c_interval_ds", "ordinary", "3 12:30:15.123456000"), ("c_interval_ds", "minus one", "-0 00:00:00.000001000"),
    ("c_array", "ordinary", "[1,2,null]"), ("c_map", "ordinary", '{"one":1,"two":2}'), ("c_variant", "ordinary", '{"key":"value","number":123}'),
    ("c_struct", "ordinary", '{"a":1,"b":"x","c":[1.5,null]}'), ("c_string", "emoji", "😀 👩‍👩‍👧‍👦 🇬🇷 𝒳"), ("c_void", "ordinary", None)])
def test_text_forms(box, column, kind, text):
    assert cell(box, column, kind) == text


def test_the_null_row_is_null_everywhere(box):
    row = box.rows("SELECT * EXCEPT (id, kind) FROM main.default.all_types WHERE kind = 'null'")[0]
    assert row == [None] * 24


def test_timestamps_follow_the_session_zone(box):
    s = box.session(session_confs={"timezone": "America/Los_Angeles"})
    sql = "SELECT c_timestamp, c_timestamp_ntz FROM main.default.all_types WHERE kind IN ('gap', 'overlap one', 'overlap two') ORDER BY id"
    assert box.rows(sql, session_id=s) == [["2021-03-14T03:00:00.000-07:00", "2021-03-14T02:30:00.000"],
                                           ["2021-11-07T01:30:00.000-07:00", "2021-11-07T01:30:00.000"],
                                           ["2021-11-07T01:30:00.000-08:00", "2021-11-07T01:30:00.000"]]
    assert str(box.arrow(sql, session_id=s).schema.field(0).type) == "timestamp[us, tz=America/Los_Angeles]"
    box.ok("SET TIME ZONE 'Asia/Kolkata'", session_id=s)
    assert box.rows("SELECT TIMESTAMP'2020-01-01 00:00:00'", session_id=s) == [["2020-01-01T00:00:00.000+05:30"]]


def test_tables_with_every_type_can_be_made_and_written(box):
    box.ok("""CREATE OR REPLACE TABLE main.default.made (i INT NOT NULL, v VARCHAR(3), d DECIMAL(10,2) DEFAULT 1.5, y INTERVAL YEAR TO MONTH,
              t INTERVAL HOUR TO SECOND, a ARRAY<STRUCT<x: INT, y: MAP<STRING, DATE>>>, z VARIANT, ts TIMESTAMP, n TIMESTAMP_NTZ, b BINARY)""")
    box.ok("INSERT INTO main.default.made VALUES (1, 'abc', DEFAULT, INTERVAL '1-1' YEAR TO MONTH, INTERVAL '27:15:20.456' HOUR TO SECOND, "
           "array(named_struct('x', 1, 'y', map('k', DATE'2020-01-01'))), parse_json('{\"b\":1,\"a\":[1]}'), '2020-01-01 01:02:03', "
           "'2020-01-01 01:02:03', X'00ff')")
    out = box.ok("SELECT * FROM main.default.made")
    assert out["result"]["data_array"] == [["1", "abc", "1.50", "1-1", "1 03:15:20.456000000", '[{"x":1,"y":{"k":"2020-01-01"}}]',
                                            '{"a":[1],"b":1}', "2020-01-01T01:02:03.000Z", "2020-01-01T01:02:03.000", "AP8="]]
    cols = out["manifest"]["schema"]["columns"]
    assert cols[4] == {"name": "t", "type_text": "INTERVAL HOUR TO SECOND", "type_name": "INTERVAL", "position": 4,
                       "type_interval_type": "HOUR TO SECOND"}
    assert box.failed("INSERT INTO main.default.made (i) VALUES (NULL)")["sql_state"] == "23502"
    assert box.failed("INSERT INTO main.default.made (i, v) VALUES (1, 'abcd')")["sql_state"] == "22001"
    table = box.arrow("SELECT i, v FROM main.default.made WHERE v = 'abc'")
    assert [f.nullable for f in table.schema] == [False, False]


def test_nested_values_and_nulls_survive_arrow(box):
    table = box.table(box.ok("SELECT c_array, c_map, c_struct FROM main.default.all_types ORDER BY id LIMIT 4", **HYBRID))
    assert table.column(0).to_pylist() == [[1, 2, None], None, [], [-2147483648, 2147483647]]
    assert table.column(1).to_pylist()[:3] == [[("one", 1), ("two", 2)], None, []]
    assert table.column(2).to_pylist()[0] == {"a": 1, "b": "x", "c": [1.5, None]}


def test_json_cells_are_valid_json(box):
    for row in box.rows("SELECT c_variant, c_struct FROM main.default.all_types"):
        for c in row:
            assert c is None or json.loads(c) is not NotImplemented
