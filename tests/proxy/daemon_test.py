"""dbxproxyd as a whole: a scripted upstream behind it, plain HTTP clients before it. Prints TAP."""
import concurrent.futures
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid

from fake_upstream import Upstream, rows

DBXPROXYD = sys.argv[1]
STATEMENTS = "/api/2.0/sql/statements"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()
        self.cache = self.headers.get("cache-status", "")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def hit(self):
        return self.cache.startswith("dbxproxyd; hit")


class Proxy:
    """One daemon and its upstream, ended with the block."""

    def __init__(self, *options, upstream=None):
        self.dir = tempfile.TemporaryDirectory()
        self.up = None if isinstance(upstream, str) else upstream or Upstream()
        self.unix = os.path.join(self.dir.name, "p.sock")
        ready = os.path.join(self.dir.name, "ready.json")
        self.log = open(os.path.join(self.dir.name, "log"), "w+b")
        self.process = subprocess.Popen(
            [DBXPROXYD, "--listen", "127.0.0.1:0", "--listen", "unix:" + self.unix, "--admin", "127.0.0.1:0",
             "--upstream", self.up.url if self.up else upstream, "--ready-file", ready,
             "--access-log", os.path.join(self.dir.name, "access"), "--set", "security.passthrough=all", *options], stderr=self.log)
        deadline = time.monotonic() + 20
        while not os.path.exists(ready):
            assert self.process.poll() is None, self.stderr()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.01)
        with open(ready) as f:
            self.ready = json.load(f)
        self.address = self.ready["listen"][0]
        self.admin = self.ready["admin"][0]

    def stderr(self):
        self.log.seek(0)
        return self.log.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        if kind is None:
            assert code == 0, (code, self.stderr())
            assert "ERROR: " not in self.stderr() and "runtime error" not in self.stderr(), self.stderr()
        elif self.stderr():
            print("# daemon: " + self.stderr().replace("\n", "\n# "))
        if self.up:
            self.up.shutdown()
            self.up.server_close()
        self.log.close()
        self.dir.cleanup()

    def connect(self):
        return http.client.HTTPConnection(self.address, timeout=30)

    def request(self, method, path, body=None, token="alice", conn=None, headers=None):
        own = conn or self.connect()
        all_headers = dict(headers or {})
        if token:
            all_headers["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        own.request(method, path, body, all_headers)
        answer = Answer(own.getresponse())
        if not conn:
            own.close()
        return answer

    def execute(self, sql, token="alice", conn=None, headers=None, **fields):
        body = {"statement": sql, "warehouse_id": "w", **fields}
        return self.request("POST", STATEMENTS, body, token, conn, headers)

    def metric(self, series):
        """The sum of the samples of a name that have these labels: name{label="value"}."""
        name, _, labels = series.rstrip("}").partition("{")
        wanted = set(filter(None, labels.split(",")))
        conn = http.client.HTTPConnection(self.admin, timeout=30)
        conn.request("GET", "/metrics")
        found = []
        for line in conn.getresponse().read().decode().splitlines():
            sample, _, value = line.rpartition(" ")
            key, _, rest = sample.rstrip("}").partition("{")
            if key == name and wanted <= set(rest.split(",")):
                found.append(float(value))
        if not found:
            raise KeyError(series)
        return sum(found)


def raw(address, data, until=b"\r\n\r\n", timeout=30):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=timeout) as s:
        s.sendall(data)
        got = b""
        while until not in got:
            more = s.recv(65536)
            if not more:
                break
            got += more
        return got


# ---- hits and misses --------------------------------------------------------------------------------------------------


def another(character):
    """A character of base64 that is not this one: a forgery must differ from what it forges."""
    return "B" if character == "A" else "A"


def test_second_request_is_a_hit_with_the_same_rows_and_its_own_id():
    with Proxy() as p:
        first, second = p.execute("SELECT a FROM t"), p.execute("SELECT  a\nFROM t ;")
        assert first.cache == "dbxproxyd; fwd=miss; stored", first.cache
        assert second.hit and "ttl=" in second.cache and second.headers["age"] == "0", second.headers
        assert second.headers["cache-control"] == "no-store"
        assert second.json["result"] == first.json["result"] and second.json["manifest"] == first.json["manifest"]
        assert second.json["statement_id"].startswith("dbxp1.") and len(p.up.executed) == 1
        third = p.execute("SELECT a FROM t")
        assert third.json["statement_id"] != second.json["statement_id"]


