"""Only with dbxproxyd in front: what an official client gets from the cache, and what it must not get."""
import json
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from databricks import sql
from databricks.sdk.errors import PermissionDenied, Unauthenticated

from test_connector import arrow_sums, connect, rows
from test_sdk import client
from conftest import BIG


@pytest.fixture(autouse=True)
def proxied(server):
    if not server.proxied:
        pytest.skip("no proxy in front of this server")


def counters(server):
    with urllib.request.urlopen(server.control + "/counters?last=0", timeout=10) as answer:
        return json.load(answer)


def upstream_runs(server, text):
    return counters(server)["statements_by_text"].get(text[:200], 0)


def unique_query(what="sum(n_nationkey)"):
    return f"SELECT {what}, {time.time_ns()} AS n FROM samples.tpch.nation"


def test_connector_repeats_are_answered_from_the_cache(server):
    query, answers = unique_query(), []
    for _ in range(4):
        with connect(server) as c, c.cursor() as cursor:
            answers.append(rows(cursor, query))
        time.sleep(0.5)
    assert all(a == answers[0] for a in answers) and answers[0][0][0] == 300
    assert upstream_runs(server, query) == 2, "it asks for links: what is behind them is loaded from the second request on"


def test_sdk_repeats_are_answered_from_the_cache(server):
    query, workspace = unique_query(), client(server)
    answers = [workspace.statement_execution.execute_statement(query, server.warehouse_id).result.data_array for _ in range(3)]
    assert answers[0] == answers[1] == answers[2] and answers[0][0][0] == "300"
    assert upstream_runs(server, query) == 1


def test_chunked_results_from_the_cache_are_whole(server):
    query = (f"SELECT l_orderkey, l_linenumber, l_extendedprice, l_comment, {time.time_ns()} AS n FROM {BIG} "
             "ORDER BY l_orderkey, l_linenumber LIMIT 150000")
    sums = []
    for _ in range(2):
        with connect(server) as c, c.cursor() as cursor:
            cursor.execute(query)
            sums.append(arrow_sums(cursor))
    assert sums[0] == sums[1] and sums[0][0] == 150000


def test_a_wrong_token_gets_nothing_from_the_cache(server):
    query = unique_query()
    with connect(server) as c, c.cursor() as cursor:
        rows(cursor, query)
    with pytest.raises((PermissionDenied, Unauthenticated)):
        client(server, "dapi-wrong").statement_execution.execute_statement(query, server.warehouse_id)


def test_another_user_does_not_get_my_rows(server):
    query = f"SELECT id, owner, {time.time_ns()} AS n FROM main.default.secrets_by_user ORDER BY id"
    seen = {}
    for token in ("dapi-sandbox-alice", "dapi-sandbox-bob", "dapi-sandbox-alice", "dapi-sandbox-bob"):
        with connect(server, token=token) as c, c.cursor() as cursor:
            seen.setdefault(token, []).append([r[1] for r in rows(cursor, query)])
    assert seen["dapi-sandbox-alice"] == [["alice@acme.example"] * 2] * 2
    assert seen["dapi-sandbox-bob"] == [["bob@acme.example"]] * 2


def test_writes_are_seen_at_once(server):
    table = f"main.default.proxy_{time.time_ns()}"
    with connect(server) as c, c.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} (id INT)")
        try:
            for n in range(1, 4):
                cursor.execute(f"INSERT INTO {table} VALUES ({n})")
                assert rows(cursor, f"SELECT count(*) FROM {table}") == [(n,)]
        finally:
            cursor.execute(f"DROP TABLE {table}")
        with pytest.raises(sql.exc.ServerOperationError):
            rows(cursor, f"SELECT count(*) FROM {table}")


def look_around(server, gate):
    with connect(server) as c:
        gate.wait(60)
        seen = []
        for ask in (lambda k: k.catalogs(), lambda k: k.schemas(catalog_name="samples"),
                    lambda k: k.tables(catalog_name="samples", schema_name="tpch"),
                    lambda k: k.columns(catalog_name="samples", schema_name="tpch", table_name="lineitem")):
            with c.cursor() as cursor:
                seen.append(repr([tuple(row) for row in ask(cursor).fetchall()]))
        return seen


def look_around_together(server):
    before, gate = counters(server)["statements_executed"], threading.Barrier(40)
    with ThreadPoolExecutor(40) as pool:
        seen = list(pool.map(lambda _: look_around(server, gate), range(40)))
    assert counters(server)["statements_executed"] - before <= 2 * len(seen[0])
    return seen


def test_forty_connectors_that_look_around_cost_one_set_of_statements(server):
    """Closing a statement, as each does, must not end the links that the others still read. What is behind links is loaded
    when it is asked for again: at most two sets for the first forty, none for the next."""
    first = look_around_together(server)
    sets = counters(server)["statements_executed"]
    assert look_around_together(server) == first and all(seen == first[0] for seen in first)
    assert counters(server)["statements_executed"] == sets


def test_volatile_statements_run_every_time(server):
    query = f"SELECT uuid() AS u, {time.time_ns()} AS n"
    with connect(server) as c, c.cursor() as cursor:
        assert rows(cursor, query) != rows(cursor, query)
    assert upstream_runs(server, query) == 2
