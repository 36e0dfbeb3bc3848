"""The driver through the proxy: the second run is a hit that no warehouse sees, and only its owner gets it."""
import ctypes
import ctypes.util
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyodbc
import pytest

ROUTED = "Proxy={proxy};"


def statements(sandbox):
    return sandbox.counters()["statements_executed"]


def test_the_second_run_is_a_hit_while_the_warehouse_sleeps(odbc, sandbox):
    sql = f"SELECT count(*), {time.time_ns()} FROM samples.tpch.orders"
    first = odbc.connect(ROUTED).execute(sql).fetchone()
    before = statements(sandbox)
    sandbox.put_to_sleep()
    second = odbc.connect(ROUTED).execute(sql).fetchone()
    assert tuple(first) == tuple(second) and statements(sandbox) == before
    states = sandbox.control("GET", "")["warehouses"]
    assert states[sandbox.warehouse]["state"] == "STOPPED"


def test_another_principal_does_not_get_the_entry(odbc, sandbox):
    sql = "SELECT * FROM main.default.secrets_by_user"
    alice = odbc.connect(ROUTED, user="alice").execute(sql).fetchall()
    bob = odbc.connect(ROUTED, user="bob").execute(sql).fetchall()
    assert alice and bob and set(map(tuple, alice)).isdisjoint(map(tuple, bob))


def test_a_write_is_seen_by_the_next_read(odbc):
    db = odbc.connect(ROUTED)
    db.execute("CREATE OR REPLACE TABLE main.default.fresh (n INT)")
    for n in range(3):
        assert db.execute("SELECT count(*) FROM main.default.fresh").fetchval() == n
        db.execute(f"INSERT INTO main.default.fresh VALUES ({n})")
    db.execute("DROP TABLE main.default.fresh")


def test_what_changes_by_itself_is_not_cached(odbc, sandbox):
    db = odbc.connect(ROUTED)
    values = {db.execute("SELECT uuid()").fetchval() for _ in range(3)}
    assert len(values) == 3


def test_values_are_equal_direct_and_from_the_cache(odbc):
    sql = "SELECT * FROM main.default.all_types ORDER BY id"
    direct = odbc.connect().execute(sql).fetchall()
    for _ in range(2):
        routed = odbc.connect(ROUTED).execute(sql).fetchall()
        assert repr([tuple(r) for r in routed]) == repr([tuple(r) for r in direct])


# ---- forty tools open the same catalog -------------------------------------------------------------------------------

FORTY = 40


def open_catalog(odbc, keys, gate):
    """What a tool asks when a person opens it: connected first, then all at once."""
    db = odbc.connect(keys)
    gate.wait(60)
    cursor = db.cursor()
    seen = [cursor.tables(catalog="%", schema="", table="").fetchall(),
            cursor.tables(catalog="samples", schema="%", table="").fetchall(),
            cursor.tables(catalog="samples", schema="tpch").fetchall(),
            cursor.columns(catalog="samples", schema="tpch", table="lineitem").fetchall(),
            cursor.primaryKeys(catalog="samples", schema="tpch", table="lineitem").fetchall()]
    db.close()
    return repr([[tuple(row) for row in rows] for rows in seen])


def open_catalogs(odbc, keys, count):
    gate = threading.Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: open_catalog(odbc, keys, gate), range(count)))


def test_forty_tools_that_open_a_catalog_cost_one_set_of_statements(odbc, sandbox, start_proxyd):
    direct = open_catalogs(odbc, "", 1)
    alone = statements(sandbox)
    sandbox.reset()
    proxy = start_proxyd("cache.system_ttl=60s")    # SQLColumns reads information_schema
    routed = open_catalogs(odbc, f"Proxy={proxy.url};", FORTY)
    assert routed == direct * FORTY
    assert alone > 0 and statements(sandbox) == alone, sandbox.counters()["statements_by_text"]


def test_without_system_ttl_only_information_schema_is_asked_again(odbc, sandbox):
    direct = open_catalogs(odbc, "", 1)
    sandbox.reset()
    assert open_catalogs(odbc, ROUTED, FORTY) == direct * FORTY
    again = {text: n for text, n in sandbox.counters()["statements_by_text"].items() if n > 1}
    assert all("information_schema" in text for text in again), again


