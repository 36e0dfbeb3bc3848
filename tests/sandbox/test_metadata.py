"""SHOW, DESCRIBE, information_schema, errors and DDL, as clients issue them."""
import json

import pytest


def names(box, sql, column=0, **fields):
    return [r[column] for r in box.rows(sql, **fields)]


def header(box, sql):
    return [c["name"] for c in box.ok(sql)["manifest"]["schema"]["columns"]]


def test_show_catalogs_and_schemas(box):
    assert {"main", "samples", "system"} <= set(names(box, "SHOW CATALOGS"))
    assert names(box, "SHOW CATALOGS LIKE 'sam*|nothing'") == ["samples"]
    assert header(box, "SHOW SCHEMAS IN `main`") == ["databaseName"]
    assert names(box, "SHOW SCHEMAS IN `main` LIKE 'MAN.'") == ["many"]
    assert header(box, "SHOW SCHEMAS IN ALL CATALOGS") == ["databaseName", "catalog"]
    assert box.rows("SHOW SCHEMAS IN ALL CATALOGS LIKE 'tpch'") == [["tpch", "samples"]]


def test_show_tables_with_patterns(box):
    assert header(box, "SHOW TABLES IN CATALOG `main`") == ["namespace", "tableName", "isTemporary", "information", "catalogName", "tableType", "remarks"]
    assert len(names(box, "SHOW TABLES IN CATALOG `main` SCHEMA LIKE 'many' LIKE '*'")) == 1000
    assert names(box, "SHOW TABLES IN CATALOG `main` SCHEMA LIKE 'many' LIKE 't000.'", 1) == [f"t000{i}" for i in range(10)]
    assert names(box, "SHOW TABLES IN CATALOG main SCHEMA LIKE 'unicode' LIKE 'a.b'", 1) == ["a_b", "axb"]
    assert names(box, "SHOW TABLES IN CATALOG main SCHEMA LIKE 'unicode' LIKE 'a_b'", 1) == ["a_b"]
    assert names(box, "SHOW TABLES IN ALL CATALOGS SCHEMA LIKE 'tpch' LIKE 'nation|region'", 1) == ["nation", "region"]
    assert {r[5] for r in box.rows("SHOW TABLES IN CATALOG samples SCHEMA LIKE 'tpch*'")} == {"TABLE", "VIEW"}


def test_odd_names_are_shown_and_read(box):
    for name in names(box, "SHOW TABLES IN CATALOG `main` SCHEMA LIKE 'unicode'", 1):
        quoted = "`" + name.replace("`", "``") + "`"
        assert box.rows(f"SELECT `κείμενο`, `a b`, `c.d`, `e``f` FROM main.unicode.{quoted} WHERE id = 2") == [["ελληνικά", "Ω", "ß", "ñ"]]
        assert names(box, f"DESCRIBE TABLE main.unicode.{quoted}") == ["id", "κείμενο", "a b", "c.d", "e`f"]


def test_show_columns(box):
    rows = box.rows("SHOW COLUMNS IN CATALOG `main` SCHEMA LIKE 'default' TABLE LIKE 'all_types'")
    assert header(box, "SHOW COLUMNS IN CATALOG main SCHEMA LIKE 'default'")[:5] == ["catalogName", "namespace", "tableName", "col_name", "columnType"]
    assert [r[4] for r in rows][9:16] == ["DECIMAL(38,18)", "DECIMAL(10,2)", "DECIMAL(38,0)", "STRING", "VARCHAR(20)", "CHAR(10)", "BINARY"]
    assert [r[4] for r in rows][-7:] == ["INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND", "ARRAY<INT>", "MAP<STRING, INT>",
                                         "STRUCT<a: INT, b: STRING, c: ARRAY<DOUBLE>>", "VARIANT", "VOID"]
    assert len(box.rows("SHOW COLUMNS IN CATALOG `main` SCHEMA LIKE 'many'")) == 20000
    assert names(box, "SHOW COLUMNS IN CATALOG samples SCHEMA LIKE 'tpch' TABLE LIKE 'orders' LIKE 'o.*key'", 3) == ["o_orderkey", "o_custkey"]
    assert box.failed("SHOW COLUMNS IN ALL CATALOGS")["sql_state"] == "42601"


