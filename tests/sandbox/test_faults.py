"""Every fault does what it says, only as often as asked; counters count."""
import http.client
import time

import lz4.frame
import pyarrow as pa
import pytest
from lib import ARROW, HYBRID, STATEMENTS, unlz4

EXECUTE = {"route": "execute"}


def post(box, sql="SELECT 1", **fields):
    return box.api("POST", STATEMENTS, {"statement": sql, "warehouse_id": box.warehouse, **fields})


def test_status_with_and_without_retry_after(box):
    box.fault("status", EXECUTE, status=503, retry_after=2)
    box.fault("status", EXECUTE, status=429, error_code="REQUEST_LIMIT_EXCEEDED")
    box.fault("status", EXECUTE, status=403, error_code=403, message="Invalid access token.")
    first = post(box)
    assert (first.status, first.headers["retry-after"], first.json()["error_code"]) == (503, "2", "TEMPORARILY_UNAVAILABLE")
    second = post(box)
    assert second.status == 429 and "retry-after" not in second.headers
    assert post(box).json()["error_code"] == 403
    assert post(box).status == 200


def test_nth_and_count_and_body_match(box):
    box.fault("status", {"route": "execute", "body": "special"}, nth=2, count=2, status=500)
    assert [post(box, "SELECT 'special'").status for _ in range(4)] == [200, 500, 500, 200]
    assert post(box).status == 200
    listed = box.control("GET", "faults")["faults"][0]
    assert (listed["seen"], listed["applied"]) == (4, 2)


def test_redirect_on_session_open(box):
    box.fault("redirect", {"route": "open_session"}, location="/login.html?error=x")
    r = box.api("POST", "/api/2.0/sql/sessions", {"warehouse_id": box.warehouse})
    assert (r.status, r.headers["location"]) == (307, "/login.html?error=x")


def test_delay_cut_stall_trickle_and_malformed_json(box):
    box.fault("delay", EXECUTE, ms=200)
    started = time.monotonic()
    assert post(box).status == 200 and time.monotonic() - started >= 0.2
    box.fault("cut", EXECUTE, after_bytes=10)
    with pytest.raises(http.client.IncompleteRead):
        post(box)
    box.fault("stall", EXECUTE, after_bytes=10, ms=200)
    started = time.monotonic()
    assert post(box).json()["status"]["state"] == "SUCCEEDED" and time.monotonic() - started >= 0.2
    box.fault("trickle", EXECUTE, bytes=100, ms=1)
    assert post(box).json()["status"]["state"] == "SUCCEEDED"
    box.fault("malformed_json", EXECUTE)
    with pytest.raises(ValueError):
        post(box).json()


def test_reset_before_and_after_the_work(box):
    for when, runs in (("before", 0), ("after", 1)):
        box.control("POST", "reset")
        box.fault("reset", EXECUTE, when=when)
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            post(box)
        assert box.control("GET", "counters")["statements_executed"] == runs


@pytest.mark.parametrize("what, check", [
    ("total_row_count", lambda m: m["total_row_count"] == 4), ("row_count", lambda m: m["chunks"][-1]["row_count"] == 4),
    ("missing_chunk", lambda m: m["chunks"] == []), ("duplicate_chunk", lambda m: len(m["chunks"]) == 2),
    ("omit_result_compression", lambda m: "result_compression" not in m), ("truncated", lambda m: m["truncated"] is True)])
def test_manifest_lies(box, what, check):
    box.fault("manifest", EXECUTE, what=what)
    assert check(post(box, "SELECT * FROM range(3)", **ARROW).json()["manifest"])


def test_set_and_delete_json(box):
    box.fault("set_json", EXECUTE, values={"manifest/total_chunk_count": 7, "result/data_array/0/0": "changed"})
    box.fault("delete_json", EXECUTE, paths=["manifest/truncated"])
    out = post(box).json()
    assert out["manifest"]["total_chunk_count"] == 7 and out["result"]["data_array"] == [["changed"]]
    assert "truncated" not in post(box).json()["manifest"] or "truncated" not in out["manifest"]


def link(box):
    return box.ok("SELECT * FROM range(10)", **ARROW)["result"]["external_links"][0]["external_link"]


def test_damaged_downloads(box):
    storage = {"origin": "storage"}
    box.fault("corrupt_lz4", storage)
    with pytest.raises((RuntimeError, AssertionError)):
        unlz4(box.raw("GET", link(box)).body)
    box.fault("corrupt_arrow", storage)
    with pytest.raises((pa.ArrowException, OSError)):
        pa.ipc.open_stream(unlz4(box.raw("GET", link(box)).body)).read_all()
    box.fault("short_chunk", storage, rows=4)
    assert pa.ipc.open_stream(unlz4(box.raw("GET", link(box)).body)).read_all().num_rows == 6
    box.fault("lz4_bomb", storage, megabytes=64)
    bomb = box.raw("GET", link(box)).body
    assert len(bomb) < 1 << 20 and len(lz4.frame.decompress(bomb)) == 64 << 20
    box.fault("expired_link", storage)
    assert b"Request has expired" in box.raw("GET", link(box)).body
    box.fault("status", storage, status=503, retry_after=1)
    assert box.raw("GET", link(box)).status == 503
    assert pa.ipc.open_stream(unlz4(box.raw("GET", link(box)).body)).read_all().num_rows == 10


