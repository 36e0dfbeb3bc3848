"""A scripted warehouse for the session room: answers and misfortunes as data, judged by what session_tool prints.

Speaks TAP. Usage: scripted.py SESSION_TOOL [name-part]
"""
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOOL = sys.argv[1]
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""
TOKEN = "dapiSECRETSECRET"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body,
                   "at": time.time(), "from": self.client_address[1]}
        with self.server.lock:
            self.server.seen.append(request)
        self.server.script(self, request)

    do_GET = do_POST = do_DELETE = serve

    def do_CONNECT(self):
        self.server.connects.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.reply(502)

    def reply(self, status, body=b"", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def cut(self, body, announced):
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.lock, self.count = [], threading.Lock(), {}
        self.rules = script
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, address):
        pass

    def calls(self, method, pattern):
        return [r for r in self.seen if r["method"] == method and re.fullmatch(pattern, r["path"])]

    def script(self, h, request):
        for method, pattern, steps in self.rules + DEFAULTS:
            if method != request["method"] or not re.fullmatch(pattern, request["path"]):
                continue
            with self.lock:
                n = self.count[pattern + method] = self.count.get(pattern + method, 0) + 1
            step = steps[min(n, len(steps)) - 1] if isinstance(steps, list) else steps
            return step(h, request) if callable(step) else h.reply(200, step)
        h.reply(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no such path"})


STATEMENTS, STATUS = r"/api/2\.0/sql/statements", r"/api/2\.0/sql/statements/[\w-]+"
CHUNK, SESSIONS = STATUS + r"/result/chunks/\d+", r"/api/2\.0/sql/sessions"
DEFAULTS = [("POST", SESSIONS, {"session_id": "s1"}), ("DELETE", SESSIONS + r"/\w+\?warehouse_id=\w+", {}), ("DELETE", STATUS, {}),
            ("POST", STATUS + "/cancel", {})]
COLUMNS = {"column_count": 1, "columns": [{"name": "a", "type_name": "INT", "type_text": "INT", "position": 0}]}


def manifest(*counts, **more):
    offsets = [sum(counts[:i]) for i in range(len(counts))]
    m = {"format": "JSON_ARRAY", "schema": COLUMNS, "total_chunk_count": len(counts), "total_row_count": sum(counts), "truncated": False,
         "chunks": [{"chunk_index": i, "row_offset": o, "row_count": n} for i, (o, n) in enumerate(zip(offsets, counts))]}
    m.update(more)
    return m


def rows(first, n):
    return [[str(first + i)] for i in range(n)]


def done(**more):
    answer = {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": manifest(2),
              "result": {"chunk_index": 0, "row_offset": 0, "row_count": 2, "data_array": rows(0, 2)}}
    answer.update(more)
    return answer


def state(name, **more):
    return {"statement_id": "st1", "status": dict(state=name, **more)}


def link(port, index, offset, n, last, **more):
    d = {"chunk_index": index, "row_offset": offset, "row_count": n, "external_link": f"http://127.0.0.1:{port}/storage/{index}?sig=LINKSECRET",
         "expiration": "2099-01-01T00:00:00.000Z"}
    if not last:
        d["next_chunk_index"] = index + 1
    d.update(more)
    return d


def first_link(count, per=10, **more):
    def step(h, request):
        h.reply(200, {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": manifest(*[per] * count, **more),
                      "result": {"external_links": [link(h.server.port, 0, 0, per, count == 1)]}})
    return step


def later_links(count, per=10, **more):
    def step(h, request):
        i = int(request["path"].rsplit("/", 1)[1])
        h.reply(200, {"external_links": [link(h.server.port, i, i * per, per, i == count - 1, **more)]})
    return step


def stored(per=10):
    def step(h, request):
        i = int(re.search(r"/storage/(\d+)", request["path"]).group(1))
        h.reply(200, rows(i * per, per))
    return step


STORAGE = r"/storage/\d+\?sig=LINKSECRET"
TESTS = []


def test(script):
    def wrap(function):
        TESTS.append((function.__name__.replace("_", " "), script, function))
        return function
    return wrap


class Run:
    def __init__(self, server, folder):
        self.server, self.folder, self.log = server, folder, os.path.join(folder, "log")

    def __call__(self, *sql, keys="", options=(), timeout=60, base="Host=127.0.0.1;SSL=0", env=()):
        more = env
        env = {k: v for k, v in os.environ.items() if not k.startswith("DATABRICKS_") and "proxy" not in k.lower()}
        env.update({"HOME": "/nonexistent", **dict(more)})
        text = f"{base};{'' if 'Port' in base else f'Port={self.server.port};'}HTTPPath=/sql/1.0/warehouses/w1;PWD={TOKEN};LogLevel=6;LogFile={self.log};{keys}"
        began = time.time()
        p = subprocess.run([TOOL, *map(str, options), text, *sql], capture_output=True, text=True, timeout=timeout, env=env)
        self.took, self.out = time.time() - began, p.stdout
        assert p.returncode == 0 and "Sanitizer" not in p.stderr, f"exit {p.returncode}\n{p.stdout}\n{p.stderr}"
        for secret in (TOKEN, "LINKSECRET", "PROXYSECRET"):
            assert secret not in p.stdout and secret not in open(self.log).read(), f"{secret} leaked\n{p.stdout}"
        return p.stdout

    def has(self, *parts):
        for part in parts:
            assert part in self.out, f"no {part!r} in\n{self.out}"

    def ints(self):
        return [int(x) for x in re.findall(r"^row (-?\d+)$", self.out, re.M)]


# ---- answers ----------------------------------------------------------------------------------------------------------

@test([("POST", STATEMENTS, done())])
def a_small_result_takes_one_round_trip(run, server):
    run("select 1")
    run.has("rows 2")
    assert [(r["method"], r["path"].split("?")[0]) for r in server.seen] == [
        ("POST", "/api/2.0/sql/sessions"), ("POST", "/api/2.0/sql/statements"), ("DELETE", "/api/2.0/sql/statements/st1"),
        ("DELETE", "/api/2.0/sql/sessions/s1")]
    sent = json.loads(server.seen[1]["body"])
    assert sent["disposition"] == "INLINE_OR_EXTERNAL_LINKS" and sent["format"] == "ARROW_STREAM" and "wait_timeout" not in sent
    assert sent["session_id"] == "s1" and sent["warehouse_id"] == "w1" and server.seen[1]["headers"]["authorization"] == "Bearer " + TOKEN


def slow_close(h, request):
    time.sleep(0.3)
    h.reply(200, {})


@test([("POST", STATEMENTS, done()), ("DELETE", STATUS, slow_close)])
def results_are_closed_while_the_application_goes_on_and_before_the_session_is(run, server):
    run(*["select 1"] * 5)
    assert run.out.count("rows 2") == 5
    posts, closes, ends = server.calls("POST", STATEMENTS), server.calls("DELETE", STATUS), server.calls("DELETE", ".*/sessions/.*")
    assert len(closes) == 5 and posts[-1]["at"] - posts[0]["at"] < 0.6 and ends[0]["at"] > closes[-1]["at"]
    assert len({r["from"] for r in server.seen}) <= 2, "a connection for each statement"


@test([("POST", STATEMENTS, done()), ("DELETE", STATUS, [lambda h, r: h.reply(503, {}, Retry_After="0"), {}])])
def a_close_that_is_refused_for_the_moment_is_repeated(run, server):
    run("select 1")
    run.has("rows 2")
    assert len(server.calls("DELETE", STATUS)) == 2 and len(server.calls("DELETE", ".*/sessions/.*")) == 1


@test([("POST", STATEMENTS, done()), ("DELETE", STATUS, lambda h, r: time.sleep(60))])
def a_server_that_does_not_answer_a_close_delays_the_end_by_seconds_only(run, server):
    run("select 1", "select 1")
    assert run.out.count("rows 2") == 2 and run.took < 15


@test([("POST", STATEMENTS, done(status={"state": "CLOSED"}))])
def a_closed_direct_result_is_read_and_not_closed_again(run, server):
    run("select 1")
    run.has("rows 2")
    assert not server.calls("DELETE", STATUS)


@test([("POST", STATEMENTS, done(manifest=dict(manifest(2), is_volume_operation=True)))])
def a_volume_operation_is_refused_and_its_presigned_url_stays_inside(run, server):
    run("PUT '/tmp/x' INTO '/Volumes/a/b/c/x'")
    run.has("ERR_UNSUPPORTED", "id=st1")


@test([("POST", STATEMENTS, state("PENDING")), ("GET", STATUS, [state("PENDING"), state("RUNNING"), done()])])
def a_pending_statement_is_polled_until_it_is_done(run, server):
    run("select 1")
    run.has("rows 2")
    assert len(server.calls("GET", STATUS)) == 3 and run.took < 3


@test([("POST", STATEMENTS, state("RUNNING")), ("GET", STATUS, state("CLOSED"))])
def a_statement_that_is_closed_while_polled_has_lost_its_result(run, server):
    run("select 1")
    run.has("ERR_RESULT_GONE", "id=st1")


@test([("POST", STATEMENTS, state("FAILED", error={"error_code": "BAD_REQUEST", "message": "[DIVIDE_BY_ZERO] no"}))])
def a_failed_statement_tells_state_and_id(run, server):
    run("select 1/0")
    run.has("ERR_SQL", "state=22012", "id=st1", "[DIVIDE_BY_ZERO] no")


@test([("POST", STATEMENTS, {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": manifest(2, 2),
                             "result": {"chunk_index": 0, "row_offset": 0, "row_count": 2, "data_array": rows(0, 2), "next_chunk_index": 1}}),
       ("GET", CHUNK, {"chunk_index": 1, "row_offset": 2, "row_count": 2, "data_array": rows(2, 2)})])
def inline_results_of_several_chunks_are_read_in_order(run, server):
    run("select 1")
    assert run.ints() == [0, 1, 2, 3]


@test([("POST", STATEMENTS, done(manifest=manifest(), result={}))])
def an_empty_result_keeps_its_columns(run, server):
    run("select 1 where false")
    run.has("columns 1 total=0", "rows 0")


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, b'{"statement_id":"st1","status":{"state"'))])
def malformed_json_is_a_protocol_error(run, server):
    run("select 1")
    run.has("ERR_PROTOCOL", "malformed JSON")