def test_hit_repeats_bytes_exactly_but_for_the_id():
    odd = b'{"statement_id" : "x-1", "status":{"state":"SUCCEEDED"},"manifest":{"format":"JSON_ARRAY","schema":{"column_count":1,' \
          b'"columns":[{"name":"a","position":0,"type_name":"STRING","type_text":"STRING"}]},' \
          b'"total_chunk_count":1,"total_row_count":1,"truncated":false, "big":12345678901234567890.10},' \
          b'"result":{"chunk_index":0,"row_offset":0,"row_count":1,"data_array":[["\\u00e9\\/ x-1"]]}}'
    with Proxy() as p:
        p.up.script = lambda h, r: h.send(200, odd) or False
        p.execute("SELECT 1")
        hit = p.execute("SELECT 1")
        assert hit.hit, hit.cache
        assert hit.body == odd.replace(b'"x-1"', json.dumps(hit.json["statement_id"]).encode(), 1)


def test_status_chunk_cancel_and_close_of_a_hit():
    with Proxy() as p:
        p.execute("SELECT 1")
        hit = p.execute("SELECT 1")
        path = STATEMENTS + "/" + hit.json["statement_id"]
        sent = len(p.up.requests)
        assert p.request("GET", path, body='{"statement_id":"x"}').body == hit.body
        assert p.request("GET", path + "/result/chunks/0").json == hit.json["result"]
        assert p.request("GET", path + "/result/chunks/0?row_offset=0").json == hit.json["result"]
        assert p.request("GET", path + "/result/chunks/1").status == 404
        cancel = p.request("POST", path + "/cancel")
        assert (cancel.status, cancel.json) == (200, {})
        close = p.request("DELETE", path)
        assert (close.status, close.json) == (200, {})
        assert p.request("GET", path).json["status"]["state"] == "CLOSED"
        assert p.request("DELETE", path).status == 200
        assert len(p.up.requests) == sent, "a hit's id never goes upstream"


def test_ids_of_hits_are_useless_to_others_and_all_refusals_look_alike():
    with Proxy() as p:
        p.execute("SELECT 1")
        p.execute("SELECT 2", token="bob")
        sid = p.execute("SELECT 1").json["statement_id"]
        foreign = p.request("GET", STATEMENTS + "/" + sid, token="bob")
        forged = p.request("GET", STATEMENTS + "/" + sid[:-1] + another(sid[-1]))
        short = p.request("GET", STATEMENTS + "/dbxp1.x")
        assert foreign.status == 404 and foreign.body == forged.body == short.body
        assert foreign.json["error_code"] == "RESOURCE_DOES_NOT_EXIST"
        assert p.request("GET", STATEMENTS + "/" + sid, token=None).status == 401
        for what in ("/cancel",):
            assert p.request("POST", STATEMENTS + "/" + sid + what, token="bob").status == 404
        assert p.request("DELETE", STATEMENTS + "/" + sid, token="bob").status == 404
        assert p.request("GET", STATEMENTS + "/" + sid).status == 200


def test_principals_never_share():
    with Proxy() as p:
        a, b = p.execute("SELECT 1", token="alice"), p.execute("SELECT 1", token="bob")
        assert a.json["result"]["data_array"] == [["1", "alice"]] and b.json["result"]["data_array"] == [["1", "bob"]]
        assert p.execute("SELECT 1", token="bob").json["result"]["data_array"] == [["1", "bob"]]
        assert len(p.up.executed) == 2
        assert not p.execute("SELECT 1", token=None).hit


def test_statements_that_must_not_be_cached_are_not():
    bypassed = {"SELECT now()": "clock", "SELECT rand()": "random", "SELECT current_user": "principal", "SELECT f(1)": "function",
                "EXPLAIN SELECT 1": "probe", "SELECT * FROM system.a.b": "system-relation", "SELECT 1; SELECT 2": "multi",
                "INSERT INTO t VALUES (1)": "write", "CALL p()": "code", "SET x = 1": "session", "SELECT $$": "opaque"}
    with Proxy() as p:
        for sql, why in bypassed.items():
            for _ in range(2):
                answer = p.execute(sql)
                assert answer.cache == "dbxproxyd; fwd=bypass; detail=" + why, (sql, answer.cache)
            assert p.up.count(sql) == 2
        assert p.metric('dbxproxy_cache_bypass_total{reason="clock"}') == 2