def test_keys(box):
    assert box.rows("SHOW KEYS IN CATALOG `samples` IN SCHEMA `tpch` IN TABLE `partsupp`") == [
        ["samples", "tpch", "partsupp", "ps_partkey", "1", "partsupp_pk"], ["samples", "tpch", "partsupp", "ps_suppkey", "2", "partsupp_pk"]]
    fks = box.rows("SHOW FOREIGN KEYS IN CATALOG `samples` IN SCHEMA `tpch` IN TABLE `lineitem`")
    assert [(r[2], r[3], r[7], r[8]) for r in fks] == [("orders", "o_orderkey", "l_orderkey", "1"), ("partsupp", "ps_partkey", "l_partkey", "1"),
                                                       ("partsupp", "ps_suppkey", "l_suppkey", "2")]
    assert box.rows("SHOW KEYS IN CATALOG main IN SCHEMA default IN TABLE all_types") == []


def test_describe_as_json(box):
    box.ok("CREATE OR REPLACE TABLE main.default.child (id INT PRIMARY KEY, k BIGINT COMMENT 'the key', n STRING, CONSTRAINT to_nation FOREIGN KEY (k) "
           "REFERENCES samples.tpch.nation (n_nationkey))")
    out = json.loads(box.rows("DESC TABLE EXTENDED `main`.`default`.`child` AS JSON")[0][0])
    assert out["columns"][:2] == [{"name": "id", "type": {"name": "int"}, "nullable": False},
                                  {"name": "k", "type": {"name": "bigint"}, "nullable": True, "comment": "the key"}]
    assert out["table_constraints"] == ("[(child_pk, PRIMARY KEY (`id`)), (to_nation, FOREIGN KEY (`k`) REFERENCES `samples`.`tpch`.`nation` "
                                        "(`n_nationkey`))]")
    out = json.loads(box.rows("DESC TABLE EXTENDED main.default.all_types AS JSON STATIC ONLY")[0][0])
    kinds = {c["name"]: c["type"] for c in out["columns"]}
    assert kinds["c_decimal_10_2"] == {"name": "decimal", "precision": 10, "scale": 2}
    assert kinds["c_interval_ds"] == {"name": "interval", "start_unit": "day", "end_unit": "second"}
    assert kinds["c_map"]["key_type"] == {"name": "string"} and kinds["c_varchar"] == {"name": "varchar", "length": 20}


def test_describe_query_does_not_run_it(box):
    rows = box.rows("DESCRIBE QUERY SELECT CAST(1 AS DECIMAL(10,2)) AS d, map('a', 1) AS m, error('never') AS e FROM range(10)")
    assert [r[:2] for r in rows][:2] == [["d", "decimal(10,2)"], ["m", "map<string,int>"]]


def test_information_schema(box):
    assert names(box, "SELECT table_name FROM samples.information_schema.tables WHERE table_schema = 'tpch' AND table_type = 'MANAGED' "
                      "ORDER BY 1") == ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
    assert box.rows("SELECT full_data_type, is_nullable FROM main.information_schema.columns WHERE table_name = 't0001' AND column_name = 'price'") == \
        [["decimal(18,2)", "YES"]]
    assert int(box.rows("SELECT count(*) FROM system.information_schema.tables")[0][0]) > 1000
    assert box.rows("SELECT count(*) FROM samples.information_schema.table_constraints WHERE constraint_type = 'PRIMARY KEY'") == [["8"]]
    box.ok("CREATE OR REPLACE TABLE main.empty.fresh (a INT)")
    assert names(box, "SELECT table_name FROM main.information_schema.tables WHERE table_schema = 'empty'") == ["fresh"]
    box.ok("DROP TABLE main.empty.fresh")


def test_ddl_and_dml_life_of_a_table(box):
    t = "main.default.life"
    box.ok(f"CREATE OR REPLACE TABLE {t} (id INT, name STRING)")
    assert box.rows(f"INSERT INTO {t} VALUES (1, 'a'), (2, 'b'), (3, 'c')") == [["3", "3"]]
    assert box.rows(f"UPDATE {t} SET name = upper(name) WHERE id < 3") == [["2"]]
    assert box.rows(f"DELETE FROM {t} WHERE id IN (SELECT 3)") == [["1"]]
    box.ok(f"ALTER TABLE {t} ADD COLUMNS (extra DECIMAL(5,1) COMMENT 'more')")
    box.ok(f"ALTER TABLE {t} RENAME COLUMN name TO label")
    out = box.ok(f"MERGE INTO {t} AS t USING (SELECT 1 AS id, 'z' AS label UNION ALL SELECT 9, 'n') AS s ON t.id = s.id "
                 "WHEN MATCHED THEN UPDATE SET label = s.label WHEN NOT MATCHED THEN INSERT (id, label) VALUES (s.id, s.label)")
    assert out["result"]["data_array"] == [["2", "1", "0", "1"]]
    assert box.rows(f"SELECT * FROM {t} ORDER BY id") == [["1", "z", None], ["2", "B", None], ["9", "n", None]]
    box.ok(f"ALTER TABLE {t} RENAME TO main.default.life2")
    box.ok("TRUNCATE TABLE main.default.life2")
    assert box.rows("SELECT count(*) FROM main.default.life2") == [["0"]]
    versions = box.rows("DESCRIBE HISTORY main.default.life2")
    assert [int(r[0]) for r in versions] == list(range(len(versions)))[::-1] and len(versions) == 9 and versions[0][4] == "TRUNCATE"
    assert box.rows("DESCRIBE HISTORY main.default.life2 LIMIT 1") == versions[:1]
    box.ok("DROP TABLE main.default.life2")
    box.ok("CREATE OR REPLACE TABLE main.default.ctas AS SELECT n_name, n_nationkey FROM samples.tpch.nation")
    assert box.rows("SELECT count(*) FROM main.default.ctas") == [["25"]]