@test([("POST", STATEMENTS, done(statement_id="../../x"))])
def a_statement_id_that_would_change_a_path_is_refused(run, server):
    run("select 1")
    run.has("ERR_PROTOCOL", "statement_id")


@test([("POST", SESSIONS, lambda h, r: h.reply(200, b" " * 20_000_000))])
def an_answer_that_never_ends_is_cut_off(run, server):
    run("select 1")
    run.has("ERR_LIMIT")


@test([("POST", SESSIONS, lambda h, r: h.reply(307, Location="https://evil.example.com/"))])
def redirects_are_not_followed(run, server):
    run("select 1")
    run.has("open error", "http=307", "redirects are not followed")


@test([("POST", SESSIONS, lambda h, r: h.reply(403, {"error_code": 403, "message": "Invalid access token."}, x_request_id="rq-1"))])
def bad_credentials_fail_at_once_and_say_so(run, server):
    run("select 1")
    run.has("ERR_AUTH", "Invalid access token", "rq-1")
    assert len(server.seen) == 1


# ---- repetition --------------------------------------------------------------------------------------------------------

@test([("POST", STATEMENTS, [lambda h, r: h.reply(429, Retry_After="1"), lambda h, r: h.reply(503, b"", Retry_After="0"), done()])])
def refusals_with_retry_after_are_obeyed(run, server):
    run("select 1")
    run.has("rows 2")
    posts = server.calls("POST", STATEMENTS)
    assert len(posts) == 3 and 0.95 < posts[1]["at"] - posts[0]["at"] < 2


