"""The driver through the proxy: the second run is a hit that no warehouse sees, and only its owner gets it."""
import json
import os
import subprocess
import time

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


def test_proxy_auto_starts_a_daemon_and_the_next_connection_uses_it(odbc, sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    keys = f"Proxy=auto;ProxyProgram={os.environ['DBX_PROXYD']};"
    sql = f"SELECT {time.time_ns()} AS n FROM samples.tpch.region LIMIT 1"
    try:
        odbc.connect(keys).execute(sql).fetchall()
        before = statements(sandbox)
        odbc.connect(keys).execute(sql).fetchall()
        assert statements(sandbox) == before
    finally:
        subprocess.run(["pkill", "-f", str(tmp_path)], check=False)


def test_a_proxy_that_is_gone_is_an_error_that_names_the_key(odbc):
    with pytest.raises(pyodbc.Error) as caught:
        odbc.connect("Proxy=http://127.0.0.1:9;")
    assert caught.value.args[0] == "08001" and "Proxy" in caught.value.args[1]


def test_fallback_goes_direct_when_the_proxy_is_gone(odbc):
    assert odbc.connect("Proxy=http://127.0.0.1:9;ProxyFallback=1;").execute("SELECT 7").fetchval() == 7