def test_columns_of_the_target_have_its_full_name_too(box):
    box.ok("CREATE TABLE main.default.full_names (id INT, s STRING)")
    box.ok("INSERT INTO main.default.full_names VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    box.ok("UPDATE main.default.full_names SET s = upper(main.default.full_names.s) WHERE main.default.full_names.id = 2")
    box.ok("UPDATE main.default.full_names SET s = 'z' WHERE full_names.id = 3 AND default.full_names.id = 3")
    box.ok("DELETE FROM main.default.full_names WHERE `main`.`default`.`full_names`.`id` < 2")
    assert box.rows("SELECT * FROM main.default.full_names ORDER BY id") == [["2", "B"], ["3", "z"]]
    box.failed("UPDATE main.default.full_names AS f SET s = '' WHERE main.default.full_names.id = 2")
    box.ok("DROP TABLE main.default.full_names")


def test_writing_to_sample_data_stays_in_this_process(box):
    assert box.rows("DELETE FROM main.many.t0500 WHERE id >= 3") == [["7"]]
    assert box.rows("SELECT count(*) FROM main.many.t0500") == [["3"]] and box.rows("SELECT count(*) FROM main.many.t0501") == [["10"]]


def test_versions_grow_with_writes(box):
    newest = lambda: int(box.rows("DESCRIBE HISTORY main.many.t0600 LIMIT 1")[0][0])
    assert newest() == 0
    box.ok("INSERT INTO main.many.t0600 (id) VALUES (99)")
    assert newest() == 1
    assert box.rows("SELECT count(*) FROM main.many.t0600 VERSION AS OF 1") == [["11"]]
    assert box.failed("SELECT count(*) FROM main.many.t0600 VERSION AS OF 0")["sql_state"] == "0A000"
    first = box.rows("DESCRIBE DETAIL main.many.t0600")[0]
    box.ok("CREATE OR REPLACE TABLE main.many.t0600 (id INT)")
    assert newest() == 0 and box.rows("DESCRIBE DETAIL main.many.t0600")[0][1] != first[1]


def test_views_follow_their_tables(box):
    box.ok("CREATE OR REPLACE VIEW main.default.big_nations (name) AS SELECT n_name FROM samples.tpch.nation WHERE n_nationkey > 20")
    assert box.types("SELECT * FROM main.default.big_nations") == ["STRING"] and len(box.rows("SELECT name FROM main.default.big_nations")) == 4
    assert [r[1] for r in box.rows("SHOW VIEWS IN main.default")] == ["big_nations"]
    box.failed("DROP TABLE main.default.big_nations")
    box.ok("DROP VIEW main.default.big_nations")


def test_schemas_come_and_go(box):
    box.ok("CREATE SCHEMA IF NOT EXISTS main.passing COMMENT 'soon gone'")
    assert box.failed("CREATE SCHEMA main.passing")["sql_state"] == "42P06"
    box.ok("CREATE TABLE main.passing.t (a INT)")
    assert box.failed("DROP SCHEMA main.passing")["sql_state"] == "2BP01"
    box.ok("DROP SCHEMA main.passing CASCADE")
    assert box.failed("SHOW TABLES IN main.passing")["sql_state"] == "42704"


@pytest.mark.parametrize("sql, state, word", [
    ("SELEC 1", "42601", "PARSE_SYNTAX_ERROR"), ("SELECT 1 2", "42601", "PARSE_SYNTAX_ERROR"), ("SELECT 'open", "42601", "PARSE_SYNTAX_ERROR"),
    ("SELECT 1; SELECT 2", "42601", "PARSE_SYNTAX_ERROR"), ("SELECT (1", "42601", "PARSE_SYNTAX_ERROR"),
    ("SELECT * FROM no_such_table", "42P01", "TABLE_OR_VIEW_NOT_FOUND"), ("SELECT nope FROM samples.tpch.nation", "42703", "UNRESOLVED_COLUMN"),
    ("SELECT t.nope FROM samples.tpch.nation t", "42703", "UNRESOLVED_COLUMN"), ("SELECT no_such_function(1)", "42883", "UNRESOLVED_ROUTINE"),
    ("SELECT 1/0", "22012", "DIVIDE_BY_ZERO"), ("SELECT 1 % 0", "22012", "DIVIDE_BY_ZERO"), ("SELECT CAST('x' AS INT)", "22018", "CAST_INVALID_INPUT"),
    ("SELECT CAST('x' AS DATE)", "22018", "CAST_INVALID_INPUT"), ("SELECT CAST('2020-13-01 00:00:00' AS TIMESTAMP)", "22018", "CAST_INVALID_INPUT"),
    ("SELECT CAST(300 AS TINYINT)", "22003", "CAST_OVERFLOW"), ("SELECT 2147483647 + 1", "22003", "ARITHMETIC_OVERFLOW"),
    ("SELECT CAST(12345.678 AS DECIMAL(5,2))", "22003", "NUMERIC_VALUE_OUT_OF_RANGE"),
    ("SELECT n_name, count(*) FROM samples.tpch.nation", "42803", "MISSING_AGGREGATION"),
    ("SELECT n_name FROM samples.tpch.nation a, samples.tpch.nation b", "42704", "AMBIGUOUS_REFERENCE"),
    ("SELECT (SELECT n_name FROM samples.tpch.nation)", "21000", "SCALAR_SUBQUERY_TOO_MANY_ROWS"),
    ("INSERT INTO main.many.t0002 (id) VALUES (1, 2)", "21S01", "INSERT_COLUMN_ARITY_MISMATCH"), ("USE CATALOG nope", "42704", "NO_SUCH_CATALOG"),
    ("USE SCHEMA nope", "42704", "SCHEMA_NOT_FOUND"), ("DROP TABLE main.default.nope", "42P01", "TABLE_OR_VIEW_NOT_FOUND"),
    ("CREATE TABLE samples.tpch.nation (a INT)", "42P07", "TABLE_OR_VIEW_ALREADY_EXISTS"), ("SET nope = 1", "42K0I", "CONFIG_NOT_AVAILABLE"),
    ("-- nothing", "42617", "PARSE_EMPTY_STATEMENT")])
def test_errors_have_class_and_sqlstate(box, sql, state, word):
    status = box.failed(sql)
    assert status["sql_state"] == state and status["error"]["error_code"] == "BAD_REQUEST"
    assert word in status["error"]["message"] and f"SQLSTATE: {state}" in status["error"]["message"]


def test_syntax_error_message_is_the_recorded_one(box):
    assert box.failed("INSER INTO t VALUES (1)")["error"]["message"] == (
        "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'INSER'. SQLSTATE: 42601 (line 1, pos 0)\n\n== SQL ==\nINSER INTO t VALUES (1)\n^^^\n")


def test_trailing_semicolon_and_comments_are_fine(box):
    assert box.rows("/* a /* nested */ b */ SELECT 1 -- tail\n;") == [["1"]]
    assert box.rows("SELECT 'it''s', \"dq\", 'a\\nb'") == [["it's", "dq", "a\nb"]]


def test_values_are_read_alike_on_the_quick_path_and_by_the_parser(box):
    cells = ["1", r"'it''s \n \u03b1 ''x'", "-1.5", "DATE'2020-01-02'", "TIMESTAMP'2020-01-02 03:04:05'", "X'00ff'", "true", "NULL"]
    box.ok("CREATE OR REPLACE TABLE main.default.quick (a INT, b STRING, c DECIMAL(5,2), d DATE, e TIMESTAMP, f BINARY, g BOOLEAN, h INT)")
    box.ok(f"INSERT INTO main.default.quick VALUES ({', '.join(cells)})")
    box.ok(f"INSERT INTO main.default.quick SELECT {', '.join(cells)}")
    one, two = box.rows("SELECT * FROM main.default.quick")
    assert one == two == ["1", "it's \n \u03b1 'x", "-1.50", "2020-01-02", "2020-01-02T03:04:05.000Z", "AP8=", "true", None]


def test_long_and_deep_statements(box):
    assert box.rows("SELECT " + "+".join(["1"] * 2000)) == [["2000"]]
    assert box.rows("SELECT " + "(" * 300 + "1" + ")" * 300) == [["1"]]
    box.ok("CREATE OR REPLACE TABLE main.default.long (a INT, b STRING)")
    assert box.rows("INSERT INTO main.default.long VALUES " + ", ".join(f"({i}, 'x{i}')" for i in range(5000))) == [["5000", "5000"]]
