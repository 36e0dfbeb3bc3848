"""The operator's listener of dbxproxyd: who may ask what, and what is answered. Prints TAP."""
import http.client
import json
import os
import socket
import sys
import tempfile
import time

import daemon_test
from daemon_test import Proxy, UnixConnection

try:
    from prometheus_client.parser import text_string_to_metric_families as parse_metrics
except ImportError:
    parse_metrics = None


class Operated(Proxy):
    """A daemon with an admin socket, and optionally a token for TCP."""

    def __init__(self, *options, config="", **more):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, "admin.sock")
        secret = os.path.join(self.folder.name, "token")
        with open(secret, "w") as f:
            f.write("s3cret-admin-token\n")
        os.chmod(secret, 0o600)
        ini = os.path.join(self.folder.name, "dbxproxy.ini")
        with open(ini, "w") as f:
            f.write("[server]\nadmin_token = file:%s\n%s" % (secret, config))
        os.chmod(ini, 0o600)
        super().__init__("--config", ini, "--admin", "unix:" + self.socket, *options, **more)

    def __exit__(self, *args):
        super().__exit__(*args)
        self.folder.cleanup()

    def ask(self, path, body=None, method=None, tcp=False, headers=None):
        conn = http.client.HTTPConnection(self.admin, timeout=30) if tcp else UnixConnection(self.socket)
        text = json.dumps(body) if isinstance(body, dict) else body
        conn.request(method or ("POST" if body is not None else "GET"), path, text, headers or {})
        answer = daemon_test.Answer(conn.getresponse())
        conn.close()
        return answer


def test_health_and_numbers_are_free_on_loopback_and_the_rest_wants_the_token():
    with Operated() as p:
        for path in ("/healthz", "/readyz", "/metrics", "/", "/admin/v1/status.json"):
            assert p.ask(path, tcp=True).status == 200, path
        bearer = {"Authorization": "Bearer s3cret-admin-token"}
        for path, body in (("/admin/v1/state", None), ("/admin/v1/loglevel", None), ("/admin/v1/top", None),
                           ("/admin/v1/invalidate", {"all": True}), ("/admin/v1/explain", {"statement": "SELECT 1"})):
            assert p.ask(path, body, tcp=True).status == 401, path
            assert p.ask(path, body, tcp=True, headers={"Authorization": "Bearer s3cret-admin-tokem"}).status == 401
            assert p.ask(path, body, tcp=True, headers={"Authorization": "Bearer s3cret"}).status == 401
            assert p.ask(path, body, tcp=True, headers=bearer).status == 200, path
        assert p.ask("/nothing", tcp=True).status == 401, "what is there is told only to who may use it"
        assert p.ask("/nothing", tcp=True, headers=bearer).status == 404
        assert p.ask("/admin/v1/drain", method="GET").status == 405


def test_without_a_token_configured_tcp_is_closed_and_the_socket_open():
    with Proxy() as p:
        conn = http.client.HTTPConnection(p.admin, timeout=30)
        conn.request("GET", "/admin/v1/state", headers={"Authorization": "Bearer "})
        answer = conn.getresponse()
        assert answer.status == 403 and b"admin_token" in answer.read()
        conn.request("GET", "/healthz")
        assert conn.getresponse().read() == b"ok\n"


def test_a_web_site_cannot_have_a_browser_read_the_status_page():
    with Operated() as p:
        rebound = {"Host": "evil.example:8476"}
        assert p.ask("/", tcp=True, headers=rebound).status == 403
        assert p.ask("/admin/v1/status.json", tcp=True, headers=rebound).status == 403
        page = p.ask("/", tcp=True)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert p.ask("/healthz", tcp=True, headers=rebound).status == 200, "probes come by any name"


