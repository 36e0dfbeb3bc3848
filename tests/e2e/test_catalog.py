"""Catalog functions through pyodbc: what tools ask when they open a connection."""
import time
from contextlib import contextmanager

import pytest


def names(rows, field):
    return [getattr(r, field) for r in rows]


def test_tables_are_listed_in_order_with_type_and_catalog(direct):
    rows = direct.cursor().tables(catalog="samples", schema="tpch").fetchall()
    assert names(rows, "table_name") == sorted(names(rows, "table_name")) or len({r.table_type for r in rows}) > 1
    assert {"lineitem", "orders", "nation"} <= set(names(rows, "table_name"))
    assert {r.table_cat for r in rows} == {"samples"} and {r.table_schem for r in rows} == {"tpch"}


def test_a_thousand_tables_take_one_statement(direct, sandbox):
    before = sandbox.counters()["statements_executed"]
    rows = direct.cursor().tables(catalog="main", schema="many").fetchall()
    assert len(rows) == 1000 and names(rows, "table_name") == sorted(names(rows, "table_name"))
    assert sandbox.counters()["statements_executed"] - before == 1


def test_an_escaped_underscore_is_no_wildcard(direct):
    every = names(direct.cursor().tables(catalog="main", schema="unicode", table="a_b"), "table_name")
    exact = names(direct.cursor().tables(catalog="main", schema="unicode", table="a\\_b"), "table_name")
    assert exact == ["a_b"] and set(exact) < set(every)


def test_special_forms_list_catalogs_schemas_and_types(direct):
    cursor = direct.cursor()
    assert {"main", "samples"} <= set(names(cursor.tables(catalog="%", schema="", table=""), "table_cat"))
    types = names(cursor.tables(catalog="", schema="", table="", tableType="%"), "table_type")
    assert {"TABLE", "VIEW"} <= set(types)


def test_table_types_filter_and_unknown_types_give_nothing(direct):
    assert {r.table_type for r in direct.cursor().tables(catalog="samples", tableType="VIEW")} <= {"VIEW"}
    assert direct.cursor().tables(catalog="samples", tableType="NO SUCH TYPE").fetchall() == []


def test_columns_come_in_table_order_with_odbc_types(direct):
    rows = direct.cursor().columns(catalog="samples", schema="tpch", table="lineitem").fetchall()
    assert [r.ordinal_position for r in rows] == list(range(1, 17))
    by_name = {r.column_name: r for r in rows}
    assert by_name["l_orderkey"].data_type == -5 and by_name["l_orderkey"].type_name == "BIGINT"
    assert (by_name["l_quantity"].data_type, by_name["l_quantity"].column_size, by_name["l_quantity"].decimal_digits) == (3, 18, 2)
    assert by_name["l_shipdate"].data_type == 91


def test_odd_names_survive(direct):
    tables = names(direct.cursor().tables(catalog="main", schema="unicode"), "table_name")
    assert any(not name.isascii() for name in tables)
    for name in tables:
        pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        assert direct.cursor().columns(catalog="main", schema="unicode", table=pattern).fetchall(), name


def test_primary_and_foreign_keys_of_tpch(direct):
    keys = direct.cursor().primaryKeys("lineitem", catalog="samples", schema="tpch").fetchall()
    assert names(keys, "column_name") == ["l_orderkey", "l_linenumber"] and names(keys, "key_seq") == [1, 2]
    foreign = direct.cursor().foreignKeys(foreignTable="nation", foreignCatalog="samples", foreignSchema="tpch").fetchall()
    assert [(r.pktable_name, r.fkcolumn_name) for r in foreign] == [("region", "n_regionkey")]


def test_what_does_not_exist_is_an_empty_answer(direct):
    cursor = direct.cursor()
    assert cursor.tables(catalog="no_such_catalog").fetchall() == []
    assert cursor.columns(catalog="main", schema="default", table="no_such_table").fetchall() == []
    assert cursor.columns(catalog="no_such_catalog", schema="default", table="no_such_table").fetchall() == []
    assert cursor.statistics("nation", catalog="samples", schema="tpch").fetchall() == []
    assert cursor.procedures(catalog="main", schema="default", procedure="no_such_procedure").fetchall() == []


