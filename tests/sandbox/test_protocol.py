"""The REST protocol: sessions, states, waiting, dispositions, formats, chunks, links, refusals."""
import base64
import csv
import hashlib
import io
import json
import threading
import time
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from lib import ARROW, HYBRID, STATEMENTS, Client, lz4_frames, unlz4

SLOW = "SELECT count(*) FROM range(3000000000) WHERE hash(id) = 1"
LINES = "SELECT * FROM samples.tpch.lineitem LIMIT 50000"


def poll(box, statement_id, seconds=10):
    for _ in range(seconds * 20):
        out = box.api("GET", f"{STATEMENTS}/{statement_id}").json()
        if out["status"]["state"] not in ("PENDING", "RUNNING"):
            return out
        time.sleep(0.05)
    raise AssertionError("the statement does not end")


# ------------------------------------------------------------------------------------------------------------ sessions
def test_session_keeps_catalog_schema_confs_and_temporary_views(box):
    s = box.session(catalog="samples", schema="tpch", session_confs={"TIMEZONE": "America/Los_Angeles"})
    assert box.rows("SELECT current_catalog(), current_schema(), current_timezone()", session_id=s) == [["samples", "tpch", "America/Los_Angeles"]]
    assert box.rows("SELECT count(*) FROM nation", session_id=s) == [["25"]]
    box.ok("USE CATALOG main", session_id=s)
    box.ok("USE SCHEMA unicode", session_id=s)
    box.ok("SET ansi_mode = false", session_id=s)
    box.ok("CREATE TEMPORARY VIEW mine AS SELECT 7 AS x", session_id=s)
    assert box.rows("SELECT current_catalog(), current_schema(), x, 1/0 FROM mine", session_id=s) == [["main", "unicode", "7", None]]
    assert box.rows("SET ansi_mode", session_id=s) == [["ansi_mode", "false"]]
    box.failed("SELECT * FROM mine")


def test_spark_is_another_name_for_the_default_catalog(box):
    s = box.session(catalog="SPARK", schema="default")
    assert box.rows("SELECT current_catalog(), current_schema()", session_id=s) == [["main", "default"]]


def test_without_a_session_statements_are_independent(box):
    box.ok("USE SCHEMA unicode")
    assert box.rows("SELECT current_schema()") == [["default"]]
    assert box.rows("SELECT count(*) FROM nation", catalog="samples", schema="tpch") == [["25"]]


def test_closed_and_expired_sessions_are_refused(box):
    s = box.session()
    assert box.api("DELETE", f"/api/2.0/sql/sessions/{s}").status == 400
    r = box.api("DELETE", f"/api/2.0/sql/sessions/{s}?warehouse_id={box.warehouse}")
    assert (r.status, r.json()) == (200, {})
    r = box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": box.warehouse, "session_id": s})
    assert r.status == 400 and r.json()["message"] == f"Invalid SessionHandle: Session [{s}] is closed."
    s = box.session()
    box.control("POST", "sessions/expire", {"session_id": s})
    assert box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": box.warehouse, "session_id": s}).status == 400


def test_unknown_setting_fails_the_session(box):
    r = box.api("POST", "/api/2.0/sql/sessions", {"warehouse_id": box.warehouse, "session_confs": {"no_such": "1"}})
    assert r.status == 400 and "CONFIG_NOT_AVAILABLE" in r.json()["message"]


def test_both_session_paths_and_trailing_slashes(box):
    w = box.warehouse
    s = box.api("POST", f"/api/2.0/sql/warehouses/{w}/sessions", {"warehouse_id": w, "execution_mode": "FAST"}).json()["session_id"]
    assert box.api("DELETE", f"/api/2.0/sql/warehouses/{w}/sessions/{s}").status == 200
    s = box.api("POST", "/api/2.0/sql/sessions/", {"warehouse_id": w}).json()["session_id"]
    assert box.api("POST", STATEMENTS + "/", {"statement": "SELECT 1", "warehouse_id": w, "session_id": s}).status == 200
    assert box.api("DELETE", f"/api/2.0/sql/sessions/{s}", {"warehouse_id": w}).status == 200