@test([("POST", STATEMENTS, state("RUNNING")), ("GET", STATUS, lambda h, r: h.reply(503, b"", Retry_After="1"))])
def a_server_that_goes_away_under_a_running_statement_is_not_waited_for_as_a_starting_one(run, server):
    run("select 1", keys="RateLimitRetryTimeout=2;WarehouseStartTimeout=600;")
    run.has("ERR_BUSY", "id=st1")
    assert run.took < 8


@test([("POST", STATEMENTS, lambda h, r: h.reply(503))])
def a_busy_server_ends_in_an_error_when_the_budget_is_spent(run, server):
    run("select 1", keys="WarehouseStartTimeout=2;")
    run.has("ERR_BUSY", "WarehouseStartTimeout")
    assert run.took < 5


@test([("POST", STATEMENTS, lambda h, r: h.reset())])
def a_reset_after_the_statement_was_sent_is_never_repeated(run, server):
    run("insert into t values (1)")
    run.has("ERR_OUTCOME_UNKNOWN", "may have run")
    assert len(server.calls("POST", STATEMENTS)) == 1


@test([("POST", STATEMENTS, [done(), lambda h, r: h.reset()])])
def nor_is_it_on_a_connection_that_was_kept_alive(run, server):
    run("select 1", "insert into t values (1)")
    run.has("ERR_OUTCOME_UNKNOWN")
    assert len(server.calls("POST", STATEMENTS)) == 2