def test_unknown_members_and_databricks_headers_are_minded():
    with Proxy() as p:
        assert p.execute("SELECT 1", new_member=True).cache.endswith("detail=unkeyed-input")
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit
        assert not p.execute("SELECT 1", headers={"X-Databricks-Org-Id": "7"}).hit
        assert p.execute("SELECT 1", headers={"X-Databricks-Org-Id": "7"}).hit
        assert p.execute("SELECT 1", headers={"User-Agent": "other", "X-Whatever": "1"}).hit
        seen = p.up.headers_seen[-1]
        assert "X-Whatever" not in seen and seen["X-Databricks-Org-Id"] == "7"
        assert p.execute("SELECT 1", wait_timeout="0s", query_tags=[{"key": "a"}]).hit
        assert not p.execute("SELECT 1", row_limit=5).hit


def test_failures_are_not_kept_and_empty_results_are():
    failed = {"statement_id": "f", "status": {"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": "no"}}}
    with Proxy() as p:
        p.up.script = lambda h, r: failed
        for _ in range(2):
            assert p.execute("SELECT 1").json == failed
        assert p.up.count("SELECT 1") == 2
        p.up.script = lambda h, r: rows([])
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit


def test_links_and_several_chunks_pass_unkept():
    linked = rows([["1", "2"]])
    linked["result"] = {"external_links": [{"chunk_index": 0, "row_offset": 0, "row_count": 1, "external_link": "https://x/y"}]}
    parted = rows([["1", "2"]])
    parted["manifest"]["total_chunk_count"] = 2
    with Proxy() as p:
        for answer, why in ((linked, "external"), (parted, "several-chunks")):
            p.up.script = lambda h, r, a=answer: a
            for _ in range(2):
                got = p.execute("SELECT 1")
                assert got.json == answer and got.cache == "dbxproxyd; fwd=miss; detail=" + why, got.cache


def linked_rows(p, n=2, host=None):
    answer = rows([["1", "2"]] * n)
    answer["manifest"].update(format="ARROW_STREAM", total_chunk_count=n,
                              chunks=[{"chunk_index": i, "row_offset": i, "row_count": 1} for i in range(n)])
    answer["result"] = {"external_links": [
        {"chunk_index": i, "row_offset": i, "row_count": 1, "byte_count": 7, "expiration": "2030-01-01T00:00:00.000Z",
         "external_link": (host or p.up.url) + "/storage/%d" % i, "http_headers": {"x-key": "k"}} for i in range(n)]}
    return answer


def settled(p, count):
    deadline = time.monotonic() + 10
    while p.metric('dbxproxy_cache_fills_total{result="stored"}') < count and time.monotonic() < deadline:
        time.sleep(0.02)


def test_small_results_behind_links_are_served_behind_links_of_ours():
    with Proxy("--set", "cache.admit_after_external=1") as p:
        answer = linked_rows(p)
        p.up.script = lambda h, r: answer
        first = p.execute("SELECT 1", disposition="EXTERNAL_LINKS", format="ARROW_STREAM")
        assert first.json == answer, "the first client gets the upstream's own links"
        settled(p, 1)
        assert len(p.up.downloads) == 2
        for headers in p.up.downloads:
            assert "Authorization" not in headers and headers["x-key"] == "k", headers
        hit = p.execute("SELECT 1", disposition="EXTERNAL_LINKS", format="ARROW_STREAM")
        assert hit.hit and hit.json["manifest"] == answer["manifest"]
        for i, link in enumerate(hit.json["result"]["external_links"]):
            assert link["chunk_index"] == i and "http_headers" not in link and link["expiration"].endswith("Z")
            prefix = "http://%s/dbxp/v1/r/" % p.address
            assert link["external_link"].startswith(prefix)
            path = link["external_link"][len("http://" + p.address):]
            got = p.request("GET", path, token=None)
            assert (got.status, got.body) == (200, b"chunk %d" % i) and got.headers["content-type"] == "application/octet-stream"
        sid = hit.json["statement_id"]
        chunk = p.request("GET", STATEMENTS + "/" + sid + "/result/chunks/1").json
        assert [c["chunk_index"] for c in chunk["external_links"]] == [1]
        assert p.request("GET", STATEMENTS + "/" + sid).json["manifest"] == answer["manifest"]
        assert p.request("GET", "/dbxp/v1/r/" + sid + "/0", token=None).status == 404, "an id is not a link"
        assert p.request("GET", path[:-3] + another(path[-3]) + "/0", token=None).status == 404
        assert p.request("GET", path[:-1] + "9", token=None).status == 404
        local = p.execute("SELECT 1", disposition="EXTERNAL_LINKS", format="ARROW_STREAM", conn=UnixConnection(p.unix))
        assert not local.hit, "links to us are of no use on a Unix socket"
        p.execute("UPDATE t SET a = 1")
        assert not p.execute("SELECT 1", disposition="EXTERNAL_LINKS", format="ARROW_STREAM").hit