def test_a_proxy_that_is_gone_is_an_error_that_names_the_key(odbc):
    with pytest.raises(pyodbc.Error) as caught:
        odbc.connect("Proxy=http://127.0.0.1:9;")
    assert caught.value.args[0] == "08001" and "Proxy" in caught.value.args[1]


def test_fallback_goes_direct_when_the_proxy_is_gone(odbc):
    assert odbc.connect("Proxy=http://127.0.0.1:9;ProxyFallback=1;").execute("SELECT 7").fetchval() == 7


# ---- what the driver tells about the cache ---------------------------------------------------------------------------

SQL_ATTR_DBX_CACHE, SQL_ATTR_DBX_CACHE_AGE, SQL_ATTR_DBX_CACHE_LIFE = 0x4001, 0x4002, 0x4003  # include/dbxodbc.h
NONE, HIT, MISS, BYPASS = 0, 1, 4, 5


class PlainOdbc:
    """The driver manager's C interface, for statement attributes that pyodbc does not show."""

    def __init__(self, keys):
        self.lib = ctypes.CDLL(ctypes.util.find_library("odbc"))
        self.env, self.dbc, self.stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        self.call("SQLAllocHandle", 1, None, ctypes.byref(self.env))
        self.call("SQLSetEnvAttr", self.env, 200, ctypes.c_void_p(3), 0)
        self.call("SQLAllocHandle", 2, self.env, ctypes.byref(self.dbc))
        self.call("SQLDriverConnect", self.dbc, None, keys.encode(), -3, None, 0, None, 0)
        self.call("SQLAllocHandle", 3, self.dbc, ctypes.byref(self.stmt))

    def call(self, name, *args):
        rc = ctypes.c_short(getattr(self.lib, name)(*args)).value
        assert rc in (0, 1), (name, rc)

    def attr(self, number):
        value = ctypes.c_size_t(99)
        self.call("SQLGetStmtAttr", self.stmt, number, ctypes.byref(value), 0, None)
        return value.value

    def run(self, sql):
        self.call("SQLExecDirect", self.stmt, sql.encode(), -3)
        self.call("SQLFreeStmt", self.stmt, 0)
        return self.attr(SQL_ATTR_DBX_CACHE)

    def close(self):
        self.call("SQLFreeHandle", 3, self.stmt)
        self.call("SQLDisconnect", self.dbc)
        self.call("SQLFreeHandle", 2, self.dbc)
        self.call("SQLFreeHandle", 1, self.env)


def test_statement_attributes_tell_hit_age_and_life(odbc):
    o = PlainOdbc(odbc.sandbox_string(ROUTED))
    sql = f"SELECT {time.time_ns()} AS n FROM samples.tpch.region"
    assert o.attr(SQL_ATTR_DBX_CACHE) == NONE
    assert o.run(sql) == MISS and o.run(sql) == HIT
    assert o.attr(SQL_ATTR_DBX_CACHE_AGE) < 60 and 700 < o.attr(SQL_ATTR_DBX_CACHE_LIFE) <= 900
    assert o.run("SELECT rand()") == BYPASS and o.attr(SQL_ATTR_DBX_CACHE_AGE) == 0
    o.close()


def test_statement_attributes_tell_that_no_proxy_was_there(odbc):
    o = PlainOdbc(odbc.sandbox_string(""))
    assert o.run("SELECT 1") == NONE
    o.close()


def test_cache_info_is_told_with_the_result_when_asked_for(odbc):
    cursor = odbc.connect(ROUTED + "CacheInfo=1;").cursor()
    sql = f"SELECT {time.time_ns()} AS n FROM samples.tpch.region"
    cursor.execute(sql).fetchall()
    assert "cache: miss" in cursor.messages[0][1] and "01000" in cursor.messages[0][0]
    cursor.execute(sql).fetchall()
    assert "cache: hit, 0 s old, served for" in cursor.messages[0][1]
    cursor = odbc.connect(ROUTED).cursor()
    cursor.execute(sql).fetchall()
    assert not cursor.messages