@test([("POST", STATEMENTS, lambda h, r: h.cut(b'{"statement_id"', 500))])
def nor_when_the_answer_is_cut(run, server):
    run("insert into t values (1)")
    run.has("ERR_OUTCOME_UNKNOWN", "cut short")
    assert len(server.calls("POST", STATEMENTS)) == 1


@test([("POST", STATEMENTS, lambda h, r: h.reply(504, b"<title>gateway</title>"))])
def nor_when_a_gateway_gives_up(run, server):
    run("insert into t values (1)")
    run.has("ERR_OUTCOME_UNKNOWN")
    assert len(server.calls("POST", STATEMENTS)) == 1


@test([("POST", STATEMENTS, lambda h, r: time.sleep(30))])
def a_silent_server_is_given_up_after_the_socket_timeout_and_its_own_wait(run, server):
    run("insert into t values (1)", keys="SocketTimeout=1;")
    run.has("ERR_OUTCOME_UNKNOWN", "no byte for")
    assert 10 < run.took < 20


@test([("POST", STATEMENTS, state("RUNNING")), ("GET", STATUS, [lambda h, r: h.reset(), lambda h, r: h.reply(500), lambda h, r: h.cut(b"{", 9), done()])])
def polling_survives_resets_errors_and_cuts(run, server):
    run("select 1")
    run.has("rows 2")


@test([("POST", STATEMENTS, [lambda h, r: h.reply(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "disposition"}), done()])])
def a_server_that_refuses_hybrid_gets_what_it_knows_from_then_on(run, server):
    run("select 1", "select 2")
    assert run.out.count("rows 2") == 2
    assert [json.loads(r["body"])["disposition"] for r in server.calls("POST", STATEMENTS)] == ["INLINE_OR_EXTERNAL_LINKS", "EXTERNAL_LINKS", "EXTERNAL_LINKS"]


@test([("POST", STATEMENTS, lambda h, r: h.reply(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "row_limit is odd"}))])
def a_refusal_of_something_else_is_reported_as_it_was(run, server):
    run("select 1", "select 2")
    run.has("row_limit is odd")
    assert json.loads(server.calls("POST", STATEMENTS)[-3]["body"])["disposition"] == "INLINE_OR_EXTERNAL_LINKS"


# ---- cancel and deadlines ------------------------------------------------------------------------------------------------

@test([("POST", STATEMENTS, state("PENDING")), ("GET", STATUS, state("PENDING"))])
def cancelling_a_statement_that_pends_for_ever_tells_the_server(run, server):
    run("select 1", options=("-c", 400))
    run.has("ERR_CANCELLED", "id=st1")
    assert len(server.calls("POST", STATUS + "/cancel")) == 1 and run.took < 2


@test([("POST", STATEMENTS, state("PENDING")), ("GET", STATUS, state("PENDING"))])
def a_deadline_cancels_a_statement_that_pends_for_ever(run, server):
    run("select 1", options=("-d", 600))
    run.has("ERR_QUERY_TIMEOUT", "id=st1")
    assert len(server.calls("POST", STATUS + "/cancel")) == 1 and run.took < 2


def slow_start(h, request):
    time.sleep(1.5)
    h.reply(200, state("RUNNING"))


