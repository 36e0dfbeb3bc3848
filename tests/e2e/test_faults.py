"""Bad input and bad networks: a clear error with the right state, in bounded time, and the connection lives on."""
import time

import pyodbc
import pytest

BIG = "SELECT * FROM samples.tpch.lineitem LIMIT 200000"
LINKS = "EnableSQLExecHybridResults=0;"


def failure(call, within=20.0):
    """The (state, text) of the error that call raises, which must come in time."""
    begin = time.monotonic()
    with pytest.raises(pyodbc.Error) as caught:
        call()
    assert time.monotonic() - begin < within, "the error came too late"
    return caught.value.args[0], caught.value.args[1]


def connecting(odbc, old, new, keys=""):
    return failure(lambda: pyodbc.connect(odbc.sandbox_string(keys).replace(old, new), autocommit=True))


# ---- connecting

def test_a_host_that_does_not_resolve_is_08001_and_named(odbc):
    state, text = connecting(odbc, "Host=127.0.0.1;", "Host=no-such-host.invalid;", "ConnectTimeout=5;")
    assert state in ("08001", "HY024") and "no-such-host.invalid" in text


def test_plain_http_is_refused_for_hosts_that_are_not_loopback(odbc):
    state, text = connecting(odbc, "Host=127.0.0.1;", "Host=192.0.2.1;")
    assert state == "HY024" and "SSL" in text


def test_a_closed_port_is_08001(odbc, sandbox):
    state, text = connecting(odbc, f"Port={sandbox.port};", "Port=9;")
    assert state == "08001" and "127.0.0.1" in text


def test_a_wrong_token_is_28000_and_never_shown(odbc, sandbox):
    state, text = connecting(odbc, sandbox.token(), "dapi-wrong-0123456789abcdef")
    assert state == "28000" and "dapi-wrong" not in text


def test_no_credential_is_28000_at_once(odbc, sandbox):
    state, text = connecting(odbc, f"PWD={sandbox.token()};", "")
    assert state == "28000" and "PWD" in text


def test_a_user_who_may_not_use_the_warehouse_is_told_so(odbc):
    state, text = failure(lambda: odbc.connect(user="dave").execute("SELECT 1"))
    assert state in ("28000", "42000", "08001") and text


@pytest.mark.parametrize("path", ["/sql/1.0/warehouses/0000000000000000", "/sql/protocolv1/o/1/0101-abc", "nonsense"])
def test_a_bad_http_path_is_told_when_connecting(odbc, sandbox, path):
    state, text = connecting(odbc, f"/sql/1.0/warehouses/{sandbox.warehouse}", path)
    assert state in ("08001", "HY024") and ("warehouse" in text or "HTTPPath" in text)


def test_missing_keys_are_all_named(odbc):
    state, text = failure(lambda: pyodbc.connect(f"Driver={odbc.driver}", autocommit=True))
    assert state in ("08001", "28000") and "Host" in text


def test_a_server_that_never_answers_ends_at_the_login_timeout(odbc, sandbox):
    with sandbox.fault({"method": "POST", "path": "/sessions"}, {"type": "delay", "ms": 15000}, count=-1):
        state, _ = failure(lambda: odbc.connect("LoginTimeout=2;"), within=8)
    assert state in ("HYT00", "08001", "HYT01")


def test_malformed_json_when_connecting_is_a_clear_error(odbc, sandbox):
    with sandbox.fault({"method": "POST", "path": "/sessions"}, {"type": "malformed_json"}, count=-1):
        state, text = failure(odbc.connect)
    assert state in ("08S01", "08001") and "JSON" in text


# ---- statements

def test_429_and_503_with_retry_after_are_obeyed(direct, sandbox):
    for status in (429, 503):
        with sandbox.fault({"method": "POST", "path": "/sql/statements"}, {"type": "status", "status": status, "retry_after": 1}, count=2):
            begin = time.monotonic()
            assert direct.execute("SELECT 42").fetchval() == 42
            assert time.monotonic() - begin >= 1.9


def test_a_statement_that_may_have_run_is_never_sent_twice(direct, sandbox):
    direct.execute("CREATE OR REPLACE TABLE main.default.once (n INT)")
    with sandbox.fault({"method": "POST", "path": "/sql/statements"}, {"type": "reset", "when": "after"}, count=1):
        state, text = failure(lambda: direct.execute("INSERT INTO main.default.once VALUES (1)"))
    assert state == "08S01" and "may have run" in text
    assert direct.execute("SELECT count(*) FROM main.default.once").fetchval() == 1
    direct.execute("DROP TABLE main.default.once")