def test_the_admin_socket_is_its_owners_alone():
    with Operated() as p:
        assert os.stat(p.socket).st_mode & 0o777 == 0o600
        assert p.ask("/admin/v1/state").status == 200
        if os.geteuid() != 0:
            return
        os.chmod(p.folder.name, 0o755)
        os.chmod(p.socket, 0o666)
        pid = os.fork()
        if pid == 0:
            try:
                os.setgid(65534)
                os.setuid(65534)
                os._exit(0 if p.ask("/metrics").status == 403 else 1)
            except (ConnectionError, http.client.HTTPException):
                os._exit(0)
            except BaseException:
                os._exit(2)
        assert os.waitpid(pid, 0)[1] == 0, "another user must be refused, whatever the socket's mode"


def test_metrics_are_valid_and_name_what_happened():
    with Operated() as p:
        p.execute("SELECT 1")
        p.execute("SELECT 1")
        p.execute("SELECT now()")
        text = p.ask("/metrics").body.decode()
        assert p.metric('dbxproxy_requests_total{outcome="hit"}') == 1
        assert p.metric('dbxproxy_requests_total{class="read",outcome="miss"}') == 1
        assert p.metric('dbxproxy_requests_total{class="read",outcome="bypass"}') == 1
        assert p.metric('dbxproxy_cache_bypass_total{reason="clock"}') == 1
        assert p.metric("dbxproxy_build_info") == 1
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        assert len(names) == len(set(names)), "one TYPE for each name"
        samples = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
        assert len(samples) == len(set(samples)), "no sample twice"
        if parse_metrics:
            families = {f.name: f for f in parse_metrics(text)}
            duration = families["dbxproxy_request_duration_seconds"]
            assert duration.type == "histogram"
            assert any(s.name.endswith("_count") and s.labels["outcome"] == "hit" and s.value == 1
                       for s in duration.samples)


def test_state_and_status_tell_what_the_daemon_did():
    with Operated() as p:
        p.execute("SELECT 1")
        p.execute("SELECT 1")
        state = p.ask("/admin/v1/state").json
        assert state["version"] and state["uptime_s"] >= 0
        assert "dbxproxy.ini" in json.dumps(state["config"])
        assert any(p.address.split(":")[1] in a for a in state["listeners"]["clients"]), state["listeners"]
        assert state["tenants"][0]["upstream"] == p.up.url
        status = p.ask("/admin/v1/status.json").json
        assert (status["totals"]["hit"], status["totals"]["miss"]) == (1, 1)
        assert status["cache"]["entries"] == 1 and status["memory"]["resident"] > 0
        assert sum(step[0] for step in status["rate"]["steps"]) == 1, "the last minutes know the hit"
        assert "s3cret" not in json.dumps(state) and "alice" not in json.dumps(state)


def test_explain_says_why_and_runs_nothing():
    with Operated() as p:
        kept = p.ask("/admin/v1/explain", {"statement": "SELECT a FROM c.s.t", "warehouse_id": "w"}).json
        assert kept["class"] == "read" and kept["cacheable"] is True, kept
        clock = p.ask("/admin/v1/explain", {"statement": "SELECT now()", "warehouse_id": "w"}).json
        assert clock["cacheable"] is False and clock["reason"] == "clock" and "time" in clock["meaning"], clock
        write = p.ask("/admin/v1/explain", {"statement": "/* x */ INSERT INTO t VALUES (1)"}).json
        assert write["class"] == "write" and not write["cacheable"] and write["verb"].upper() == "INSERT"
        by_query = p.ask("/admin/v1/explain?statement=SELECT%20rand()").json
        assert by_query["reason"] == "random"
        assert p.ask("/admin/v1/explain", {}).status == 400
        assert p.ask("/admin/v1/explain", "{").status == 400
        assert not p.up.executed


