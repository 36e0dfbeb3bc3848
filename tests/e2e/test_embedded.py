"""Proxy=auto and ProxyFallback: one daemon per user, on demand; and what a connection does when its proxy is gone."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyodbc
import pytest


def statements(sandbox):
    return sandbox.counters()["statements_executed"]


def unique():
    return f"SELECT {time.time_ns()} AS n FROM samples.tpch.region LIMIT 1"


# ---- ProxyFallback ---------------------------------------------------------------------------------------------------

def test_fallback_goes_direct_when_the_proxy_dies_between_two_statements(odbc, sandbox, start_proxyd):
    proxy = start_proxyd()
    db, sql = odbc.connect(f"Proxy={proxy.url};ProxyFallback=1;"), unique()
    first = db.execute(sql).fetchone()
    proxy.kill()
    before, begin = statements(sandbox), time.monotonic()
    for n in range(1, 3):
        assert tuple(db.execute(sql).fetchone()) == tuple(first) and statements(sandbox) == before + n
    assert time.monotonic() - begin < 2, "it should not wait for a proxy that is gone"
    assert db.cursor().tables(catalog="samples", schema="tpch", table="region").fetchall()
    db.close()


def test_fallback_keeps_what_the_session_was_told(odbc, start_proxyd):
    proxy = start_proxyd()
    db = odbc.connect(f"Proxy={proxy.url};ProxyFallback=1;")
    db.execute("USE CATALOG samples")
    db.execute("USE SCHEMA tpch")
    proxy.kill()
    assert db.execute("SELECT count(*) FROM region").fetchval() == 5


def test_fallback_never_runs_a_write_twice(odbc, sandbox, start_proxyd):
    proxy = start_proxyd()
    db, table = odbc.connect(f"Proxy={proxy.url};ProxyFallback=1;"), f"main.default.fallback_{time.time_ns()}"
    db.execute(f"CREATE TABLE {table} (n INT)")
    try:
        db.execute(f"INSERT INTO {table} VALUES (1)")
        proxy.kill()
        db.execute(f"INSERT INTO {table} VALUES (2)")
        assert [r[0] for r in db.execute(f"SELECT n FROM {table} ORDER BY n")] == [1, 2]
    finally:
        db.execute(f"DROP TABLE {table}")


def test_a_proxy_that_dies_in_the_middle_of_a_result_never_shortens_it(odbc, start_proxyd):
    proxy = start_proxyd()
    db = odbc.connect(f"Proxy={proxy.url};ProxyFallback=1;")
    cursor = db.execute("SELECT l_orderkey, l_comment FROM samples.tpch_big.lineitem ORDER BY 1, 2 LIMIT 400000")
    rows = len(cursor.fetchmany(100))
    proxy.kill()
    try:
        while more := len(cursor.fetchmany(20000)):
            rows += more
    except pyodbc.Error as e:
        assert e.args[0].startswith("08"), e
    else:
        assert rows == 400000
    cursor.close()
    assert db.execute("SELECT 7").fetchval() == 7


def test_without_fallback_a_proxy_that_dies_is_an_error_that_names_the_key(odbc, start_proxyd):
    proxy = start_proxyd()
    db = odbc.connect(f"Proxy={proxy.url};")
    proxy.kill()
    with pytest.raises(pyodbc.Error) as caught:
        db.execute("SELECT 1")
    assert caught.value.args[0].startswith("08") and "ProxyFallback" in caught.value.args[1]


# ---- Proxy=auto ------------------------------------------------------------------------------------------------------

class Embedded:
    """The daemons that Proxy=auto starts under a folder of the test's own."""

    def __init__(self, folder):
        self.folder, self.keys = str(folder), f"Proxy=auto;ProxyProgram={os.environ['DBX_PROXYD']};"

    def daemons(self):
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if "--idle-exit" in words and any(word.startswith("unix:" + self.folder + "/") for word in words):
                found.append(int(path.parent.name))
        return found

    def end(self, number=signal.SIGTERM):
        for pid in self.daemons():
            os.kill(pid, number)
        end = time.monotonic() + 10
        while self.daemons():
            assert time.monotonic() < end, "the daemon does not end"
            time.sleep(0.02)


@pytest.fixture
def auto(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    embedded = Embedded(tmp_path)
    yield embedded
    embedded.end(signal.SIGKILL)


def test_proxy_auto_starts_a_daemon_and_the_next_connection_uses_it(odbc, sandbox, auto):
    sql = unique()
    odbc.connect(auto.keys).execute(sql).fetchall()
    before, pids = statements(sandbox), auto.daemons()
    odbc.connect(auto.keys).execute(sql).fetchall()
    assert statements(sandbox) == before and auto.daemons() == pids and len(pids) == 1


PROGRAM = """
import os, sys, time, pyodbc
while not os.path.exists(sys.argv[2]): time.sleep(0.001)
db = pyodbc.connect(sys.argv[1], autocommit=True)
print(db.execute(sys.argv[3]).fetchval(), flush=True)
"""


def test_eight_programs_at_the_same_moment_start_one_daemon(odbc, sandbox, auto, tmp_path):
    gate, sql = tmp_path / "go", unique()
    command = [sys.executable, "-c", PROGRAM, odbc.sandbox_string(auto.keys), str(gate), sql]
    programs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    time.sleep(0.5)     # all have loaded what they need
    gate.touch()
    seen, most = set(), 0
    while any(p.poll() is None for p in programs):
        pids = auto.daemons()
        most, seen = max(most, len(pids)), seen | set(pids)
    answers = {p.communicate(timeout=30)[0] for p in programs}
    assert len(answers) == 1 and answers.pop().strip() in sql and all(p.returncode == 0 for p in programs)
    assert most == 1 and len(seen) == 1 and auto.daemons() == list(seen)
    assert sandbox.counters()["statements_by_text"][sql] == 1


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL), ids=("ended", "killed"))
def test_a_daemon_that_is_gone_is_started_again_by_the_next_statement(odbc, auto, number):
    db, sql = odbc.connect(auto.keys), unique()
    first = db.execute(sql).fetchall()
    before = auto.daemons()
    auto.end(number)
    assert list(map(tuple, db.execute(sql).fetchall())) == list(map(tuple, first))
    assert len(auto.daemons()) == 1 and auto.daemons() != before


def test_a_daemon_that_is_gone_is_started_again_by_the_next_connection(odbc, auto):
    odbc.connect(auto.keys).execute("SELECT 1").fetchall()
    auto.end()
    assert odbc.connect(auto.keys).execute("SELECT 7").fetchval() == 7 and len(auto.daemons()) == 1