def test_damaged_attachments_and_chunked_answers(box):
    box.fault("short_chunk", EXECUTE, rows=2)
    assert box.table(box.ok("SELECT * FROM range(10)", **HYBRID)).num_rows == 8
    box.fault("corrupt_lz4", EXECUTE)
    with pytest.raises((RuntimeError, AssertionError)):
        box.table(box.ok("SELECT * FROM range(10)", **HYBRID))
    box.fault("chunked", EXECUTE, bytes=7)
    r = post(box)
    assert r.headers["transfer-encoding"] == "chunked" and r.json()["status"]["state"] == "SUCCEEDED"


def test_dead_links(box):
    box.fault("dead_link", EXECUTE)
    with pytest.raises(ConnectionRefusedError):
        box.raw("GET", link(box))


def test_statement_faults(box):
    box.fault("fail_statement", EXECUTE, error_code="RESOURCE_EXHAUSTED", message="[X] no room SQLSTATE: 53000", sql_state="53000")
    assert box.failed("SELECT 1") == {"state": "FAILED", "sql_state": "53000",
                                      "error": {"error_code": "RESOURCE_EXHAUSTED", "message": "[X] no room SQLSTATE: 53000"}}
    box.fault("omit_sql_state", EXECUTE)
    assert "sql_state" not in box.failed("SELECT 1/0")
    box.fault("ignore_lz4", EXECUTE)
    out = box.ok("SELECT 1", **ARROW)
    assert "result_compression" not in out["manifest"] and box.table(out).num_rows == 1
    box.fault("truncated", EXECUTE)
    assert box.ok("SELECT 1")["manifest"]["truncated"] is True
    box.fault("closed_direct", EXECUTE)
    assert box.execute("SELECT 1", **HYBRID)["status"]["state"] == "CLOSED"
    box.fault("slow_statement", EXECUTE, ms=400)
    assert box.execute("SELECT 1", wait_timeout="0s")["status"]["state"] in ("PENDING", "RUNNING")
    box.fault("close_early", EXECUTE)
    sid = box.ok("SELECT 1", **ARROW)["statement_id"]
    assert box.api("GET", f"{STATEMENTS}/{sid}/result/chunks/0").status == 404


def test_pending_for_ever_until_cancelled(box):
    box.fault("pending_forever", EXECUTE)
    sid = box.execute("SELECT 1", wait_timeout="0s")["statement_id"]
    time.sleep(0.2)
    assert box.api("GET", f"{STATEMENTS}/{sid}").json()["status"] == {"state": "PENDING"}
    box.api("POST", f"{STATEMENTS}/{sid}/cancel")
    assert box.api("GET", f"{STATEMENTS}/{sid}").json()["status"] == {"state": "CANCELED"}


def test_control_can_forget_and_expire(box):
    out = box.ok("SELECT 1", **ARROW)
    box.control("POST", "links/expire")
    assert box.raw("GET", out["result"]["external_links"][0]["external_link"]).status == 403
    box.control("POST", "statements/forget", {"statement_id": out["statement_id"]})
    assert box.api("GET", f"{STATEMENTS}/{out['statement_id']}").status == 404


def test_counters_and_recent_requests_hold_no_secrets(box):
    while box.control("GET", "counters")["active_statements"]:
        time.sleep(0.05)
    box.control("POST", "reset")
    box.ok("SELECT 1", **ARROW)
    box.ok("SHOW CATALOGS")
    box.failed("SELECT 1/0")
    c = box.control("GET", "counters")
    assert c["statements_executed"] == 3 and c["statements_by_class"] == {"READ": 2, "METADATA": 1}
    assert c["statements_by_state"] == {"SUCCEEDED": 2, "FAILED": 1} and c["requests"]["execute"] == 3 and c["active_statements"] == 0
    assert box.token not in str(c) and c["recent"][0]["headers"]["authorization"] == "***"


def test_wrong_controls_are_refused(box):
    for path, body in (("faults", '{"action":{"type":"nonsense"}}'), ("settings", '{"nonsense":1}'), ("nonsense", "")):
        assert box.raw("POST", box.info["control_url"] + "/" + path, body).status in (400, 404)


def test_gzip_when_switched_on(box):
    box.control("POST", "settings", {"gzip": True})
    r = box.api("POST", STATEMENTS, {"statement": "SELECT * FROM range(1000)", "warehouse_id": box.warehouse}, {"Accept-Encoding": "gzip"})
    assert r.headers["content-encoding"] == "gzip" and r.body[:2] == b"\x1f\x8b"