def test_explain_with_a_token_finds_the_kept_result():
    with Operated() as p:
        question = {"statement": "SELECT 7", "warehouse_id": "w", "token": "alice"}
        before = p.ask("/admin/v1/explain", dict(question)).json
        p.execute("SELECT 7")
        after = p.ask("/admin/v1/explain", dict(question)).json
        other = p.ask("/admin/v1/explain", dict(question, token="bob")).json
        assert before["key"] == after["key"] != other["key"]
        assert not before["memory"]["found"] and after["memory"]["found"] and not other["memory"]["found"]
        assert 0 <= after["memory"]["age_s"] < 60 and after["memory"]["servable"] is True
        assert "alice" not in json.dumps(after)


def test_invalidate_makes_results_unusable():
    with Operated() as p:
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit
        assert p.ask("/admin/v1/invalidate", {}).status == 400
        assert p.ask("/admin/v1/invalidate", {"all": True, "tenant": "nobody-of-this-name"}).status == 400
        assert p.ask("/admin/v1/invalidate", {"all": True}).status == 200
        assert not p.execute("SELECT 1").hit
        assert p.metric('dbxproxy_invalidations_total{source="admin"}') >= 1


def test_invalidate_by_table_tag_and_key_reaches_what_was_named():
    with Operated() as p:
        where = {"catalog": "main", "schema": "s"}
        p.execute("SELECT a FROM t1", **where)
        assert p.execute("SELECT a FROM t1", **where).hit
        done = p.ask("/admin/v1/invalidate", {"tables": ["main.S.t1"]})
        assert done.status == 200 and done.json["invalidated"] == "tables", done.body
        assert not p.execute("SELECT a FROM t1", **where).hit
        p.execute("/* dbxproxy: tag=nightly */ SELECT 1")
        p.execute("/* dbxproxy: tag=hourly */ SELECT 2")
        assert p.ask("/admin/v1/invalidate", {"tag": "nightly"}).status == 200
        assert not p.execute("/* dbxproxy: tag=nightly */ SELECT 1").hit
        assert p.execute("/* dbxproxy: tag=hourly */ SELECT 2").hit
        key = p.ask("/admin/v1/explain", {"statement": "SELECT 2", "warehouse_id": "w", "token": "alice"}).json["key"]
        assert p.ask("/admin/v1/invalidate", {"key": key}).status == 200
        assert not p.execute("SELECT 2").hit
        for bad in ({"tables": []}, {"tables": ["t1"]}, {"tables": ["main.s.*"]}, {"tables": [7]}, {"key": "abc"},
                    {"all": True, "tag": "x"}):
            assert p.ask("/admin/v1/invalidate", bad).status == 400, bad


def test_invalidate_of_one_tenant_leaves_the_others():
    config = ("[upstream.w]\nurl = %s\n[tenant.a]\nupstream = w\nhosts = a.test\n[tenant.b]\nupstream = w\nhosts = b.test\n")
    up = daemon_test.Upstream()
    with Operated(config=config % up.url, upstream=up) as p:
        for host in ("a.test", "b.test"):
            p.execute("SELECT 1", headers={"Host": host})
            assert p.execute("SELECT 1", headers={"Host": host}).hit
        assert p.ask("/admin/v1/explain", {"statement": "SELECT 1"}).status == 400, "which tenant?"
        assert p.ask("/admin/v1/explain", {"statement": "SELECT 1", "tenant": "a"}).json["tenant"] == "a"
        assert p.ask("/admin/v1/invalidate", {"all": True, "tenant": "a"}).json["tenants"] == 1
        assert not p.execute("SELECT 1", headers={"Host": "a.test"}).hit
        assert p.execute("SELECT 1", headers={"Host": "b.test"}).hit
        assert p.metric('dbxproxy_requests_total{tenant="a",class="read",outcome="hit"}') == 1
        assert p.metric('dbxproxy_requests_total{tenant="b",class="read",outcome="hit"}') == 2
        assert p.execute("SELECT 1", headers={"Host": "c.test"}).status == 404


