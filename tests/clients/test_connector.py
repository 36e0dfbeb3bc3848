"""databricks-sql-connector, its SEA backend, as published: connect, metadata, types, parameters, large results, cancel."""
import logging
import threading
import time
from decimal import Decimal

import pytest
from databricks import sql

import all_types
from conftest import BIG, BIG_LIMIT, ENDLESS
from expected import SKIP, VALUES, differences, select_list

logging.getLogger("databricks").setLevel(logging.CRITICAL)


def connect(server, token=None, **options):
    """A host with a scheme is the connector's own way to a plain-HTTP server; the port travels beside it."""
    host, port = server.url.rsplit(":", 1)
    return sql.connect(server_hostname=host, _port=int(port), http_path=server.http_path, access_token=token or server.token,
                       use_sea=True, enable_telemetry=False, _retry_stop_after_attempts_count=3,
                       _socket_timeout=60, **options)


@pytest.fixture(scope="module")
def connection(server):
    with connect(server, session_configuration={"TIMEZONE": "UTC"}) as c:
        yield c


@pytest.fixture
def cursor(connection):
    with connection.cursor() as c:
        yield c


def rows(cursor, text, parameters=None):
    cursor.execute(text, parameters)
    return [tuple(r) for r in cursor.fetchall()]


def test_select_one(cursor):
    assert rows(cursor, "SELECT 1 AS one") == [(1,)]
    assert cursor.description[0][:2] == ("one", "int")


def test_wrong_token_is_refused_quickly_and_clearly(server):
    begin = time.monotonic()
    with pytest.raises(sql.exc.Error) as caught:
        connect(server, token="dapi-wrong")
    assert "403" in str(caught.value) or "401" in str(caught.value)
    assert time.monotonic() - begin < 20


def test_lists_catalogs(cursor):
    found = {r[0] for r in cursor.catalogs().fetchall()}
    assert {"main", "samples"} <= found


def test_lists_schemas(cursor):
    found = {r[0] for r in cursor.schemas(catalog_name="samples").fetchall()}
    assert "tpch_big" in found


def test_lists_tables(cursor):
    found = {(r.TABLE_CAT, r.TABLE_SCHEM, r.TABLE_NAME) if hasattr(r, "TABLE_CAT") else tuple(r)[:3]
             for r in cursor.tables(catalog_name="samples", schema_name="tpch").fetchall()}
    names = {str(v) for r in found for v in r}
    assert {"lineitem", "orders", "customer", "nation", "region"} <= names


def test_lists_columns(cursor):
    found = cursor.columns(catalog_name="samples", schema_name="tpch", table_name="lineitem").fetchall()
    names = {str(v) for r in found for v in tuple(r)}
    assert len(found) == 16
    assert {"l_orderkey", "l_extendedprice", "l_comment"} <= names


def arrow_rows(cursor, text):
    cursor.execute(text)
    table = cursor.fetchall_arrow()
    return list(zip(*(c.to_pylist() for c in table.columns)))


# Arrow rows are exact. Python rows go through pandas in the connector: null becomes NaN inside arrays and NaN becomes None
# outside; so nested values are compared in Arrow only.
def is_plain(value):
    return not value.type.startswith(("ARRAY", "MAP", "STRUCT"))


@pytest.mark.parametrize("value", [v for v in VALUES if v.python is not SKIP], ids=lambda v: v.name)
def test_value(cursor, value):
    got = arrow_rows(cursor, select_list([value]))
    assert not differences([value.name], got[0], [value.python])


@pytest.mark.parametrize("value", [v for v in VALUES if v.python is not SKIP and is_plain(v)], ids=lambda v: v.name)
def test_value_as_python_row(cursor, value):
    got = rows(cursor, select_list([value]))
    assert not differences([value.name], got[0], [value.python])


def test_all_values_in_one_row(cursor):
    asked = [v for v in VALUES if v.python is not SKIP and is_plain(v)]
    got = rows(cursor, select_list(asked))
    assert not differences([v.name for v in asked], got[0], [v.python for v in asked])


# pyarrow has no Python values for year-month intervals
FETCHABLE = [n for n in all_types.NAMES if n != "c_interval_ym"]


@pytest.fixture(scope="module")
def all_types_rows(connection):
    with connection.cursor() as c:
        return {r[0]: r for r in arrow_rows(c, f"SELECT {', '.join(FETCHABLE)} FROM main.default.all_types ORDER BY id")}


def test_all_types_table_has_all_rows(all_types_rows):
    assert sorted(all_types_rows) == sorted(all_types.ROWS)


@pytest.mark.parametrize("row_id", all_types.ROWS, ids=lambda i: all_types.ROWS[i][0].replace(" ", "-"))
def test_all_types_table(all_types_rows, row_id):
    assert not differences(FETCHABLE, all_types_rows[row_id], all_types.row(row_id, FETCHABLE))


def test_tpc_h_at_a_tenth_gives_the_published_answers(cursor):
    assert rows(cursor, "SELECT count(*) FROM samples.tpch.lineitem") == [(600572,)]
    assert rows(cursor, "SELECT sum(l_extendedprice * l_discount) FROM samples.tpch.lineitem WHERE l_shipdate >= DATE'1994-01-01' "
                        "AND l_shipdate < DATE'1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24") == \
        [(Decimal("11803420.2534"),)]