@test([("POST", STATEMENTS, [slow_start, done()])])
def cancelling_before_the_id_is_known_returns_at_once_and_reaches_the_server_later(run, server):
    run("select 1", "@sleep 1600", options=("-c", 300))
    run.has("ERR_CANCELLED")
    assert int(re.search(r"took (\d+) ms", run.out).group(1)) < 1000, run.out
    assert len(server.calls("POST", STATUS + "/cancel")) == 1


@test([("POST", STATEMENTS, lambda h, r: h.reply(503, b"", Retry_After="30"))])
def cancel_interrupts_the_wait_between_repetitions(run, server):
    run("select 1", options=("-c", 300))
    run.has("ERR_CANCELLED")
    assert run.took < 2


@test([("POST", SESSIONS, lambda h, r: time.sleep(30))])
def the_login_deadline_holds_on_a_silent_server(run, server):
    run("select 1", options=("-l", 1000))
    run.has("ERR_LOGIN_TIMEOUT")
    assert run.took < 3


# ---- chunks --------------------------------------------------------------------------------------------------------------------

@test([("POST", STATEMENTS, first_link(20)), ("GET", CHUNK, later_links(20, http_headers={"x-key": "k1"})), ("GET", STORAGE, stored())])
def many_chunks_arrive_in_order_and_without_the_token(run, server):
    run("select 1")
    assert run.ints() == list(range(200))
    downloads = server.calls("GET", STORAGE)
    assert len(downloads) == 20 and not any("authorization" in r["headers"] for r in downloads)
    assert sum(r["headers"].get("x-key") == "k1" for r in downloads) == 19


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, {"statement_id": "st1", "status": {"state": "SUCCEEDED"},
        "manifest": {"format": "JSON_ARRAY", "schema": COLUMNS}, "result": {"external_links": [link(h.server.port, 0, 0, 10, False)]}})),
       ("GET", CHUNK, later_links(7)), ("GET", STORAGE, stored())])
def without_a_chunk_list_the_links_are_followed(run, server):
    run("select 1")
    assert run.ints() == list(range(70))


@test([("POST", STATEMENTS, first_link(3)), ("GET", CHUNK, later_links(3)),
       ("GET", r"/storage/1\?.*", [lambda h, r: h.reply(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"), stored()]),
       ("GET", STORAGE, stored())])
def an_expired_link_is_asked_for_anew(run, server):
    run("select 1")
    assert run.ints() == list(range(30))
    assert len(server.calls("GET", STATUS + "/result/chunks/1")) == 2


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, done(manifest=manifest(10), result={"external_links": [
        link(h.server.port, 0, 0, 10, True, expiration="2020-01-01T00:00:00Z")]}))),
       ("GET", CHUNK, later_links(1, expiration="2020-01-01T00:00:00Z")), ("GET", STORAGE, stored())])
def a_clock_that_is_wrong_does_not_keep_fresh_links_from_use(run, server):
    run("select 1")
    run.has("rows 10")
    assert len(server.calls("GET", CHUNK)) == 1


@test([("POST", STATEMENTS, first_link(2)), ("GET", CHUNK, later_links(2)), ("GET", STORAGE, lambda h, r: h.reply(403))])
def a_storage_that_refuses_for_ever_is_an_error_with_host_and_key(run, server):
    run("insert into t select 1")
    run.has("ERR_STORAGE", "127.0.0.1", "EnableQueryResultDownload=0")
    assert len(server.calls("GET", STORAGE)) <= 8


@test([("POST", STATEMENTS, [lambda h, r: h.reply(200, done(manifest=manifest(10), result={"external_links": [
        dict(link(1, 0, 0, 10, True), external_link="http://127.0.0.1:1/x?sig=LINKSECRET")]})), done()])])
def an_unreachable_storage_falls_back_to_the_api_and_is_remembered(run, server):
    run("select 1", "select 2")
    assert run.out.count("rows 2") == 2
    assert [json.loads(r["body"])["disposition"] for r in server.calls("POST", STATEMENTS)] == ["INLINE_OR_EXTERNAL_LINKS", "INLINE", "INLINE"]


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, done(manifest=manifest(10), result={"external_links": [
        dict(link(1, 0, 0, 10, True), external_link="http://storage.example.com/x?sig=LINKSECRET")]})))])