def test_top_knows_statements_by_digest_and_no_text():
    with Operated() as p:
        for i in range(3):
            p.execute("SELECT a FROM t WHERE b = 'secret-%d'" % i)
        p.execute("SELECT a FROM t WHERE b = 'secret-1'")
        p.execute("SELECT now()")
        rows = {r["class"] + "/" + r.get("reason", ""): r for r in p.ask("/admin/v1/top").json["top"]}
        assert (rows["read/"]["count"], rows["read/"]["hits"], rows["read/"]["misses"]) == (4, 1, 3), rows
        assert rows["read/clock"]["count"] == 1 and rows["read/"]["tenant"]
        assert "secret" not in json.dumps(rows) and "sql" not in rows["read/"]


def test_log_sql_shows_statements_without_literals_and_never_tokens():
    with Operated("--set", "log.log_sql=yes") as p:
        p.execute("SELECT a FROM t WHERE b = 'secret' AND c = 4711 -- secret", token="dapi0123456789abcdef")
        p.execute("SELECT now(), 'secret'", parameters=[{"name": "p", "value": "secret"}])
        p.request("GET", "/api/2.0/sql/statements/x")
        lines = [json.loads(line) for line in open(os.path.join(p.dir.name, "access"))]
        assert lines[0]["sql"] == "SELECT a FROM t WHERE b = ? AND c = ?", lines[0]
        assert set(lines[0]) >= {"ts", "id", "tenant", "principal", "class", "outcome", "key", "statement", "status", "bytes",
                                 "us", "upstream_us"}, lines[0]
        assert lines[1]["reason"] == "clock" and lines[1]["sql"] == "SELECT now(), ?" and lines[2]["route"]
        assert len({line["id"] for line in lines}) == 3
        everything = json.dumps(lines) + p.stderr() + p.ask("/admin/v1/status.json").body.decode()
        assert "secret" not in everything and "dapi0" not in everything and "4711" not in everything


def test_last_errors_name_the_upstream_that_failed():
    with Operated() as p:
        p.up.shutdown()
        p.up.server_close()
        answer = p.execute("SELECT 1")
        assert answer.status == 503, answer.body
        errors = p.ask("/admin/v1/status.json").json["errors"]
        assert errors and errors[0]["room"] == "upstream" and errors[0]["text"], errors
        assert p.metric('dbxproxy_upstream_faults_total{kind="connect"}') >= 1


def test_the_log_level_changes_at_run_time():
    with Operated() as p:
        assert p.ask("/admin/v1/loglevel").json["level"] == "WARNING"
        assert p.ask("/admin/v1/loglevel", {"level": "debug"}).json["level"] == "DEBUG"
        assert p.ask("/admin/v1/loglevel", {"level": "loud"}).status == 400
        assert p.ask("/admin/v1/loglevel").json["level"] == "DEBUG"


def test_drain_is_answered_and_then_the_daemon_ends():
    with Operated() as p:
        assert p.ask("/admin/v1/drain", {}).json == {"draining": True}
        assert p.process.wait(20) == 0


def test_daemon_messages_are_json_lines():
    with Operated() as p:
        p.ask("/admin/v1/loglevel", {"level": "trace"})
        p.ask("/admin/v1/reload", {})
        time.sleep(0.2)
        lines = [line for line in p.stderr().splitlines() if line]
        assert lines
        for line in lines:
            entry = json.loads(line)
            assert set(entry) >= {"ts", "level", "room", "text"}, entry


def test_the_admin_listener_survives_nonsense():
    with Operated() as p:
        host, port = p.admin.rsplit(":", 1)
        for junk in (b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /admin/v1/explain HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=10) as s:
                s.sendall(junk)
                s.settimeout(2)
                try:
                    s.recv(4096)
                except socket.timeout:
                    pass
        assert p.ask("/healthz").body == b"ok\n"


if __name__ == "__main__":
    sys.exit(daemon_test.main_of(globals()))