def test_links_that_fail_or_lead_elsewhere_are_not_kept():
    with Proxy() as p:
        p.up.script = lambda h, r: linked_rows(p, host="http://example.com")
        p.execute("SELECT 1")
        p.up.script = lambda h, r: linked_rows(p)
        p.up.storage_ok = False
        p.execute("SELECT 2")
        time.sleep(0.5)
        assert p.metric('dbxproxy_cache_entries{tier="l1"}') == 0
        assert not p.execute("SELECT 1").hit and not p.execute("SELECT 2").hit


def test_answers_over_the_entry_limit_stream_through():
    with Proxy("--max-entry", "10KiB") as p:
        big = rows([["x" * 1000, "y"]] * 300)
        p.up.script = lambda h, r: big
        for _ in range(2):
            assert p.execute("SELECT 1").json == big
        assert p.up.count("SELECT 1") == 2
        middle = rows([["x" * 1000, "y"]] * 20)
        p.up.script = lambda h, r: middle
        assert p.execute("SELECT 2").cache.endswith("too-large")


def test_ttl_ends_a_result():
    with Proxy("--ttl", "400ms") as p:
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit
        time.sleep(0.5)
        assert p.execute("SELECT 1").cache.endswith("stored")
        assert p.up.count("SELECT 1") == 2


def test_clients_can_tighten():
    with Proxy() as p:
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit
        p.up.value = 2
        assert p.execute("/* dbxproxy: nocache */ SELECT 1").cache == "dbxproxyd; fwd=bypass; detail=client"
        assert p.execute("SELECT 1").json["result"]["data_array"][0][0] == "1", "nocache leaves the kept result alone"
        assert not p.execute("SELECT 1", headers={"X-Dbxproxy-Cache": "refresh"}).hit
        assert p.execute("SELECT 1").json["result"]["data_array"][0][0] == "2"
        assert not p.execute("SELECT 1", headers={"Cache-Control": "no-cache"}).hit
        assert not p.execute("SELECT 1", headers={"Cache-Control": "max-age=0"}).hit
        only = p.execute("SELECT 77", headers={"Cache-Control": "only-if-cached"})
        assert only.status == 504 and "SELECT 77" not in p.up.executed
        assert p.execute("SELECT 1", headers={"Cache-Control": "only-if-cached"}).hit


# ---- writes, sessions, statements under way -------------------------------------------------------------------------------


def test_nothing_older_than_a_write_is_served_after_it():
    with Proxy() as p:
        p.execute("SELECT 1")
        p.up.value = 2
        p.execute("UPDATE t SET a = 2", token="bob")
        after = p.execute("SELECT 1")
        assert not after.hit and after.json["result"]["data_array"][0][0] == "2"
        assert p.execute("SELECT 1").hit
        assert p.metric('dbxproxy_invalidations_total{source="write"}') == 1


def test_a_read_that_overtakes_a_write_is_not_kept():
    gate, started = threading.Event(), threading.Event()
    with Proxy() as p:
        def script(handler, request):
            if request["statement"] == "SELECT 1":
                answer = rows([["old", ""]])
                started.set()
                gate.wait(10)
                return answer
            return None
        p.up.script = script
        got = []
        thread = threading.Thread(target=lambda: got.append(p.execute("SELECT 1")))
        thread.start()
        started.wait(10)
        p.execute("DELETE FROM t", token="bob")
        gate.set()
        thread.join()
        assert got[0].cache.endswith("outdated"), got[0].cache
        p.up.script = None
        assert not p.execute("SELECT 1").hit