# ------------------------------------------------------------------------------------------------- states and waiting
def test_zero_wait_answers_at_once_and_polling_gives_the_result(box):
    started = time.monotonic()
    out = box.execute("SELECT count(*) FROM samples.tpch.lineitem", wait_timeout="0s")
    assert time.monotonic() - started < 1 and out["status"]["state"] in ("PENDING", "RUNNING", "SUCCEEDED")
    out = poll(box, out["statement_id"])
    assert out["result"]["data_array"] == [["600572"]]


def test_wait_timeout_is_0s_or_5s_to_50s(box):
    for bad in ("1s", "51s", "4s", "10", "abc", 10):
        r = box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": box.warehouse, "wait_timeout": bad})
        assert (r.status, r.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), bad
    for good in ("0s", "5s", "50s"):
        box.execute("SELECT 1", wait_timeout=good)


def test_cancel_ends_a_running_statement_quickly(box):
    sid = box.execute(SLOW, wait_timeout="0s")["statement_id"]
    time.sleep(0.3)
    started = time.monotonic()
    assert (box.api("POST", f"{STATEMENTS}/{sid}/cancel").status) == 200
    assert poll(box, sid)["status"] == {"state": "CANCELED"}
    assert time.monotonic() - started < 2


def test_on_wait_timeout_cancel(box):
    box.fault("slow_statement", {"route": "execute"}, ms=20000)
    out = box.execute("SELECT 1", wait_timeout="5s", on_wait_timeout="CANCEL")
    assert out["status"]["state"] == "CANCELED"


def test_statement_timeout_fails_the_statement(box):
    s = box.session(session_confs={"STATEMENT_TIMEOUT": "1"})
    out = poll(box, box.execute(SLOW, session_id=s, wait_timeout="0s")["statement_id"])
    assert out["status"]["state"] == "FAILED" and out["status"]["sql_state"] == "57014"


def test_close_frees_the_result(box):
    out = box.ok("SELECT 1", **ARROW)
    assert box.api("DELETE", f"{STATEMENTS}/{out['statement_id']}", {"statement_id": "x"}).json() == {}
    assert box.api("GET", f"{STATEMENTS}/{out['statement_id']}").json() == {"statement_id": out["statement_id"], "status": {"state": "CLOSED"}}
    assert box.api("GET", f"{STATEMENTS}/{out['statement_id']}/result/chunks/0").status == 404
    assert box.raw("GET", out["result"]["external_links"][0]["external_link"]).status == 404


def test_retention_closes_results(box):
    box.control("POST", "settings", {"retention_seconds": 0})
    out = box.ok("SELECT 1")
    time.sleep(0.01)
    assert box.api("GET", f"{STATEMENTS}/{out['statement_id']}").json()["status"]["state"] == "CLOSED"


def test_direct_close_answers_closed_with_manifest(box):
    box.control("POST", "settings", {"direct_close": True})
    out = box.execute("SELECT 1 AS x", **HYBRID)
    assert out["status"]["state"] == "CLOSED" and out["manifest"]["total_row_count"] == 1 and out["result"]["attachment"]
    assert box.execute("SELECT 1", wait_timeout="10s", **HYBRID)["status"]["state"] == "SUCCEEDED"


# ------------------------------------------------------------------------------------------- dispositions and formats
def test_inline_json(box):
    out = box.ok("SELECT 1 AS a, 'x' AS b, CAST(NULL AS STRING) AS c")
    assert out["manifest"] == {"format": "JSON_ARRAY", "schema": {"column_count": 3, "columns": [
        {"name": "a", "type_text": "INT", "type_name": "INT", "position": 0},
        {"name": "b", "type_text": "STRING", "type_name": "STRING", "position": 1},
        {"name": "c", "type_text": "STRING", "type_name": "STRING", "position": 2}]}, "total_chunk_count": 1,
        "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": 1}], "total_row_count": 1, "truncated": False}
    assert out["result"] == {"chunk_index": 0, "row_offset": 0, "row_count": 1, "data_array": [["1", "x", None]]}