@pytest.mark.parametrize("keys", ["", "UseUnicodeSqlCharacterTypes=1;", "StringAsLong=1;"])
def test_type_info_has_every_type_that_columns_report(odbc, keys):
    with odbc.connect(keys) as db:
        rows = db.cursor().getTypeInfo().fetchall()
        assert [r.data_type for r in rows] == sorted(r.data_type for r in rows)
        types = {(r.data_type, r.type_name) for r in rows}
        for column in db.cursor().columns(catalog="main", schema="default", table="all_types"):
            assert (column.data_type, column.type_name.split("<")[0]) in types, column.column_name
        cursor = db.execute("SELECT * FROM main.default.all_types LIMIT 0")
        assert len(cursor.description) == 26


# ---- how many statements -----------------------------------------------------------------------------------------------

@contextmanager
def statements(sandbox, want):
    before = sandbox.counters()["statements_executed"]
    yield
    assert sandbox.counters()["statements_executed"] - before == want


CALLS = {
    "tables": lambda c: c.tables(),
    "tables of a catalog": lambda c: c.tables(catalog="main"),
    "columns": lambda c: c.columns(schema="tpch"),
    "columns of a table": lambda c: c.columns(catalog="samples", schema="tpch", table="orders"),
    "primary keys": lambda c: c.primaryKeys("orders", catalog="samples", schema="tpch"),
    "primary keys here": lambda c: c.primaryKeys("orders"),
    "foreign keys of": lambda c: c.foreignKeys(foreignTable="nation", foreignCatalog="samples", foreignSchema="tpch"),
    "foreign keys to": lambda c: c.foreignKeys(table="nation", catalog="samples", schema="tpch"),
    "foreign keys here": lambda c: c.foreignKeys(table="nation", foreignTable="customer"),
    "row identifier": lambda c: c.rowIdColumns("orders", catalog="samples", schema="tpch"),
    "procedures": lambda c: c.procedures(),
    "procedure columns": lambda c: c.procedureColumns(),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_one_statement_and_none_the_second_time(odbc, sandbox, call):
    with odbc.connect() as db:
        with statements(sandbox, 1):
            first = CALLS[call](db.cursor()).fetchall()
        with statements(sandbox, 0):
            assert [tuple(r) for r in CALLS[call](db.cursor()).fetchall()] == [tuple(r) for r in first]


def test_what_needs_no_server_sends_nothing(direct, sandbox):
    cursor = direct.cursor()
    with statements(sandbox, 0):
        assert cursor.statistics("nation", catalog="samples", schema="tpch").fetchall() == []
        assert cursor.rowVerColumns("orders", catalog="samples", schema="tpch").fetchall() == []
        assert cursor.primaryKeys("t", catalog="hive_metastore", schema="default").fetchall() == []
        assert cursor.columns(table="").fetchall() == [] and cursor.tables(schema="").fetchall() == []


def test_twenty_thousand_columns_take_one_statement_and_seconds(direct, sandbox):
    begin = time.monotonic()
    with statements(sandbox, 1):
        rows = direct.cursor().columns(catalog="main", schema="many").fetchall()
    assert len(rows) == 20000 and time.monotonic() - begin < 60
    assert [(r.table_name, r.ordinal_position) for r in rows] == sorted((r.table_name, r.ordinal_position) for r in rows)


# ---- the cache ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def scratch(odbc):
    """A schema for one test, made and dropped by a connection of its own."""
    with odbc.connect() as maker:
        maker.execute("DROP SCHEMA IF EXISTS main.scratch CASCADE")
        maker.execute("CREATE SCHEMA main.scratch")
        yield maker
        maker.execute("DROP SCHEMA main.scratch CASCADE")


def column_names(db, table="t"):
    return names(db.cursor().columns(catalog="main", schema="scratch", table=table), "column_name")


@pytest.mark.parametrize("keys", ["", "Proxy={proxy};", "Proxy={proxy};MetadataCacheTTL=0;"])
def test_own_ddl_drops_what_is_kept(odbc, scratch, keys):
    with odbc.connect(keys) as db:
        db.execute("CREATE TABLE main.scratch.t (a INT)")
        assert column_names(db) == ["a"]
        db.execute("ALTER TABLE main.scratch.t ADD COLUMN b INT")
        assert column_names(db) == ["a", "b"]
        db.execute("DROP TABLE main.scratch.t")
        assert column_names(db) == []


def test_ddl_of_others_is_seen_when_the_time_is_over(odbc, scratch):
    scratch.execute("CREATE TABLE main.scratch.t (a INT)")
    with odbc.connect("MetadataCacheTTL=1;") as kept, odbc.connect("MetadataCacheTTL=0;") as fresh:
        assert column_names(kept) == column_names(fresh) == ["a"]
        scratch.execute("ALTER TABLE main.scratch.t ADD COLUMN b INT")
        assert column_names(fresh) == ["a", "b"]
        time.sleep(1.2)
        assert column_names(kept) == ["a", "b"]


def test_moving_to_another_schema_drops_what_is_kept(odbc):
    with odbc.connect("Catalog=main;Schema=default;") as db:
        assert db.cursor().primaryKeys("orders").fetchall() == []
        db.execute("USE samples.tpch")
        assert names(db.cursor().primaryKeys("orders"), "column_name") == ["o_orderkey"]
        db.execute("USE main.default")
        assert db.cursor().primaryKeys("orders").fetchall() == []


# ---- what Unity Catalog knows ------------------------------------------------------------------------------------------

def test_lengths_defaults_comments_and_nullability_are_told(odbc, scratch):
    scratch.execute("CREATE TABLE main.scratch.t (id INT NOT NULL COMMENT 'the key', v VARCHAR(20) DEFAULT 'it''s', "
                    "c CHAR(5), d DECIMAL(12,3) DEFAULT 1.5, n ARRAY<STRUCT<innerField: INT>>) COMMENT 'a table'")
    rows = {r.column_name: r for r in scratch.cursor().columns(catalog="main", schema="scratch", table="t")}
    assert (rows["id"].nullable, rows["id"].is_nullable, rows["id"].remarks) == (0, "NO", "the key")
    assert (rows["v"].data_type, rows["v"].column_size, rows["v"].column_def) == (12, 20, "'it''s'")
    assert (rows["c"].data_type, rows["c"].column_size, rows["c"].nullable, rows["c"].is_nullable) == (1, 5, 1, "YES")
    assert (rows["d"].column_size, rows["d"].decimal_digits, rows["d"].column_def) == (12, 3, "1.5")
    assert rows["id"].column_def is None
    assert rows["n"].type_name.replace(" ", "") == "ARRAY<STRUCT<innerField:INT>>"
    table, = scratch.cursor().tables(catalog="main", schema="scratch", table="t")
    assert (table.table_type, table.remarks) == ("TABLE", "a table")


def key_rows(rows):
    return [(r.pktable_schem, r.pktable_name, r.pkcolumn_name, r.fktable_schem, r.fktable_name, r.fkcolumn_name, r.key_seq)
            for r in rows]


@pytest.fixture
def family(scratch):
    scratch.execute("DROP SCHEMA IF EXISTS main.scratch2 CASCADE")
    scratch.execute("CREATE SCHEMA main.scratch2")
    scratch.execute("CREATE TABLE main.scratch.parent (a INT, b INT, CONSTRAINT parent_key PRIMARY KEY (a, b))")
    scratch.execute("CREATE TABLE main.scratch.child (x INT, y INT, "
                    "CONSTRAINT to_parent FOREIGN KEY (x, y) REFERENCES main.scratch.parent (a, b))")
    scratch.execute("CREATE TABLE main.scratch2.far (p INT, q INT, "
                    "CONSTRAINT from_far FOREIGN KEY (p, q) REFERENCES main.scratch.parent (a, b))")
    scratch.execute("CREATE TABLE main.scratch.tree (id INT, up INT, CONSTRAINT tree_key PRIMARY KEY (id))")
    scratch.execute("ALTER TABLE main.scratch.tree ADD CONSTRAINT to_tree FOREIGN KEY (up) REFERENCES main.scratch.tree (id)")
    yield scratch
    scratch.execute("DROP SCHEMA main.scratch2 CASCADE")


OF_CHILD = [("scratch", "parent", "a", "scratch", "child", "x", 1), ("scratch", "parent", "b", "scratch", "child", "y", 2)]
OF_FAR = [("scratch", "parent", "a", "scratch2", "far", "p", 1), ("scratch", "parent", "b", "scratch2", "far", "q", 2)]
OF_TREE = [("scratch", "tree", "id", "scratch", "tree", "up", 1)]
PARENT = dict(catalog="main", schema="scratch")
CHILD = dict(foreignCatalog="main", foreignSchema="scratch")


def test_foreign_keys_are_found_from_either_side(family):
    def cursor():
        return family.cursor()
    assert key_rows(cursor().foreignKeys(table="parent", **PARENT)) == OF_CHILD + OF_FAR
    assert key_rows(cursor().foreignKeys(foreignTable="child", **CHILD)) == OF_CHILD
    assert key_rows(cursor().foreignKeys(foreignTable="far", foreignCatalog="main", foreignSchema="scratch2")) == OF_FAR
    assert key_rows(cursor().foreignKeys(table="parent", foreignTable="child", **PARENT, **CHILD)) == OF_CHILD
    assert key_rows(cursor().foreignKeys(table="tree", foreignTable="child", **PARENT, **CHILD)) == []
    assert key_rows(cursor().foreignKeys(table="tree", **PARENT)) == OF_TREE
    assert key_rows(cursor().foreignKeys(foreignTable="tree", **CHILD)) == OF_TREE


def test_foreign_keys_have_names_rules_and_deferrability(family):
    for rows in (family.cursor().foreignKeys(table="parent", **PARENT).fetchall(),
                 family.cursor().foreignKeys(foreignTable="child", **CHILD).fetchall()):
        row = next(r for r in rows if r.fktable_name == "child")
        assert (row.fk_name, row.update_rule, row.delete_rule, row.deferrability) == ("to_parent", 3, 3, 5)
    assert {r.pk_name for r in family.cursor().foreignKeys(table="parent", **PARENT)} == {"parent_key"}


def test_the_primary_key_identifies_a_row(family):
    rows = family.cursor().rowIdColumns("parent", **PARENT).fetchall()
    assert [(r.scope, r.column_name, r.data_type, r.type_name, r.column_size, r.pseudo_column) for r in rows] == [
        (2, "a", 4, "INT", 10, 1), (2, "b", 4, "INT", 10, 1)]
    keys = family.cursor().primaryKeys("parent", **PARENT).fetchall()
    assert [(r.column_name, r.key_seq, r.pk_name) for r in keys] == [("a", 1, "parent_key"), ("b", 2, "parent_key")]


def test_a_key_is_an_index_only_for_who_asks_for_it(odbc, family):
    assert family.cursor().statistics("parent", **PARENT).fetchall() == []
    with odbc.connect("KeysAsIndexes=1;") as db:
        rows = db.cursor().statistics("parent", unique=True, **PARENT).fetchall()
    assert [(r.non_unique, r.index_name, r.type, r.ordinal_position, r.column_name) for r in rows] == [
        (0, "parent_key", 3, 1, "a"), (0, "parent_key", 3, 2, "b")]


def test_without_keys_switched_on_there_are_none(odbc):
    with odbc.connect("EnablePKFK=0;") as db:
        assert db.cursor().primaryKeys("lineitem", catalog="samples", schema="tpch").fetchall() == []
        assert db.cursor().foreignKeys(table="nation", catalog="samples", schema="tpch").fetchall() == []


def test_functions_and_procedures_are_listed_with_their_columns(scratch):
    scratch.execute("CREATE FUNCTION main.scratch.add_days(d DATE COMMENT 'from', n INT DEFAULT 1) RETURNS DATE "
                    "COMMENT 'later' RETURN date_add(d, n)")
    scratch.execute("CREATE FUNCTION main.scratch.pairs(n INT) RETURNS TABLE (a INT, b STRING) RETURN SELECT 1, 'x'")
    scratch.execute("CREATE PROCEDURE main.scratch.clean(IN days INT, OUT rows BIGINT) LANGUAGE SQL AS BEGIN END")
    rows = scratch.cursor().procedures(catalog="main", schema="scratch").fetchall()
    assert [(r.procedure_name, r.procedure_type, r.remarks) for r in rows] == [
        ("add_days", 2, "later"), ("clean", 1, None), ("pairs", 2, None)]
    rows = scratch.cursor().procedureColumns(catalog="main", schema="scratch").fetchall()
    assert [(r.procedure_name, r.column_name, r.column_type, r.type_name, r.ordinal_position) for r in rows] == [
        ("add_days", "d", 1, "DATE", 1), ("add_days", "n", 1, "INT", 2), ("add_days", "", 5, "DATE", 0),
        ("clean", "days", 1, "INT", 1), ("clean", "rows", 4, "BIGINT", 2),
        ("pairs", "n", 1, "INT", 1), ("pairs", "a", 3, "INT", 1), ("pairs", "b", 3, "STRING", 2)]
    assert rows[0].remarks == "from" and rows[1].column_def == "1" and rows[0].data_type == 91


# ---- where there is no information_schema --------------------------------------------------------------------------------

def no_information_schema(sandbox, code="TABLE_OR_VIEW_NOT_FOUND", state="42P01"):
    return sandbox.fault({"route": "execute", "body": "information_schema"},
                         {"type": "fail_statement", "error_code": "BAD_REQUEST", "sql_state": state,
                          "message": f"[{code}] no information_schema. SQLSTATE: {state}"}, count=-1)


def test_columns_come_from_show_where_there_is_no_information_schema(direct, sandbox):
    with no_information_schema(sandbox):
        rows = direct.cursor().columns(catalog="samples", schema="tpch", table="orders").fetchall()
        every = direct.cursor().columns(schema="tpch", table="orders").fetchall()
    assert [r.ordinal_position for r in rows] == list(range(1, 10)) and rows[4].data_type == 91
    assert [tuple(r) for r in every] == [tuple(r) for r in rows]


def test_what_only_information_schema_knows_is_empty_without_it(direct, sandbox):
    with no_information_schema(sandbox, "INSUFFICIENT_PERMISSIONS", "42501"):
        assert direct.cursor().procedures().fetchall() == []
        assert direct.cursor().rowIdColumns("orders", catalog="samples", schema="tpch").fetchall() == []
        assert direct.cursor().foreignKeys(table="nation", catalog="samples", schema="tpch").fetchall() == []


# ---- types nobody has heard of --------------------------------------------------------------------------------------------

NOVEL = ["HYPERLOGLOG(12)", "INTERVAL HOUR TO FORTNIGHT", "GEOMETRY(OGC:CRS84)", "VARIANT", "  ", "TENSOR<FLOAT, 3>"]


@pytest.mark.parametrize("keys", ["", "EnableArrow=0;"])
@pytest.mark.parametrize("text", NOVEL)
@pytest.mark.parametrize("value", ["'x'", "12", "1.50", "array(1, 2)", "X'0102'", "TIMESTAMP'2024-01-02 03:04:05'"])
def test_a_type_never_heard_of_arrives_as_text(odbc, sandbox, keys, text, value):
    name = text.split("(")[0].split("<")[0].split(" ")[0] or "BRAND_NEW"
    values = {"manifest/schema/columns/0/type_text": text, "manifest/schema/columns/0/type_name": name}
    if name == "INTERVAL" and value != "'x'":
        pytest.skip("an interval, hence a known type: data of another is an error")
    with odbc.connect(keys) as db, sandbox.fault({"route": "execute", "body": "novel"}, {"type": "set_json", "values": values}):
        cursor = db.execute(f"SELECT {value} AS novel")
        assert cursor.description[0][1] is str
        assert isinstance(cursor.fetchone()[0], str)


def test_a_type_never_heard_of_is_text_in_columns_too(odbc, scratch, sandbox):
    scratch.execute("CREATE TABLE main.scratch.t (a INT)")
    with odbc.connect("EnableArrow=0;EnableQueryResultDownload=0;") as db:
        rule = {"type": "set_json", "values": {"result/data_array/0/7": "hyperloglog(12)"}}
        with sandbox.fault({"route": "execute", "body": "full_data_type"}, rule):
            row, = db.cursor().columns(catalog="main", schema="scratch", table="t").fetchall()
    assert (row.data_type, row.type_name, row.column_size) == (12, "STRING", 65535)