def test_while_a_write_is_under_way_nothing_is_kept():
    with Proxy() as p:
        sid = str(uuid.uuid4())
        p.up.script = lambda h, r: {"statement_id": sid, "status": {"state": "PENDING"}} if "INSERT" in r["statement"] else None
        p.execute("INSERT INTO t VALUES (1)")
        assert p.execute("SELECT 1").cache.endswith("outdated")
        assert not p.execute("SELECT 1").hit
        p.up.statements[sid] = {"statement_id": sid, "status": {"state": "RUNNING"}}
        p.request("GET", STATEMENTS + "/" + sid)
        assert p.execute("SELECT 1").cache.endswith("outdated")
        p.up.statements[sid] = {"statement_id": sid, "status": {"state": "SUCCEEDED"}}
        p.request("GET", STATEMENTS + "/" + sid)
        assert p.execute("SELECT 1").cache.endswith("stored")
        assert p.execute("SELECT 1").hit


def test_a_pending_result_is_kept_when_a_poll_ends_it():
    with Proxy() as p:
        sid = str(uuid.uuid4())
        p.up.script = lambda h, r: {"statement_id": sid, "status": {"state": "PENDING"}}
        assert p.execute("SELECT 1", wait_timeout="0s").cache == "dbxproxyd; fwd=miss; detail=pending"
        p.up.statements[sid] = {"statement_id": sid, "status": {"state": "RUNNING"}}
        p.request("GET", STATEMENTS + "/" + sid)
        p.up.statements[sid] = rows([["1", "alice"]], sid=sid)
        deadline = time.monotonic() + 5
        done = p.request("GET", STATEMENTS + "/" + sid)
        while done.json["status"]["state"] != "SUCCEEDED" and time.monotonic() < deadline:
            time.sleep(0.05)  # polls close together share their news
            done = p.request("GET", STATEMENTS + "/" + sid)
        assert done.cache.endswith("stored") and done.json["statement_id"] == sid
        assert p.execute("SELECT 1").hit
        assert p.execute("SELECT 1", wait_timeout="0s").hit


def test_sessions_are_followed_and_taint():
    with Proxy() as p:
        def open_session(token="alice", **fields):
            return p.request("POST", "/api/2.0/sql/sessions", {"warehouse_id": "w", **fields}, token).json["session_id"]
        a, b, other = open_session(catalog="c"), open_session(catalog="c"), open_session(catalog="d")
        p.execute("SELECT 1", session_id=a)
        assert p.execute("SELECT 1", session_id=a).hit
        assert p.execute("SELECT 1", session_id=b).hit, "equal sessions are equal"
        assert not p.execute("SELECT 1", session_id=other).hit
        assert not p.execute("SELECT 1").hit
        assert p.execute("SELECT 1", session_id="nobody").cache.endswith("session-unknown")
        assert p.execute("SELECT 1", session_id=a, token="bob").cache.endswith("session-unknown")
        p.execute("USE CATALOG d", session_id=b)
        assert p.execute("SELECT 1", session_id=b).hit, "now like the other one"
        p.execute("CREATE TEMP VIEW t AS SELECT 1", session_id=b)
        assert p.execute("SELECT 1", session_id=b).cache.endswith("session-tainted")
        assert p.execute("SELECT 1", session_id=a).hit
        off = open_session(session_confs={"USE_CACHED_RESULT": "false"})
        assert p.execute("SELECT 1", session_id=off).cache.endswith("use-cached-result")
        p.request("DELETE", "/api/2.0/sql/sessions/" + a + "?warehouse_id=w")
        assert p.execute("SELECT 1", session_id=a).cache.endswith("session-unknown")


def test_warehouse_scoped_sessions_are_sessions_too():
    with Proxy() as p:
        sid = p.request("POST", "/api/2.0/sql/warehouses/w/sessions", {"warehouse_id": "w"}).json["session_id"]
        p.execute("SELECT 1", session_id=sid)
        assert p.execute("SELECT 1", session_id=sid).hit


# ---- identity -----------------------------------------------------------------------------------------------------------------


