"""Catalog functions through pyodbc: what tools ask when they open a connection."""


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
    assert cursor.statistics("nation", catalog="samples", schema="tpch").fetchall() == []
    assert cursor.procedures().fetchall() == []


def test_type_info_has_every_type_that_columns_report(direct):
    types = {(r.data_type, r.type_name) for r in direct.cursor().getTypeInfo()}
    for column in direct.cursor().columns(catalog="main", schema="default", table="all_types"):
        if "<" not in column.type_name and column.type_name not in ("VARIANT", "VOID", "INTERVAL", "ARRAY", "MAP", "STRUCT"):
            assert (column.data_type, column.type_name) in types, column.column_name