def a_plain_http_link_to_a_far_host_is_refused(run, server):
    run("insert into t select 1")
    run.has("ERR_STORAGE", "plain http")


@test([("POST", STATEMENTS, first_link(3)), ("GET", CHUNK, later_links(3)),
       ("GET", r"/storage/2\?.*", [lambda h, r: h.cut(b'[["20"]', 100), lambda h, r: h.reset(), lambda h, r: h.reply(500), stored()]), ("GET", STORAGE, stored())])
def cut_and_broken_downloads_are_repeated(run, server):
    run("select 1")
    assert run.ints() == list(range(30))


def stall(h, request):
    h.send_response(200)
    h.send_header("Content-Length", "1000")
    h.end_headers()
    h.wfile.write(b'[["1"]')
    h.wfile.flush()
    time.sleep(8)


@test([("POST", STATEMENTS, first_link(2)), ("GET", CHUNK, later_links(2)), ("GET", r"/storage/1\?.*", [stall, stored()]), ("GET", STORAGE, stored())])
def a_stalled_download_is_noticed_and_repeated(run, server):
    run("select 1", keys="SocketTimeout=1;")
    assert run.ints() == list(range(20)) and run.took < 6


@test([("POST", STATEMENTS, first_link(2)), ("GET", CHUNK, later_links(2)), ("GET", r"/storage/1\?.*", lambda h, r: time.sleep(9)), ("GET", STORAGE, stored())])
def cancel_ends_a_fetch_that_waits_for_a_chunk(run, server):
    run("select 1", options=("-c", 500))
    run.has("fetch error ERR_CANCELLED")
    assert run.took < 2


@test([("POST", STATEMENTS, first_link(3)), ("GET", CHUNK, later_links(3)), ("GET", r"/storage/1\?.*", lambda h, r: h.reply(200, rows(10, 9))), ("GET", STORAGE, stored())])
def a_chunk_with_fewer_rows_than_announced_is_an_error(run, server):
    run("select 1")
    run.has("fetch error ERR_RESULT_SHORT")


@test([("POST", STATEMENTS, first_link(3)), ("GET", CHUNK, lambda h, r: h.reply(200, {})), ("GET", STORAGE, stored())])
def a_missing_link_is_an_error(run, server):
    run("select 1")
    run.has("ERR_RESULT_CORRUPT", "no link")


@test([("POST", STATEMENTS, first_link(3)), ("GET", CHUNK, lambda h, r: h.reply(404, {"error_code": "NOT_FOUND", "message": "gone"})), ("GET", STORAGE, stored())])
def a_result_that_the_server_has_dropped_is_an_error(run, server):
    run("select 1")
    run.has("fetch error ERR_RESULT_GONE")


def lists(chunks, **more):
    m = manifest(10, 10)
    m["chunks"] = [dict(zip(("chunk_index", "row_offset", "row_count"), c)) for c in chunks]
    m.update(more)
    return lambda h, r: h.reply(200, {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": m,
                                      "result": {"external_links": [link(h.server.port, 0, 0, 10, False)]}})


for name, script in {
        "missing": lists([(0, 0, 10)]), "duplicate": lists([(0, 0, 10), (0, 0, 10)]), "misplaced": lists([(0, 0, 10), (1, 11, 10)]),
        "unannounced": lists([(0, 0, 10), (2, 10, 10)]), "miscounted": lists([(0, 0, 10), (1, 10, 10)], total_row_count=21),
        "contradicted": lists([(0, 0, 9), (1, 9, 11)])}.items():
    @test([("POST", STATEMENTS, script), ("GET", CHUNK, later_links(2)), ("GET", STORAGE, stored())])
    def chunk_list_is_refused(run, server):
        run("select 1")
        run.has("ERR_RESULT_CORRUPT")
    TESTS[-1] = (f"a chunk list with a {name} chunk is refused", *TESTS[-1][1:])


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": {"format": "JSON_ARRAY", "schema": COLUMNS},
        "result": {"external_links": [link(h.server.port, 0, 0, 10, False, next_chunk_index=0)]}}))])