def test_a_token_is_checked_again_when_its_time_is_up():
    with Proxy("--auth-ttl", "300ms") as p:
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit and p.up.me_calls == 0
        time.sleep(0.4)
        assert p.execute("SELECT 1").hit and p.up.me_calls == 1
        assert p.execute("SELECT 1").hit and p.up.me_calls == 1
        assert len(p.up.executed) == 1


def test_a_revoked_token_gets_the_upstreams_refusal():
    with Proxy("--auth-ttl", "0") as p:
        p.execute("SELECT 1")
        hit = p.execute("SELECT 1")
        assert hit.hit and p.up.me_calls == 1
        p.up.refused.add("alice")
        refused = p.execute("SELECT 1")
        assert refused.status == 403 and refused.json["message"] == "Invalid access token."
        assert p.request("GET", STATEMENTS + "/" + hit.json["statement_id"]).status == 403
        p.up.refused.clear()
        assert p.execute("SELECT 1").hit


def test_an_uncertain_check_means_forward():
    with Proxy("--auth-ttl", "0") as p:
        p.execute("SELECT 1")
        p.up.me_status = 404
        again = p.execute("SELECT 1")
        assert again.status == 200 and not again.hit and len(p.up.executed) == 2


def test_many_hits_share_one_check():
    with Proxy("--auth-ttl", "1s") as p:
        p.execute("SELECT 1")
        time.sleep(1.1)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(p.execute("SELECT 1"))) for _ in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(a.hit for a in answers) and p.up.me_calls < 20 and len(p.up.executed) == 1


def test_tokens_and_texts_are_in_no_log():
    with Proxy("--log-level", "trace") as p:
        p.execute("SELECT 'needle'", token="dapi-secret-token")
        p.execute("SELECT 'needle'", token="dapi-secret-token")
        with open(os.path.join(p.dir.name, "access")) as f:
            text = f.read()
        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["outcome"] for line in lines] == ["miss", "hit"] and len(lines[0]["principal"]) == 8
        for secret in ("dapi-secret", "needle"):
            assert secret not in text and secret not in p.stderr()


# ---- passing on ------------------------------------------------------------------------------------------------------------------


def test_other_paths_pass_untouched_in_all_methods():
    with Proxy() as p:
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            got = p.request(method, "/echo?a=%2F&b=c", "body" if method != "GET" else None, headers={"X-Any": "1", "Range": "bytes=0-1"}).json
            assert got["method"] == method and got["path"] == "/echo?a=%2F&b=c", got
            assert got["headers"]["x-any"] == "1" and got["headers"]["range"] == "bytes=0-1"
            assert got["body"] == ("" if method == "GET" else "body")
        head = p.request("HEAD", "/echo")
        assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) > 0


def test_hop_by_hop_fields_stay_here():
    with Proxy() as p:
        got = p.request("GET", "/echo", headers={"Connection": "keep-alive, X-Hop", "X-Hop": "1", "TE": "trailers", "Upgrade": "x"}).json
        for name in ("x-hop", "te", "upgrade", "connection"):
            assert name not in got["headers"], got


def test_connections_are_kept_on_both_sides():
    with Proxy() as p:
        conn = p.connect()
        for i in range(50):
            p.execute("SELECT %d" % i, conn=conn)
        conn.close()
        assert p.up.connections <= 3, p.up.connections


def test_the_unix_socket_serves_and_is_private():
    with Proxy() as p:
        assert os.stat(p.unix).st_mode & 0o777 == 0o600
        assert p.execute("SELECT 1", conn=UnixConnection(p.unix)).status == 200
        assert p.execute("SELECT 1").hit
        unix = p.unix
        p.process.terminate()
        p.process.wait(20)
        assert not os.path.exists(unix)


def test_a_stale_socket_is_replaced_and_a_living_one_is_not():
    with Proxy() as p:
        second = subprocess.run([DBXPROXYD, "--listen", "unix:" + p.unix, "--upstream", p.up.url], capture_output=True, timeout=20)
        assert second.returncode == 1 and b"another process" in second.stderr, second
        p.process.kill()
        p.process.wait(20)
        assert os.path.exists(p.unix)
        third = subprocess.Popen([DBXPROXYD, "--listen", "unix:" + p.unix, "--upstream", p.up.url])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                assert p.execute("SELECT 1", conn=UnixConnection(p.unix)).status == 200
                break
            except OSError:
                time.sleep(0.05)
        third.terminate()
        assert third.wait(20) == 0
        p.process = subprocess.Popen(["true"])
        p.process.wait(20)