@pytest.mark.parametrize("action", [{"type": "malformed_json"}, {"type": "cut", "after_bytes": 40}, {"type": "body", "text": "<html>busy</html>"},
                                    {"type": "set_json", "values": {"manifest/schema/column_count": 7}},
                                    {"type": "set_json", "values": {"status/state": "DREAMING"}}])
def test_an_answer_that_is_not_what_the_api_promises_is_08S01(direct, sandbox, action):
    with sandbox.fault({"method": "POST", "path": "/sql/statements"}, action, count=1):
        state, text = failure(lambda: direct.execute("SELECT 1").fetchall())
    assert state in ("08S01", "HY000") and text
    assert direct.execute("SELECT 2").fetchval() == 2


def test_a_query_timeout_is_HYT00_and_cancels_at_the_server(direct, sandbox):
    direct.timeout = 1
    cursor = direct.cursor()
    with sandbox.fault({"method": "POST", "path": "/sql/statements"}, {"type": "pending_forever"}, count=1):
        state, _ = failure(lambda: cursor.execute("SELECT 1"), within=8)
    assert state == "HYT00"
    direct.timeout = 0
    deadline = time.monotonic() + 20  # the server names the statement only when its own wait is over: then it is cancelled
    while not sandbox.counters()["cancels_received"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert sandbox.counters()["cancels_received"] >= 1
    assert direct.execute("SELECT 3").fetchval() == 3


# ---- results

@pytest.mark.parametrize("action, within", [
    ({"type": "corrupt_arrow"}, 20), ({"type": "corrupt_lz4"}, 20), ({"type": "cut"}, 60), ({"type": "short_chunk", "rows": 3}, 20),
    ({"type": "lz4_bomb", "megabytes": 2048}, 30), ({"type": "expired_link"}, 60), ({"type": "status", "status": 404}, 60),
])
def test_a_damaged_chunk_is_an_error_and_never_an_early_end(odbc, sandbox, action, within):
    db = odbc.connect(LINKS)
    with sandbox.fault({"origin": "storage"}, action, nth=2, count=-1):
        state, text = failure(lambda: db.execute(BIG).fetchall(), within)
    assert state in ("08S01", "HY000") and "chunk" in text
    assert db.execute("SELECT 5").fetchval() == 5
    db.close()


@pytest.mark.parametrize("action", [{"type": "expired_link"}, {"type": "reset"}, {"type": "cut"}, {"type": "status", "status": 503, "retry_after": 1}])
def test_a_passing_storage_fault_is_overcome(odbc, sandbox, action):
    db = odbc.connect(LINKS)
    with sandbox.fault({"origin": "storage"}, action, nth=2, count=1):
        assert len(db.execute(BIG).fetchall()) == 200000
    db.close()


@pytest.mark.parametrize("what", ["total_row_count", "row_count", "missing_chunk", "duplicate_chunk"])
def test_a_manifest_that_lies_is_an_error(odbc, sandbox, what):
    db = odbc.connect(LINKS)
    with sandbox.fault({"path": "/sql/statements"}, {"type": "manifest", "what": what, "index": 1}, count=-1):
        state, text = failure(lambda: db.execute(BIG).fetchall())
    assert state in ("08S01", "HY000") and text
    db.close()


def test_a_blocked_storage_host_is_named_with_the_key_that_helps(odbc, sandbox):
    db = odbc.connect(LINKS)
    with sandbox.fault({"path": "/sql/statements"}, {"type": "dead_link"}, count=-1):
        state, text = failure(lambda: db.execute(BIG).fetchall(), within=60)
    assert state == "08S01" and "127.0.0.1" in text and "EnableQueryResultDownload" in text
    db.close()


def test_links_are_fetched_without_the_token(odbc, sandbox):
    db = odbc.connect(LINKS)
    assert len(db.execute(BIG).fetchall()) == 200000  # the sandbox's storage refuses requests that carry Authorization
    db.close()


def test_a_truncated_result_is_a_warning_not_a_secret(odbc, sandbox):
    db = odbc.connect()
    with sandbox.fault({"method": "POST", "path": "/sql/statements"}, {"type": "manifest", "what": "truncated"}, count=1):
        cursor = db.execute("SELECT 1")
        cursor.fetchall()
        assert any("truncated" in str(m).lower() or "cut" in str(m).lower() for m in (cursor.messages or []))
    db.close()