def links_that_go_round_in_circles_are_refused(run, server):
    run("select 1")
    run.has("ERR_RESULT_CORRUPT", "earlier")


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, done(manifest=manifest(2, total_chunk_count=None, chunks=None, total_row_count=5))))])
def fewer_rows_than_the_total_are_an_error_and_not_an_end(run, server):
    run("select 1")
    run.has("fetch error ERR_RESULT_SHORT", "announced 5")


# ---- TLS and proxies -----------------------------------------------------------------------------------------------------------

def certificate(folder, name):
    """A self-signed certificate for a host name; (certificate, key)."""
    crt, key = os.path.join(folder, "crt.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", crt, "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return crt, key


def over_tls(server, folder, name="localhost"):
    crt, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return crt


@test([("POST", STATEMENTS, done())])
def tls_works_with_a_trusted_certificate(run, server):
    crt = over_tls(server, run.folder)
    run("select 1", keys=f"TrustedCerts={crt};", base="Host=localhost;SSL=1")
    run.has("rows 2")


@test([("POST", STATEMENTS, done())])
def a_certificate_that_nobody_vouches_for_is_refused(run, server):
    over_tls(server, run.folder)
    run("select 1", base="Host=localhost;SSL=1")
    run.has("open error ERR_NET_TLS", "TrustedCerts")
    assert not server.seen


@test([("POST", STATEMENTS, done())])
def a_certificate_for_another_host_is_refused_unless_told(run, server):
    crt = over_tls(server, run.folder, "other.example.com")
    run("select 1", keys=f"TrustedCerts={crt};", base="Host=localhost;SSL=1")
    run.has("open error ERR_NET_TLS")
    assert not server.seen
    run("select 1", keys=f"TrustedCerts={crt};SSLVerifyHost=0;", base="Host=localhost;SSL=1")
    run.has("rows 2")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Http2Storage:
    """A real HTTP/2 server with the files of a folder."""

    def __init__(self, folder, count, crt, key):
        self.port = free_port()
        os.makedirs(folder + "/storage")
        for i in range(count):
            with open(f"{folder}/storage/{i}", "w") as out:
                json.dump(rows(i * 10, 10), out)
        self.process = subprocess.Popen(["nghttpd", "-d", folder, str(self.port), key, crt], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def link(self, index, last):
        return dict(link(0, index, index * 10, 10, last), external_link=f"https://localhost:{self.port}/storage/{index}?sig=LINKSECRET")


@test([("POST", STATEMENTS, lambda h, r: h.reply(200, {"statement_id": "st1", "status": {"state": "SUCCEEDED"}, "manifest": manifest(*[10] * 5),
                                                       "result": {"external_links": [h.server.storage.link(i, i == 4) for i in range(5)]}}))])
def storage_that_offers_http_2_is_spoken_to_in_it(run, server):
    if not shutil.which("nghttpd"):
        return
    crt, key = certificate(run.folder, "localhost")
    with Http2Storage(run.folder + "/docs", 5, crt, key) as server.storage:
        run("select 1", keys=f"TrustedCerts={crt};")
    assert run.ints() == list(range(50))
    with open(run.log) as log:
        assert log.read().count("-> 200 over HTTP/2") == 5


@test([("POST", STATEMENTS, done())])
def a_port_that_does_not_speak_tls_is_named_as_such(run, server):
    run("select 1", base="Host=localhost;SSL=1")
    run.has("open error ERR_NET_TLS", "TLS handshake")


@test([("POST", "http://far.example.com.*", lambda h, r: h.reply(500))])
def company_proxies_get_a_connect_for_far_hosts(run, server):
    server.connects = []
    run("select 1", keys=f"UseProxy=1;ProxyHost=127.0.0.1;ProxyPort={server.port};ProxyUID=u;ProxyPWD=PROXYSECRET;", base="Host=far.example.com;SSL=1;Port=443")
    run.has("open error")
    assert [c[0] for c in server.connects][:1] == ["far.example.com:443"] and server.connects[0][1], server.connects


@test([("POST", STATEMENTS, done())])
def loopback_is_never_reached_through_a_proxy(run, server):
    run("select 1", env={"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"})
    run.has("rows 2")


# ---- sessions ------------------------------------------------------------------------------------------------------------------

def needs_session(wanted, good):
    def step(h, request):
        body = json.loads(request["body"])
        if body["session_id"] in wanted:
            return h.reply(200, good)
        h.reply(404, {"error_code": "NOT_FOUND", "message": f"Session [{body['session_id']}] is closed."})
    return step


@test([("POST", SESSIONS, [{"session_id": "s1"}, {"session_id": "s2"}]), ("POST", STATEMENTS, [done(), needs_session(["s2"], done())])])
def a_lost_session_is_opened_anew_and_its_settings_are_said_again(run, server):
    run("use schema x", "select 2")
    assert run.out.count("rows 2") == 2
    texts = [json.loads(r["body"])["statement"] for r in server.calls("POST", STATEMENTS)]
    assert texts == ["use schema x", "select 2", "use schema x", "select 2"], texts


@test([("POST", SESSIONS, [{"session_id": "s1"}, {"session_id": "s2"}]), ("POST", STATEMENTS, [done(), needs_session(["s2"], done())])])
def a_lost_session_with_a_temporary_view_is_reported(run, server):
    run("create or replace temporary view v as select 1", "select 2")
    run.has("ERR_SESSION_LOST", "dead=1")
    assert len(server.calls("POST", SESSIONS)) == 1


@test([("POST", STATEMENTS, done())])
def headers_of_the_connection_reach_the_api(run, server):
    run("select 1", keys="http.header.X-Team=a b;UserAgentEntry=app/1.0;HTTP_Path=x;")
    h = server.calls("POST", STATEMENTS)[0]["headers"]
    assert h["x-team"] == "a b" and h["user-agent"].startswith("dbx-odbc/") and h["user-agent"].endswith(" app/1.0")


@test([("POST", STATEMENTS, done())])
def threads_share_a_session(run, server):
    run(*["select 1"] * 5, options=("-t", 8))
    assert run.out.count("rows 2") == 40


@test([("POST", STATEMENTS, done())])
def a_forked_child_is_told_to_connect_anew_and_does_no_harm(run, server):
    run("select 1", "@fork", "select 2")
    run.has("child execute error ERR_NET_RESET", "connect anew in the child")
    assert run.out.count("rows 2") == 2 and len(server.calls("DELETE", ".*/sessions/.*")) == 1
    assert len(server.calls("POST", STATEMENTS)) == 2


LINKED = [lambda h, r: h.reply(200, done(manifest=manifest(10), result={"external_links": [
    dict(link(1, 0, 0, 10, True), external_link="http://127.0.0.1:1/x?sig=LINKSECRET")]}))]
TOO_LARGE = state("FAILED", error={"error_code": "BAD_REQUEST", "message": "Inline byte limit exceeded; use EXTERNAL_LINKS"})


@test([("POST", STATEMENTS, [*LINKED, done(), TOO_LARGE, first_link(1)]), ("GET", STORAGE, stored())])
def a_result_too_large_for_the_api_tries_the_storage_again(run, server):
    run("select 1", "select 2")
    run.has("rows 2", "rows 10")


@test([("POST", STATEMENTS, done())])
def unknown_keys_are_named_in_the_log(run, server):
    run("select 1", keys="NoSuchKey=1;")
    run.has("rows 2")
    assert "NoSuchKey" in open(run.log).read()


def judge(case):
    name, script, function = case
    with tempfile.TemporaryDirectory() as folder:
        server = Server(script)
        try:
            return function(Run(server, folder), server)
        except (AssertionError, subprocess.TimeoutExpired, IndexError, AttributeError, OSError) as fault:
            return f"{type(fault).__name__}: {fault}"
        finally:
            server.shutdown()
            server.server_close()


def main():
    chosen = [t for t in TESTS if ONLY in t[0]]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    with ThreadPoolExecutor(8) as pool:  # most of the time they wait
        for n, (case, fault) in enumerate(zip(chosen, pool.map(judge, chosen)), 1):
            failed += fault is not None
            print(f"{'not ok' if fault else 'ok'} {n} - {case[0]}", flush=True)
            for line in (fault or "").splitlines():
                print(f"# {line}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