def test_ddl_has_no_columns_and_an_empty_result(box):
    out = box.ok("CREATE OR REPLACE TABLE main.default.nothing (a INT)", **ARROW)
    assert out["manifest"] == {"format": "ARROW_STREAM", "schema": {"column_count": 0}, "total_chunk_count": 0, "total_row_count": 0,
                               "total_byte_count": 0, "truncated": False, "result_compression": "LZ4_FRAME"}
    assert out["result"] == {}


def test_inline_allows_json_only(box):
    for form in ("ARROW_STREAM", "CSV"):
        r = box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": box.warehouse, "format": form})
        assert (r.status, r.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_lz4_is_one_frame_per_message(box):
    out = box.ok("SELECT * FROM range(10)", **ARROW)
    body = box.download(out["result"]["external_links"][0])
    frames = lz4_frames(body)
    assert len(frames) == 3 and frames[-1] == b"\xff\xff\xff\xff\0\0\0\0"
    assert out["result"]["external_links"][0]["byte_count"] == len(body)
    assert out["manifest"]["chunks"][0]["byte_count"] == sum(map(len, frames)) == out["manifest"]["total_byte_count"]


def test_plain_arrow_without_compression(box):
    out = box.ok("SELECT * FROM range(10)", disposition="EXTERNAL_LINKS", format="ARROW_STREAM")
    assert "result_compression" not in out["manifest"]
    assert pa.ipc.open_stream(box.download(out["result"]["external_links"][0])).read_all().num_rows == 10


@pytest.mark.parametrize("setting", [{"chunk_rows": 7000}, {"chunk_bytes": 1 << 20}])
def test_chunks_cover_all_rows_in_order(box, setting):
    box.control("POST", "settings", setting)
    out = box.ok(LINES + " ", **ARROW)
    chunks = out["manifest"]["chunks"]
    assert len(chunks) == out["manifest"]["total_chunk_count"] > 4 and len(out["result"]["external_links"]) == 1
    assert [c["row_offset"] for c in chunks] == [sum(x["row_count"] for x in chunks[:i]) for i in range(len(chunks))]
    links = box.links(out)
    assert [l["chunk_index"] for l in links] == list(range(len(chunks))) and "next_chunk_index" not in links[-1]
    for link, chunk in zip(links, chunks):
        table = pa.ipc.open_stream(unlz4(box.download(link))).read_all()
        assert table.num_rows == chunk["row_count"] == link["row_count"]


def test_hybrid_is_an_attachment_while_small_and_links_when_large(box):
    out = box.ok("SELECT * FROM samples.tpch.nation", **HYBRID)
    assert "external_links" not in out["result"]
    assert out["result"]["byte_count"] == len(base64.b64decode(out["result"]["attachment"]))
    assert box.table(out).num_rows == 25
    box.control("POST", "settings", {"inline_limit_bytes": 1000, "chunk_rows": 5000, "links_per_answer": 3})
    out = box.ok(LINES, **HYBRID)
    assert len(out["result"]["external_links"]) == 3 and out["result"]["external_links"][-1]["next_chunk_index"] == 3
    assert box.table(out).num_rows == 50000


def test_attachments_of_several_chunks_are_one_stream(box):
    box.control("POST", "settings", {"chunk_rows": 10, "split_attachments": True})
    out = box.ok("SELECT * FROM samples.tpch.nation", **HYBRID)
    assert out["manifest"]["total_chunk_count"] == 3 and out["result"]["next_chunk_index"] == 1
    assert box.table(out).column(0).to_pylist() == list(range(25))


def test_inline_json_in_several_chunks(box):
    box.control("POST", "settings", {"chunk_rows": 10})
    out = box.ok("SELECT n_nationkey FROM samples.tpch.nation ORDER BY 1")
    rows, part = out["result"]["data_array"], out["result"]
    while "next_chunk_internal_link" in part:
        part = box.api("GET", part["next_chunk_internal_link"]).json()
        rows += part["data_array"]
    assert rows == [[str(i)] for i in range(25)]


def test_external_json_and_csv(box):
    sql = "SELECT id, CASE WHEN id = 1 THEN NULL ELSE 'a,\"b\"' END AS t FROM range(3)"
    out = box.ok(sql, disposition="EXTERNAL_LINKS", format="JSON_ARRAY")
    assert json.loads(box.download(out["result"]["external_links"][0])) == [["0", 'a,"b"'], ["1", None], ["2", 'a,"b"']]
    box.control("POST", "settings", {"chunk_rows": 2})
    out = box.ok(sql, disposition="EXTERNAL_LINKS", format="CSV")
    parts = [box.download(l).decode() for l in box.links(out)]
    assert list(csv.reader(io.StringIO("".join(parts)))) == [["id", "t"], ["0", 'a,"b"'], ["1", "null"], ["2", 'a,"b"']]


def test_inline_above_25_mib_fails(box):
    status = box.failed("SELECT repeat('x', 1000) FROM range(40000)", wait_timeout="30s")
    assert "Inline byte limit exceeded" in status["error"]["message"]


def test_row_limit_and_byte_limit_truncate(box):
    out = box.ok("SELECT * FROM range(100)", row_limit=10)
    assert out["manifest"]["truncated"] is True and out["manifest"]["total_row_count"] == 10
    assert box.ok("SELECT * FROM range(10)", row_limit=10)["manifest"]["truncated"] is False
    assert box.ok("SELECT * FROM range(100)", byte_limit=80)["manifest"]["truncated"] is True


def test_a_million_rows_through_links(box):
    out = box.ok("SELECT * FROM samples.tpch.lineitem_1m", wait_timeout="50s", **ARROW)
    assert out["manifest"]["total_row_count"] == 1000000 and out["manifest"]["total_chunk_count"] >= 8
    assert sum(pa.ipc.open_stream(unlz4(box.download(l))).read_all().num_rows for l in box.links(out)) == 1000000


# ---------------------------------------------------------------------------------------------------------- parameters
def test_named_and_ordinal_parameters(box):
    assert box.rows("SELECT :a, :b + 1, :c", parameters=[{"name": "a", "value": "it's"}, {"name": "b", "value": "41", "type": "INT"},
                                                         {"name": "c", "type": "DATE"}]) == [["it's", "42", None]]
    assert box.rows("SELECT ?, ?, ?", parameters=[{"ordinal": 2, "type": "STRING"}, {"ordinal": 1, "value": "1.25", "type": "DECIMAL(5,2)"},
                                                  {"ordinal": 3, "value": "true", "type": "BOOLEAN"}]) == [["1.25", None, "true"]]
    assert box.rows("SELECT '?', ':x', ? -- ?", parameters=[{"ordinal": 1, "value": "y"}]) == [["?", ":x", "y"]]


def test_a_string_parameter_is_cast_to_what_it_is_compared_with(box):
    count = "SELECT count(*) FROM samples.tpch.nation WHERE n_nationkey < ? OR DATE'2024-01-02' < ?"
    assert box.rows(count, parameters=[{"ordinal": 1, "value": "5"}, {"ordinal": 2, "value": "2024-02-01"}]) == [["25"]]
    assert box.rows("SELECT typeof(?), length(?)", parameters=[{"ordinal": 1, "value": "5"}, {"ordinal": 2, "value": "5"}]) == [["string", "1"]]


def test_unbound_marker_and_bad_value(box):
    assert box.failed("SELECT ?, ?", parameters=[{"ordinal": 1, "value": "1"}])["sql_state"] == "42P02"
    assert box.failed("SELECT :x", parameters=[])["sql_state"] == "42P02"
    assert box.failed("SELECT ?", parameters=[{"ordinal": 1, "value": "abc", "type": "INT"}])["sql_state"] == "22018"


# --------------------------------------------------------------------------------------------------------------- links
def test_links_refuse_authorization_expire_and_cannot_be_forged(box):
    box.control("POST", "settings", {"link_seconds": 0.4})
    out = box.ok("SELECT 1", **ARROW)
    link = out["result"]["external_links"][0]["external_link"]
    assert link.startswith(box.info["storage_url"])
    assert box.raw("GET", link, headers={"Authorization": "Bearer " + box.token}).status == 400
    assert box.raw("GET", link[:-4] + "0000").status == 403
    assert box.raw("GET", link).status == 200
    time.sleep(0.5)
    r = box.raw("GET", link)
    assert r.status == 403 and b"Request has expired" in r.body and r.headers["content-type"] == "application/xml"
    fresh = box.api("GET", f"{STATEMENTS}/{out['statement_id']}/result/chunks/0").json()
    assert box.download(fresh["external_links"][0])


def test_links_honour_ranges_and_required_headers(box):
    out = box.ok("SELECT 1", **ARROW)
    link = out["result"]["external_links"][0]["external_link"]
    r = box.raw("GET", link, headers={"Range": "bytes=0-3"})
    assert (r.status, r.body) == (206, b"\x04\x22\x4d\x18")
    box.control("POST", "settings", {"link_headers": {"x-amz-server-side-encryption-customer-key": "abc"}})
    link = box.ok("SELECT 1", **ARROW)["result"]["external_links"][0]
    assert box.raw("GET", link["external_link"]).status == 403
    assert box.raw("GET", link["external_link"], headers=link["http_headers"]).status == 200


# ------------------------------------------------------------------------------------------- identities and warehouses
def test_credentials(info, box):
    r = box.raw("POST", info["url"] + STATEMENTS, "{}")
    assert (r.status, r.json()["error_code"]) == (401, 401) and r.headers["www-authenticate"].startswith("Bearer")
    assert box.raw("POST", info["url"] + STATEMENTS, "{}", {"Authorization": "Basic abc"}).status == 401
    assert Client(info, "nonsense").api("POST", STATEMENTS, {}).json() == {"error_code": 403, "message": "Invalid access token."}
    r = Client(info, "dapi-sandbox-dave").api("POST", "/api/2.0/sql/sessions", {"warehouse_id": box.warehouse})
    assert (r.status, r.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_row_filter_and_foreign_statements(info, box):
    sql = "SELECT DISTINCT owner FROM main.default.secrets_by_user"
    bob = Client(info, "dapi-sandbox-bob")
    assert box.rows(sql) == [["alice@acme.example"]] and bob.rows(sql) == [["bob@acme.example"]]
    sid = box.ok("SELECT 1", **ARROW)["statement_id"]
    for call in (("GET", ""), ("GET", "/result/chunks/0"), ("POST", "/cancel"), ("DELETE", "")):
        assert bob.api(call[0], f"{STATEMENTS}/{sid}{call[1]}").status == 404
    assert box.api("GET", "/api/2.0/preview/scim/v2/Me").json()["userName"] == "alice@acme.example"


def test_client_credentials_and_revocation(info, box):
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    head = {"Authorization": "Basic " + basic, "Content-Type": "application/x-www-form-urlencoded"}
    r = box.raw("POST", info["url"] + "/oidc/v1/token", "grant_type=client_credentials&scope=all-apis", head)
    assert r.status == 200 and r.json()["token_type"] == "Bearer" and r.json()["access_token"].count(".") == 2
    m2m = Client(info, r.json()["access_token"])
    assert m2m.rows("SELECT 1") == [["1"]]
    assert box.raw("POST", info["url"] + "/oidc/v1/token", "grant_type=client_credentials&client_id=x&client_secret=y").status == 401
    assert box.raw("GET", info["url"] + "/oidc/.well-known/oauth-authorization-server").json()["token_endpoint"].endswith("/oidc/v1/token")
    assert box.raw("GET", info["url"] + "/.well-known/databricks-config").json()["oidc_endpoint"] == info["url"] + "/oidc"
    box.control("POST", "settings", {"host_metadata": False})
    assert box.raw("GET", info["url"] + "/.well-known/databricks-config").status == 404
    box.control("POST", "tokens/revoke", {"token": m2m.token})
    assert m2m.api("GET", "/api/2.0/preview/scim/v2/Me").status == 403


def test_browser_login_with_pkce_and_rotating_refresh_tokens(info, box):
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = "http://localhost:8020"
    r = box.raw("GET", info["url"] + "/oidc/v1/authorize?" + urlencode({
        "response_type": "code", "client_id": "databricks-cli", "redirect_uri": back, "scope": "sql offline_access", "state": "s1",
        "code_challenge": challenge, "code_challenge_method": "S256"}))
    assert r.status == 302 and r.headers["location"].startswith(back + "?code=") and r.headers["location"].endswith("state=s1")
    code = r.headers["location"].split("code=")[1].split("&")[0]

    def token(**form):
        return box.raw("POST", info["url"] + "/oidc/v1/token", urlencode({"client_id": "databricks-cli", **form}))

    good = dict(grant_type="authorization_code", code=code, redirect_uri=back, code_verifier=verifier)
    first = token(**good).json()
    assert Client(info, first["access_token"]).rows("SELECT current_user()") == [["alice@acme.example"]]
    assert token(**good).json()["error"] == "invalid_grant"
    second = token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status == 400


def test_a_statement_starts_a_stopped_warehouse_and_a_session_does_not(info, box):
    other = next(w for w in info["warehouses"] if w != box.warehouse)
    before = box.control("GET", "counters?last=0")["warehouse_starts"][other]
    r = box.api("POST", "/api/2.0/sql/sessions", {"warehouse_id": other})
    assert r.status == 200 and box.api("GET", f"/api/2.0/sql/warehouses/{other}").json()["state"] == "STOPPED"
    out = box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": other, "wait_timeout": "0s"}).json()
    assert out["status"] == {"state": "PENDING"} and set(out) == {"statement_id", "status"}
    assert box.api("GET", f"/api/2.0/sql/warehouses/{other}").json()["state"] == "STARTING"
    assert poll(box, out["statement_id"])["status"]["state"] == "SUCCEEDED"
    assert box.control("GET", "counters?last=0")["warehouse_starts"][other] == before + 1
    assert box.api("POST", f"/api/2.0/sql/warehouses/{other}/stop", {}).json() == {}


def test_auto_stop(info, box):
    box.control("POST", f"warehouses/{box.warehouse}", {"auto_stop_seconds": 0.2})
    box.ok("SELECT 1")
    time.sleep(0.4)
    assert box.api("GET", f"/api/2.0/sql/warehouses/{box.warehouse}").json()["state"] == "STOPPED"


def test_unknown_things_are_404(box):
    r = box.api("POST", STATEMENTS, {"statement": "SELECT 1", "warehouse_id": "0000000000000000"})
    assert (r.status, r.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert box.api("GET", STATEMENTS + "/01f03748-181f-1522-87c8-4fe6b1faf971").status == 404
    sid = box.ok("SELECT 1")["statement_id"]
    assert box.api("GET", f"{STATEMENTS}/{sid}/result/chunks/9").status == 404
    assert box.api("GET", "/api/2.0/nothing").json()["error_code"] == "ENDPOINT_NOT_FOUND"


def test_malformed_requests_are_400(box):
    for body in ("{", "[]", "1", '{"warehouse_id":"x"}', json.dumps({"statement": "SELECT 1"})):
        assert box.api("POST", STATEMENTS, body).status == 400, body


def test_history_lists_statements(box):
    sid = box.ok("SELECT 'history'")["statement_id"]
    res = box.api("GET", f"/api/2.0/sql/history/queries?filter_by.statement_ids={sid}").json()["res"]
    assert [(r["query_id"], r["status"], r["rows_produced"]) for r in res] == [(sid, "FINISHED", 1)]


def test_many_clients_at_once(info):
    wrong = []

    def one(i):
        c = Client(info)
        for k in range(10):
            if c.rows(f"SELECT {i} + {k}") != [[str(i + k)]]:
                wrong.append(i)
        c.close()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(20)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert not wrong