def test_inline_json_rows(server):
    with connect(server, use_cloud_fetch=False) as c, c.cursor() as cursor:
        assert rows(cursor, "SELECT id, CAST(id AS STRING) || 'x' FROM range(1000) ORDER BY id") == \
            [(i, f"{i}x") for i in range(1000)]


def test_hybrid_rows(server):
    with connect(server, use_hybrid_disposition=True) as c, c.cursor() as cursor:
        assert rows(cursor, "SELECT id FROM range(1000) ORDER BY id") == [(i,) for i in range(1000)]


def test_empty_result_keeps_its_columns(cursor):
    assert rows(cursor, "SELECT 1 AS a, 'x' AS b WHERE 1 = 0") == []
    assert [d[0] for d in cursor.description] == ["a", "b"]


def test_named_parameters(cursor):
    assert rows(cursor, "SELECT :n + 1 AS n, :s AS s", {"n": 41, "s": "it's"}) == [(42, "it's")]


def test_ordinal_parameters(cursor):
    assert rows(cursor, "SELECT ? AS a, ? AS b, ? AS c", [7, "x", None]) == [(7, "x", None)]


def test_ddl_dml_and_counts(cursor):
    table = f"main.default.connector_{time.time_ns()}"
    cursor.execute(f"CREATE TABLE {table} (id INT, name STRING)")
    try:
        assert rows(cursor, f"INSERT INTO {table} VALUES (1, 'a'), (2, 'b'), (3, NULL)")[0][0] == 3
        assert rows(cursor, f"UPDATE {table} SET name = 'z' WHERE id >= 2")[0][0] == 2
        assert rows(cursor, f"DELETE FROM {table} WHERE id = 1")[0][0] == 1
        assert rows(cursor, f"SELECT id, name FROM {table} ORDER BY id") == [(2, "z"), (3, "z")]
    finally:
        cursor.execute(f"DROP TABLE {table}")


def test_session_state_lasts(server):
    with connect(server) as c, c.cursor() as cursor:
        cursor.execute("USE CATALOG samples")
        cursor.execute("USE SCHEMA tpch")
        assert rows(cursor, "SELECT current_catalog(), current_schema()") == [("samples", "tpch")]
        assert rows(cursor, "SELECT count(*) FROM nation") == [(25,)]


def test_initial_catalog_and_schema(server):
    with connect(server, catalog="samples", schema="tpch") as c, c.cursor() as cursor:
        assert rows(cursor, "SELECT count(*) FROM region") == [(5,)]


def test_error_says_class_and_sqlstate(cursor):
    with pytest.raises(sql.exc.ServerOperationError) as caught:
        cursor.execute("SELECT * FROM main.default.no_such_table")
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(caught.value)
    assert "42P01" in str(caught.value)


def test_syntax_error(cursor):
    with pytest.raises(sql.exc.ServerOperationError) as caught:
        cursor.execute("SELEC 1")
    assert "PARSE_SYNTAX_ERROR" in str(caught.value)


def test_a_million_rows_in_chunks(cursor):
    want = rows(cursor, f"SELECT count(*), sum(l_orderkey), sum(l_linenumber), sum(l_extendedprice), sum(length(l_comment)) "
                        f"FROM (SELECT * FROM {BIG} ORDER BY l_orderkey, l_linenumber LIMIT {BIG_LIMIT})")[0]
    assert want[0] == BIG_LIMIT
    cursor.execute(f"SELECT * FROM {BIG} ORDER BY l_orderkey, l_linenumber LIMIT {BIG_LIMIT}")
    got = arrow_sums(cursor)
    assert got == tuple(want)


def arrow_sums(cursor):
    import pyarrow.compute as pc
    count = orders = lines = letters = 0
    price = None
    while (table := cursor.fetchmany_arrow(100_000)).num_rows:
        count += table.num_rows
        orders += pc.sum(table["l_orderkey"]).as_py()
        lines += pc.sum(table["l_linenumber"]).as_py()
        letters += pc.sum(pc.utf8_length(table["l_comment"])).as_py()
        part = pc.sum(table["l_extendedprice"]).as_py()
        price = part if price is None else price + part
    return count, orders, lines, price, letters


def test_rows_keep_their_order_over_chunks(cursor):
    cursor.execute("SELECT id FROM range(300000) ORDER BY id")
    assert [r[0] for r in cursor.fetchall()] == list(range(300000))


def test_cancel_from_another_thread(server):
    with connect(server) as c, c.cursor() as cursor:
        timer = threading.Timer(1.5, cursor.cancel)
        begin = time.monotonic()
        cursor.execute_async(ENDLESS)
        timer.start()
        with pytest.raises(sql.exc.Error):
            cursor.get_async_execution_result()
        assert time.monotonic() - begin < 30


def test_many_statements_on_one_connection(cursor):
    assert [rows(cursor, f"SELECT {i}")[0][0] for i in range(30)] == list(range(30))


def test_eight_connections_at_once(server):
    results, errors = [], []

    def work(n):
        try:
            with connect(server) as c, c.cursor() as cursor:
                results.append(rows(cursor, f"SELECT {n} + sum(id) FROM range(1000)")[0][0] - n)
        except Exception as e:  # noqa: BLE001 - the assertion below shows it
            errors.append(e)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    assert not errors and results == [499500] * 8