def test_large_answers_pass_at_the_clients_pace():
    with Proxy() as p:
        host, port = p.address.split(":")
        size = 64 * 1024 * 1024
        with socket.create_connection((host, int(port)), timeout=30) as s:
            s.sendall(b"GET /big?n=%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
            time.sleep(1)
            with open("/proc/%d/statm" % p.process.pid) as f:
                resident = int(f.read().split()[1]) * 4096
            got = 0
            while got < size:
                got += len(s.recv(1 << 20))
        assert resident < 200 * 1024 * 1024, resident


# ---- misfortune ----------------------------------------------------------------------------------------------------------------------


def test_upstream_down_is_503_with_retry_after():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with Proxy(upstream="http://127.0.0.1:%d" % port) as p:
        got = p.execute("SELECT 1")
        assert got.status == 503 and int(got.headers["retry-after"]) >= 1 and got.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert p.request("GET", "/echo").status == 503


def test_a_write_without_answer_is_never_repeated():
    with Proxy() as p:
        def drop(handler, request):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return False
        p.execute("SELECT 0")  # leaves a kept connection that the next request uses
        p.up.script = drop
        got = p.execute("INSERT INTO t VALUES (1)")
        assert got.status == 502 and "outcome unknown" in got.json["message"], (got.status, got.body)
        assert p.up.count("INSERT INTO t VALUES (1)") == 1
        p.up.script = None
        assert not p.execute("SELECT 0").hit, "it may have written"


def test_a_cut_answer_is_not_taken_for_a_whole_one():
    with Proxy() as p:
        try:
            p.request("GET", "/cut")
            raise AssertionError("the cut went unnoticed")
        except (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionError):
            pass


def test_malformed_json_is_the_upstreams_to_refuse_and_duplicates_are_ours():
    with Proxy() as p:
        assert p.request("POST", STATEMENTS, b'{"statement":').json["error_code"] == "MALFORMED_REQUEST"
        sent = len(p.up.requests)
        twice = p.request("POST", STATEMENTS, b'{"statement":"SELECT 1","warehouse_id":"w","statement":"DROP TABLE t"}')
        assert twice.status == 400 and len(p.up.requests) == sent
        assert p.request("POST", STATEMENTS, b'{"statement":"SELECT \\u0000","warehouse_id":"w"}').status == 400
        assert p.request("POST", STATEMENTS, b'{"statement":"\xff","warehouse_id":"w"}').status == 400


def test_framing_tricks_are_refused():
    with Proxy() as p:
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
        for trick in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                      b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\nx"):
            got = raw(p.address, head + trick)
            assert got.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501")) or got == b"", got
        assert p.up.requests == []


def test_too_large_a_body_is_refused():
    with Proxy() as p:
        got = raw(p.address, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 413"), got


def test_chunked_request_bodies_are_reframed():
    with Proxy() as p:
        body = json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}).encode()
        got = raw(p.address, b"POST " + STATEMENTS.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert got.startswith(b"HTTP/1.1 200"), got


def test_pipelined_requests_are_answered_in_order():
    with Proxy() as p:
        one = b"GET /echo?%d HTTP/1.1\r\nHost: x\r\n\r\n"
        got = raw(p.address, b"".join(one % i for i in range(5)) + b"GET /echo?last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                  until=b"echo?last")
        assert [got.index(b"echo?%d" % i) for i in range(5)] == sorted(got.index(b"echo?%d" % i) for i in range(5))


def test_slow_clients_do_not_disturb_others():
    with Proxy() as p:
        host, port = p.address.split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(50)]
        for s in slow:
            s.sendall(b"POST /echo HTT")
        start = time.monotonic()
        assert p.execute("SELECT 1").status == 200 and time.monotonic() - start < 5
        for s in slow:
            s.close()


def test_a_client_that_leaves_is_forgotten_and_a_write_is_finished():
    with Proxy() as p:
        p.execute("SELECT 1")
        p.up.delay = 0.5
        for sql in ("SELECT 2", "INSERT INTO t VALUES (1)"):
            host, port = p.address.split(":")
            body = json.dumps({"statement": sql, "warehouse_id": "w"}).encode()
            with socket.create_connection((host, int(port))) as s:
                s.sendall(b"POST " + STATEMENTS.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nContent-Length: %d\r\n\r\n"
                          % len(body) + body)
                time.sleep(0.2)
        time.sleep(1)
        p.up.delay = 0
        assert p.metric("dbxproxy_requests_in_flight") == 0
        assert p.metric("dbxproxy_statements_followed") == 0, "the write's end was seen"
        assert p.execute("SELECT 1").cache.endswith("stored")


def test_a_thousand_connections_are_served():
    with Proxy() as p:
        p.execute("SELECT 1")
        body = json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}).encode()
        text = (b"POST " + STATEMENTS.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
        host, port = p.address.split(":")
        start = time.monotonic()
        clients = [socket.create_connection((host, int(port)), timeout=30) for _ in range(1000)]
        for s in clients:
            s.sendall(text)
        assert all(s.recv(65536).startswith(b"HTTP/1.1 200") for s in clients)
        took = time.monotonic() - start
        for s in clients:
            s.close()
        print("# 1000 connections: %.2f s" % took)
        assert took < 15 and len(p.up.executed) == 1


# ---- running it -----------------------------------------------------------------------------------------------------------------------


def test_sigterm_finishes_what_is_under_way():
    with Proxy() as p:
        p.up.delay = 1
        got = []
        thread = threading.Thread(target=lambda: got.append(p.execute("SELECT 1")))
        thread.start()
        time.sleep(0.4)
        p.process.terminate()
        thread.join()
        assert got and got[0].status == 200 and got[0].headers.get("connection") == "close"
        assert p.process.wait(10) == 0


def test_admin_tells_health_and_numbers():
    with Proxy() as p:
        p.execute("SELECT 1")
        p.execute("SELECT 1")
        for path, text in (("/healthz", b"ok"), ("/readyz", b"ready")):
            conn = http.client.HTTPConnection(p.admin, timeout=10)
            conn.request("GET", path)
            answer = conn.getresponse()
            assert answer.status == 200 and text in answer.read()
        assert p.metric('dbxproxy_requests_total{outcome="hit"}') == 1
        assert p.metric('dbxproxy_requests_total{outcome="miss"}') == 1
        assert p.metric("dbxproxy_upstream_requests_total") == 1
        assert p.metric('dbxproxy_cache_entries{tier="l1"}') == 1


def test_idle_exit_ends_cleanly():
    with Proxy("--idle-exit", "500ms") as p:
        p.execute("SELECT 1")
        assert p.process.wait(10) == 0


def test_command_line_mistakes_are_explained():
    for options, word in ((["--listen", "0.0.0.0:0", "--upstream", "http://127.0.0.1:1"], b"loopback"),
                          (["--listen", "127.0.0.1:0", "--upstream", "http://example.com"], b"https"),
                          (["--listen", "127.0.0.1:0"], b"--upstream"), (["--listen", "x", "--upstream", "https://h"], b"host:port"),
                          (["--ttl", "soon"], b"time"), (["--nonsense"], b"--help"),
                          (["--listen", "127.0.0.1:0", "--upstream", "https://u:p@h"], b"nothing else")):
        run = subprocess.run([DBXPROXYD, *options], capture_output=True, timeout=20)
        assert run.returncode == 2 and word in run.stderr, (options, run)
    assert subprocess.run([DBXPROXYD, "--help"], capture_output=True, timeout=20).returncode == 0
    assert b"dbxproxyd" in subprocess.run([DBXPROXYD, "--version"], capture_output=True, timeout=20).stdout


def tried(test):
    try:
        test()
    except BaseException:
        return traceback.format_exc()
    return None


def main_of(names, at_once=1):
    """Runs the tests among these; the other files of tests use it too. at_once: for tests that mostly wait."""
    only = sys.argv[2:]
    tests = [(n, f) for n, f in names.items() if n.startswith("test_") and (not only or n in only)]
    print("1..%d" % len(tests))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for i, ((name, _), fault) in enumerate(zip(tests, pool.map(tried, [f for _, f in tests])), 1):
            if fault:
                failed += 1
                print("# " + fault.replace("\n", "\n# "))
            print("%s %d - %s" % ("not ok" if fault else "ok", i, name[5:]), flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main_of(globals()))
