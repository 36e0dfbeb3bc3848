"""Results of several chunks, behind links, and larger than the process that passes them on. Prints TAP.

The daemon's memory is judged by VmHWM: under a sanitizer, whose own memory is in it, only a looser bound and a smaller
stream are possible."""
import base64
import gzip
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid

from daemon_test import DBXPROXYD, STATEMENTS, Proxy, UnixConnection
from fake_upstream import Handler, Upstream

MIB = 1 << 20
with open(DBXPROXYD, "rb") as program:
    start = program.read(4)
if start == b"#!/b":  # libtool's wrapper
    program = os.path.join(os.path.dirname(DBXPROXYD), ".libs", "dbxproxyd")
else:
    program = DBXPROXYD
with open(program, "rb") as f:
    SANITIZED = b"libasan" in f.read() or b"libtsan" in open(program, "rb").read()
STREAM = int(os.environ.get("DBX_LARGE_BYTES", 128 * MIB if SANITIZED else 1024 * MIB))
MAX_RSS = (320 if SANITIZED else 64) * MIB
if SANITIZED:
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
BLOCK = bytes(range(256)) * 1024  # 256 KiB


class LargeHandler(Handler):
    def stream(self, size, headers=()):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        while size > 0:
            n = min(size, len(BLOCK))
            self.wfile.write(BLOCK[:n])
            with self.server.lock:
                self.server.sent += n
            size -= n

    def any(self):
        if self.path.startswith("/api/2.0/fs/files/stream/"):
            return self.stream(int(self.path.split("/")[-1]))
        if self.path.startswith("/storage/"):
            with self.server.lock:
                self.server.downloads.append((self.path, dict(self.headers.items())))
            return self.server.storage(self, self.path[len("/storage/"):])
        return super().any()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = any

    def statement(self, parts):
        s = self.server.large.get(parts[5])
        if not s:
            return super().statement(parts)
        if self.command == "DELETE" or parts[-1] == "cancel":
            s.closed = True
            return self.send(200, {})
        if len(parts) > 6:
            with self.server.lock:
                s.asked.append((int(parts[-1]), self.headers.get("Authorization")))
            return s.answer_chunk(self, int(parts[-1]))
        return self.send(200, s.answer())


class Statement:
    """A succeeded statement with rows_per_chunk rows of `width` bytes in each of n chunks."""

    def __init__(self, server, n, rows_per_chunk=2, width=20, links=None, together=False, form="JSON_ARRAY"):
        self.id = str(uuid.uuid4())
        self.server, self.n, self.rows, self.width = server, n, rows_per_chunk, width
        self.links, self.together, self.form = links, together, form
        self.asked = []          # (chunk, Authorization)
        self.closed = self.closes = False
        self.fault = None        # a function (handler, chunk) -> True when it answered
        server.large[self.id] = self

    def info(self, i):
        return {"chunk_index": i, "row_offset": i * self.rows, "row_count": self.rows}

    def after(self, i):
        return {} if i + 1 >= self.n else {
            "next_chunk_index": i + 1,
            "next_chunk_internal_link": "%s/%s/result/chunks/%d?row_offset=%d" % (STATEMENTS, self.id, i + 1, (i + 1) * self.rows)}

    def link(self, i):
        return {**self.info(i), "byte_count": self.links, **self.after(i), "expiration": "2030-01-01T00:00:00.000Z",
                "external_link": "%s/storage/%s/%d/%d" % (self.server.url, self.id, i, len(self.asked)), "http_headers": {"x-key": "k"}}

    def chunk(self, i):
        if self.links:
            return {"external_links": [self.link(k) for k in (range(self.n) if self.together else [i])]}
        return {**self.info(i), "data_array": [["%d-%d-" % (i, r) + "x" * self.width] for r in range(self.rows)], **self.after(i)}

    def answer(self):
        return {"statement_id": self.id, "status": {"state": "SUCCEEDED"},
                "manifest": {"format": self.form,
                             "schema": {"column_count": 1, "columns": [
                                 {"name": "a", "type_text": "STRING", "type_name": "STRING", "position": 0}]},
                             "total_chunk_count": self.n, "chunks": [self.info(i) for i in range(self.n)],
                             "total_row_count": self.n * self.rows, "truncated": False},
                "result": self.chunk(0)}

    def answer_chunk(self, handler, i):
        if self.fault and self.fault(handler, i):
            return None
        if self.closed:
            return handler.send(404, {"error_code": "NOT_FOUND", "message": "the statement is closed"})
        if self.closes and i == self.n - 1:
            self.closed = True
        return handler.send(200, self.chunk(i))


class LargeUpstream(Upstream):
    def __init__(self):
        super().__init__()
        self.RequestHandlerClass = LargeHandler
        self.large, self.sent = {}, 0
        self.storage = lambda handler, name: handler.send(200, name.encode())

    def answer_with(self, **fields):
        """Every execute gives a new statement of this shape; the last one is returned by latest()."""
        self.made = []

        def script(handler, request):
            self.made.append(Statement(self, **fields))
            return self.made[-1].answer()
        self.script = script


class LargeProxy(Proxy):
    def __init__(self, *options, upstream=None):
        super().__init__(*options, upstream=upstream or LargeUpstream())

    def walk(self, sql="SELECT 1", token="alice", **fields):
        """The answer and all further chunks, each asked for by the path that the one before names."""
        first = self.execute(sql, token=token, **fields)
        assert first.status == 200, first.body
        chunks, part = [first.json["result"]], first.json["result"]
        while True:
            at = part["external_links"][-1] if "external_links" in part else part
            if "next_chunk_internal_link" not in at:
                return first, chunks
            got = self.request("GET", at["next_chunk_internal_link"], token=token)
            assert got.status == 200, got.body
            part = got.json
            chunks.append(part)

    def download(self, link, method="GET", headers=None):
        url = link["external_link"]
        assert url.startswith("http://%s/dbxp/v1/r/" % self.address), url
        return self.request(method, url[len("http://" + self.address):], token=None, headers=headers)

    def kept(self, count, wait=10):
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if self.metric('dbxproxy_cache_entries{tier="l1"}') >= count:
                return True
            time.sleep(0.02)
        return False

    def hit_after(self, sql="SELECT 1", **fields):
        """The answer as soon as it is a hit, without going upstream meanwhile; else None."""
        headers = {"Cache-Control": "only-if-cached"}
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            got = self.execute(sql, headers=headers, **fields)
            if got.hit:
                return got
            time.sleep(0.05)
        return None

    def never_a_hit(self, sql="SELECT 1", **fields):
        time.sleep(0.6)
        return not self.execute(sql, headers={"Cache-Control": "only-if-cached"}, **fields).hit

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))

    def check_memory(self):
        got = self.memory()
        print("# VmHWM %.1f MiB" % (got / MIB))
        assert got <= MAX_RSS, got


LINKED = {"disposition": "EXTERNAL_LINKS", "format": "ARROW_STREAM"}


def twice(p, **fields):
    """External results are downloaded from the second request on."""
    p.execute("SELECT 1", **fields)
    return p.execute("SELECT 1", **fields)


def path_of(link):
    return "/" + link["external_link"].split("/", 3)[3]


# ---- kept while they are walked ---------------------------------------------------------------------------------------


def without_ids(answer, chunks):
    text = json.dumps([answer["manifest"], chunks])
    return text.replace(answer["statement_id"], "ID")


def test_an_inline_result_of_many_chunks_is_kept_while_its_client_walks_it():
    with LargeProxy() as p:
        p.up.answer_with(n=20)
        first, chunks = p.walk()
        assert len(chunks) == 20 and not first.hit
        (made,) = p.up.made
        assert [i for i, _ in made.asked] == list(range(1, 20)), "each chunk is read once"
        hit, again = p.walk()
        assert hit.hit, hit.cache
        assert len(p.up.made) == 1 and len(made.asked) == 19, "nothing was asked upstream"
        assert hit.json["statement_id"].startswith("dbxp1.")
        assert without_ids(first.json, chunks) == without_ids(hit.json, again)


def test_chunks_of_a_hit_come_in_any_order_with_or_without_row_offset():
    with LargeProxy() as p:
        p.up.answer_with(n=5)
        _, chunks = p.walk()
        sid = p.execute("SELECT 1").json["statement_id"]
        for i in (4, 0, 2, 2, 1, 3):
            for query in ("", "?row_offset=%d" % (2 * i)):
                got = p.request("GET", "%s/%s/result/chunks/%d%s" % (STATEMENTS, sid, i, query))
                assert got.status == 200 and got.json["data_array"] == chunks[i]["data_array"]
        for i in ("5", "-1", "x", "99999999999999999999"):
            assert p.request("GET", "%s/%s/result/chunks/%s" % (STATEMENTS, sid, i)).status == 404
        assert p.request("GET", STATEMENTS + "/" + sid).json["result"]["data_array"] == chunks[0]["data_array"]


def test_a_statement_that_closes_after_its_last_chunk_is_kept():
    with LargeProxy() as p:
        p.up.answer_with(n=3)
        first = p.execute("SELECT 1")
        p.up.made[0].closes = True
        for i in (1, 2):
            assert p.request("GET", "%s/%s/result/chunks/%d" % (STATEMENTS, first.json["statement_id"], i)).status == 200
        assert p.request("DELETE", STATEMENTS + "/" + first.json["statement_id"]).status == 200
        assert p.hit_after()


def test_a_walk_that_ends_early_keeps_nothing():
    with LargeProxy() as p:
        p.up.answer_with(n=4)
        first = p.execute("SELECT 1")
        p.request("GET", "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"]))
        p.request("DELETE", STATEMENTS + "/" + first.json["statement_id"])
        assert p.never_a_hit()
        assert p.metric('dbxproxy_cache_entries{tier="l1"}') == 0


def test_a_chunk_that_is_gone_is_told_and_keeps_nothing():
    with LargeProxy() as p:
        p.up.answer_with(n=3)
        first = p.execute("SELECT 1")
        p.up.made[0].closed = True
        got = p.request("GET", "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"]))
        assert got.status == 404 and b"is closed" in got.body
        p.up.made[0].closed = False
        for i in (1, 2):
            assert p.request("GET", "%s/%s/result/chunks/%d" % (STATEMENTS, first.json["statement_id"], i)).status == 200
        assert p.never_a_hit()


def test_a_chunk_that_contradicts_the_manifest_is_passed_on_and_keeps_nothing():
    def short(handler, i):
        if i == 1:
            handler.send(200, {**Statement.chunk(p.up.made[-1], 1), "data_array": [["only one"]]})
        return i == 1
    with LargeProxy() as p:
        p.up.answer_with(n=2)
        first = p.execute("SELECT 1")
        p.up.made[0].fault = short
        got = p.request("GET", "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"]))
        assert got.json["data_array"] == [["only one"]]
        assert p.never_a_hit()


def test_a_failed_try_for_a_chunk_may_be_repeated_by_the_client():
    failed = []

    def once(handler, i):
        if failed:
            return False
        failed.append(i)
        handler.send(500, {"error_code": "INTERNAL_ERROR", "message": "try again"})
        return True
    with LargeProxy() as p:
        p.up.answer_with(n=2)
        first = p.execute("SELECT 1")
        p.up.made[0].fault = once
        path = "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"])
        while p.request("GET", path).status != 200:
            pass
        assert p.hit_after()


def test_somebody_elses_chunks_do_not_fill_my_result():
    with LargeProxy() as p:
        p.up.answer_with(n=2)
        first = p.execute("SELECT 1", token="alice")
        p.request("GET", "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"]), token="bob")
        assert p.never_a_hit()


def test_a_write_during_the_walk_keeps_the_result_out():
    with LargeProxy() as p:
        p.up.answer_with(n=2)
        first = p.execute("SELECT 1")
        script, p.up.script = p.up.script, None
        p.execute("INSERT INTO t VALUES (1)")
        p.up.script = script
        p.request("GET", "%s/%s/result/chunks/1" % (STATEMENTS, first.json["statement_id"]))
        assert p.never_a_hit()


# ---- links ------------------------------------------------------------------------------------------------------------


def test_links_that_come_one_per_chunk_are_kept_after_the_walk():
    with LargeProxy() as p:
        p.up.storage = lambda h, name: h.send(200, b"body %s" % name.split("/")[1].encode())
        p.up.answer_with(n=9, links=6, form="ARROW_STREAM")
        p.execute("SELECT 1", **LINKED)
        first, chunks = p.walk(**LINKED)
        assert not first.hit and len(chunks) == 9
        assert chunks[3]["external_links"][0]["external_link"].startswith(p.up.url), "a miss has the upstream's links"
        assert p.hit_after(**LINKED)
        hit, again = p.walk(**LINKED)
        assert hit.hit and len(again) == 9 and len(p.up.made) == 2
        for i, chunk in enumerate(again):
            (link,) = chunk["external_links"]
            assert (link["chunk_index"], link["row_offset"], link["row_count"]) == (i, 2 * i, 2)
            assert not link.get("http_headers") and link["expiration"].endswith("Z")
            assert p.download(link).body == b"body %d" % i
        for path, headers in p.up.downloads:
            assert "Authorization" not in headers and headers["x-key"] == "k"


def slow_download(p, delay, status=200):
    p.up.answer_with(n=2, links=100, together=True, form="ARROW_STREAM")

    def storage(handler, name):
        time.sleep(delay)
        handler.send(status, b"x" * 100)
    p.up.storage = storage
    twice(p, **LINKED)


def at_once(p, count):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(p.execute("SELECT 1", **LINKED))) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return answers


def test_who_asks_while_a_result_is_downloaded_waits_for_it():
    with LargeProxy() as p:
        p.up.delay = 0.5  # of executions: what a run took is worth waiting for
        slow_download(p, 0.3)
        answers = at_once(p, 8)
        assert all(a.hit for a in answers), [a.cache for a in answers]
        assert len(p.up.made) == 2


def test_who_waits_for_a_download_that_fails_or_takes_too_long_runs_it():
    for delay, status in ((0.1, 500), (3, 200)):
        with LargeProxy() as p:
            p.up.delay = 0.3  # of executions: those who give up waiting at nearly the same moment meet in one
            slow_download(p, delay, status)
            began = time.monotonic()
            answers = at_once(p, 4)
            assert all(a.status == 200 and not a.hit for a in answers)
            assert time.monotonic() - began < 2.5
            assert len(p.up.made) == 3, "one more run, for all of them"


def test_who_leaves_while_waiting_for_a_download_is_forgotten():
    with LargeProxy() as p:
        p.up.delay = 0.5
        slow_download(p, 0.4)
        body = json.dumps({"statement": "SELECT 1", "warehouse_id": "w", **LINKED}).encode()
        host, port = p.address.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as s:
            s.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nContent-Length: %d\r\n\r\n%s" %
                      (STATEMENTS.encode(), len(body), body))
            time.sleep(0.1)
        assert p.hit_after(**LINKED)


def kept_links(p, n=1, size=1000):
    body = (BLOCK * (size // len(BLOCK) + 1))[:size]
    p.up.storage = lambda h, name: h.send(200, body)
    p.up.answer_with(n=n, links=size, together=True, form="ARROW_STREAM")
    twice(p, **LINKED)
    hit = p.hit_after(**LINKED)
    assert hit
    return hit, body


def test_a_part_of_a_kept_chunk_can_be_asked_for():
    with LargeProxy() as p:
        hit, body = kept_links(p)
        (link,) = hit.json["result"]["external_links"]
        whole = p.download(link)
        assert (whole.status, whole.body) == (200, body)
        assert whole.headers["accept-ranges"] == "bytes" and whole.headers["referrer-policy"] == "no-referrer"
        head = p.download(link, "HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "1000")
        for spec, first, last in (("0-9", 0, 9), ("990-", 990, 999), ("-5", 995, 999), ("990-5000", 990, 999)):
            part = p.download(link, headers={"Range": "bytes=" + spec})
            assert (part.status, part.body) == (206, body[first:last + 1]), spec
            assert part.headers["content-range"] == "bytes %d-%d/1000" % (first, last)
        none = p.download(link, headers={"Range": "bytes=1000-"})
        assert (none.status, none.body, none.headers["content-range"]) == (416, b"", "bytes */1000")
        assert p.download(link, headers={"Range": "bytes=0-1,5-6"}).status == 200


def test_ids_open_for_their_principal_only_and_links_for_their_chunks_only():
    with LargeProxy() as p:
        hit, body = kept_links(p, n=2)
        sid = hit.json["statement_id"]
        assert p.request("GET", STATEMENTS + "/" + sid).status == 200
        for path in ("", "/result/chunks/0", "/result/chunks/1"):
            stolen = p.request("GET", STATEMENTS + "/" + sid + path, token="bob")
            assert stolen.status == 404 and b"external_link" not in stolen.body
            assert p.request("GET", STATEMENTS + "/" + sid + path, token=None).status == 401
        path = path_of(hit.json["result"]["external_links"][1])
        assert p.request("GET", path, token="bob").body == body, "a link is a capability"
        assert p.request("GET", path[:-1] + "2", token=None).status == 404
        middle = len(path) // 2
        forged = path[:middle] + ("B" if path[middle] == "A" else "A") + path[middle + 1:]
        assert p.request("GET", forged, token=None).status == 404
        assert p.request("GET", "/dbxp/v1/r/" + sid + "/0", token=None).status == 404, "an id is not a link"
        sealed = path.split("/")[4]
        assert p.request("GET", STATEMENTS + "/" + sealed, token="alice").status == 404, "a link is not an id"


def refused(storage, n=1, size=1000, renewals=None):
    with LargeProxy() as p:
        p.up.storage = storage
        p.up.answer_with(n=n, links=size, together=True, form="ARROW_STREAM")
        twice(p, **LINKED)
        assert p.never_a_hit(**LINKED)
        assert p.metric('dbxproxy_cache_entries{tier="l1"}') == 0
        if renewals is not None:
            assert len(p.up.made[-1].asked) == renewals, p.up.made[-1].asked
        assert p.execute("SELECT 1", **LINKED).status == 200, "the client never notices"


def test_a_body_of_another_length_than_announced_is_not_kept():
    refused(lambda h, name: h.send(200, b"x" * 999))
    refused(lambda h, name: h.send(200, b"x" * 1001))
    refused(lambda h, name: h.send(200, b""))


def test_a_body_that_breaks_off_is_not_kept():
    def cut(handler, name):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 400)
        handler.close_connection = True
    refused(cut)


def test_a_body_that_never_ends_is_given_up_at_its_announced_length():
    sent = []

    def endless(handler, name):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(4096):
                handler.wfile.write(BLOCK)
                sent.append(len(BLOCK))
        except OSError:
            pass
    refused(endless)
    assert sum(sent) < 64 * MIB, sum(sent)


def test_a_redirect_of_storage_is_not_followed():
    def elsewhere(handler, name):
        if name == "secret":
            return handler.send(200, b"x" * 1000)
        return handler.send(302, b"", [("Location", "/storage/secret")])
    refused(elsewhere, renewals=0)


def test_a_refused_link_is_asked_for_again_by_its_chunk():
    tries = []

    def storage(handler, name):
        tries.append(name)
        return handler.send(403 if len(tries) == 1 else 200, b"AccessDenied" if len(tries) == 1 else b"x" * 100)
    with LargeProxy() as p:
        p.up.storage = storage
        p.up.answer_with(n=1, links=100, together=True, form="ARROW_STREAM")
        p.execute("SELECT 1", **LINKED)
        tries.clear()
        p.execute("SELECT 1", **LINKED)
        assert p.hit_after(**LINKED)
        assert any(asked == [(0, "Bearer alice")] for asked in (s.asked for s in p.up.made))


def test_a_link_is_renewed_twice_at_most():
    refused(lambda h, name: h.send(403, b"AccessDenied"), renewals=2)


def test_links_to_other_hosts_are_not_followed():
    hit = []
    with LargeProxy() as p:
        p.up.storage = lambda h, name: hit.append(name) or h.send(200, b"x" * 100)
        p.up.answer_with(n=1, links=100, together=True, form="ARROW_STREAM")
        script = p.up.script

        def astray(handler, request):
            answer = script(handler, request)
            link = answer["result"]["external_links"][0]
            link["external_link"] = link["external_link"].replace("127.0.0.1", "169.254.169.254")
            return answer
        p.up.script = astray
        twice(p, **LINKED)
        assert p.never_a_hit(**LINKED) and not hit


def test_a_client_on_a_unix_socket_gets_one_small_chunk_inline_and_several_from_upstream():
    fields = {"disposition": "INLINE_OR_EXTERNAL_LINKS", "format": "ARROW_STREAM"}
    with LargeProxy() as p:
        p.up.storage = lambda h, name: h.send(200, BLOCK[:1000])
        p.up.answer_with(n=1, links=1000, together=True, form="ARROW_STREAM")
        twice(p, **fields)
        assert p.hit_after(**fields)
        local = p.execute("SELECT 1", conn=UnixConnection(p.unix), **fields)
        assert local.hit, local.cache
        result = local.json["result"]
        assert base64.b64decode(result["attachment"]) == BLOCK[:1000] and "external_links" not in result
        assert (result["chunk_index"], result["row_offset"], result["row_count"], result["byte_count"]) == (0, 0, 2, 1000)
        chunk = p.request("GET", "%s/%s/result/chunks/0" % (STATEMENTS, local.json["statement_id"]), conn=UnixConnection(p.unix))
        assert chunk.json == result
        p.up.answer_with(n=2, links=1000, together=True, form="ARROW_STREAM")
        for _ in range(2):
            p.execute("SELECT 2", **fields)
        assert p.hit_after("SELECT 2", **fields)
        assert not p.execute("SELECT 2", conn=UnixConnection(p.unix), **fields).hit


def test_links_begin_with_the_public_address_of_the_listener():
    with LargeProxy("--set", "listen.arg2.public_url=https://proxy.example:8443/") as p:
        hit, _ = kept_links(p, n=2)
        assert hit.json["result"]["external_links"][0]["external_link"].startswith("http://%s/dbxp/v1/r/" % p.address)
        local = p.execute("SELECT 1", conn=UnixConnection(p.unix), **LINKED)
        assert local.hit, "on a Unix socket too, once it has a public address"
        for link in local.json["result"]["external_links"]:
            assert link["external_link"].startswith("https://proxy.example:8443/dbxp/v1/r/dbxp1."), link["external_link"]


class TlsProxy(LargeProxy):
    def __init__(self):
        self.keys = tempfile.TemporaryDirectory()
        cert, key = (os.path.join(self.keys.name, n) for n in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
        super().__init__("--set", "listen.arg1.tls_cert=" + cert, "--set", "listen.arg1.tls_key=" + key)

    def connect(self):
        return http.client.HTTPSConnection(self.address, timeout=30, context=ssl._create_unverified_context())


def test_links_of_a_tls_listener_are_https():
    with TlsProxy() as p:
        hit, body = kept_links(p, size=300 * 1024)
        (link,) = hit.json["result"]["external_links"]
        assert link["external_link"].startswith("https://%s/dbxp/v1/r/" % p.address)
        assert p.request("GET", path_of(link), token=None).body == body


# ---- lost and held ----------------------------------------------------------------------------------------------------


def crowd(p, n=60):
    p.up.script = None
    before = p.up.value
    p.up.value = "x" * 60000
    for i in range(n):
        p.execute("SELECT %d AS crowd" % i)
        p.execute("SELECT %d AS crowd" % i)
    p.up.value = before


def test_a_result_handed_out_with_chunks_to_come_survives_memory_pressure_and_its_successor():
    with LargeProxy("--memory-limit", "1MiB") as p:
        p.up.answer_with(n=3)
        _, chunks = p.walk()
        hit = p.execute("SELECT 1")
        assert hit.hit
        p.up.answer_with(n=3, width=40)
        p.walk(headers={"Cache-Control": "no-cache"})
        newer = p.hit_after()
        assert newer.json["result"]["data_array"] != chunks[0]["data_array"]
        crowd(p)
        for i in (1, 2):
            got = p.request("GET", "%s/%s/result/chunks/%d" % (STATEMENTS, hit.json["statement_id"], i))
            assert got.status == 200 and got.json["data_array"] == chunks[i]["data_array"], "never of two snapshots"


def test_a_lost_result_is_a_404_and_never_another_execution():
    with LargeProxy("--memory-limit", "1MiB") as p:
        p.execute("SELECT 1")
        hit = p.execute("SELECT 1")
        assert hit.hit
        crowd(p)
        executed = len(p.up.executed)
        got = p.request("GET", STATEMENTS + "/" + hit.json["statement_id"])
        assert got.status == 404 and json.loads(got.body)["message"], got.body
        assert len(p.up.executed) == executed


def test_a_result_over_the_limit_is_passed_on_and_not_kept():
    with LargeProxy("--max-entry", "64KiB") as p:
        p.up.answer_with(n=4, rows_per_chunk=10, width=3000)
        first, chunks = p.walk()
        assert [c["data_array"] for c in chunks] == [p.up.made[0].chunk(i)["data_array"] for i in range(4)]
        assert p.never_a_hit()
        p.up.answer_with(n=3, links=30 * 1024, together=True, form="ARROW_STREAM")
        twice(p, **LINKED)
        assert p.never_a_hit(**LINKED) and not p.up.downloads, "the announced size was enough to know"


# ---- several instances ------------------------------------------------------------------------------------------------


class Redis:
    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "redis")

    def __enter__(self):
        self.process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
                                         "--dir", self.dir.name], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not os.path.exists(self.path):
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.02)
        os.environ["DBX_TEST_MASTER"] = "m" * 40
        return self

    def __exit__(self, *rest):
        self.process.kill()
        self.process.wait()
        self.dir.cleanup()

    @property
    def options(self):
        return ("--set", "redis.url=unix:" + self.path, "--set", "redis.master_key=env:DBX_TEST_MASTER", "--set", "redis.budget=2s",
                "--set", "redis.large_budget=5s")


def wait_for_redis(*proxies):
    """What is put while the connection is being made is lost, which costs a miss."""
    deadline = time.monotonic() + 10
    while any(p.metric("dbxproxy_redis_up") != 1 for p in proxies):
        assert time.monotonic() < deadline, "Redis is up"
        time.sleep(0.02)


def test_chunks_and_links_of_one_instance_are_served_by_another():
    if not shutil.which("redis-server"):
        return print("# no redis-server")
    with Redis() as redis, LargeProxy(*redis.options) as a, LargeProxy(*redis.options, upstream=a.up) as b:
        wait_for_redis(a, b)
        a.up.answer_with(n=7, rows_per_chunk=10, width=20000)
        first, chunks = a.walk()
        assert a.hit_after() and b.hit_after()
        hit, again = b.walk()
        assert hit.hit and without_ids(first.json, chunks) == without_ids(hit.json, again)
        for p in (a, b):  # an id opens anywhere
            got = p.request("GET", "%s/%s/result/chunks/6" % (STATEMENTS, hit.json["statement_id"]))
            assert got.status == 200 and got.json["data_array"] == chunks[6]["data_array"]
        links, body = kept_links(a, n=2, size=700 * 1024)
        for link in links.json["result"]["external_links"]:
            deadline, got = time.monotonic() + 5, None
            while not got or got.status == 404 and time.monotonic() < deadline:  # it may still be on its way to Redis
                got = b.request("GET", path_of(link), token=None, headers={"Range": "bytes=5-14"})
            assert (got.status, got.body) == (206, body[5:15])
        executed = len(a.up.executed)
        assert b.hit_after(**LINKED)
        assert len(a.up.executed) == executed


def test_a_result_too_large_for_memory_is_kept_where_instances_share():
    if not shutil.which("redis-server"):
        return print("# no redis-server")
    with Redis() as redis, LargeProxy("--max-entry", "256KiB", *redis.options) as p:
        wait_for_redis(p)
        p.up.answer_with(n=8, rows_per_chunk=10, width=20000)
        first, chunks = p.walk()
        assert p.hit_after()
        hit, again = p.walk()
        assert hit.hit and len(p.up.made) == 1
        assert without_ids(first.json, chunks) == without_ids(hit.json, again)


# ---- larger than the process ------------------------------------------------------------------------------------------


def drain(response, expect):
    got = 0
    while True:
        piece = response.read(MIB)
        if not piece:
            break
        assert piece[:256] == BLOCK[got % 256:256] + BLOCK[:got % 256] or len(piece) < 256
        got += len(piece)
    assert got == expect, (got, expect)


def test_a_stream_larger_than_the_process_passes_through():
    with LargeProxy() as p:
        conn = p.connect()
        began = time.monotonic()
        conn.request("GET", "/api/2.0/fs/files/stream/%d" % STREAM, headers={"Authorization": "Bearer alice"})
        drain(conn.getresponse(), STREAM)
        print("# %d MiB in %.1f s" % (STREAM / MIB, time.monotonic() - began))
        p.check_memory()


def test_slow_readers_hold_the_upstream_back():
    readers = 8
    with LargeProxy() as p:
        socks = []
        for _ in range(readers):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
            host, port = p.address.rsplit(":", 1)
            s.connect((host, int(port)))
            s.settimeout(30)
            s.sendall(b"GET /api/2.0/fs/files/stream/%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\n" % STREAM)
            socks.append(s)
        before = -1
        while p.up.sent != before:  # until nothing moves any more
            before = p.up.sent
            time.sleep(1)
        print("# %.1f MiB under way for each of %d readers who do not read" % (p.up.sent / readers / MIB, readers))
        assert p.up.sent < readers * 16 * MIB, p.up.sent  # most of it in the kernel's buffers
        p.check_memory()
        for s in socks:  # they are served once they read
            assert len(s.recv(65536)) > 0
        moved, deadline = p.up.sent, time.monotonic() + 10
        while p.up.sent < moved + 4 * MIB and time.monotonic() < deadline:
            socks[0].recv(MIB)
        assert p.up.sent > moved
        for s in socks:
            s.close()


def test_inline_chunks_of_24_MiB_pass_through():
    with LargeProxy() as p:
        p.up.answer_with(n=4 if SANITIZED else 12, rows_per_chunk=240, width=100 * 1024)
        first = p.execute("SELECT 1")
        for i in range(1, p.up.made[0].n):
            conn = p.connect()
            conn.request("GET", "%s/%s/result/chunks/%d" % (STATEMENTS, first.json["statement_id"], i),
                         headers={"Authorization": "Bearer alice"})
            response = conn.getresponse()
            want, got = len(json.dumps(p.up.made[0].chunk(i))), 0
            while piece := response.read(MIB):
                got += len(piece)
            assert got == want, (got, want)
            conn.close()
        assert p.never_a_hit()
        p.check_memory()


def test_links_of_ours_give_out_more_than_the_process_holds():
    with LargeProxy() as p:
        size = 6 * MIB
        hit, body = kept_links(p, size=size)
        (link,) = hit.json["result"]["external_links"]

        def read():
            for _ in range(STREAM // size // 4):
                conn = p.connect()
                conn.request("GET", path_of(link))
                response = conn.getresponse()
                assert len(response.read()) == size
                conn.close()
        threads = [threading.Thread(target=read) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert p.download(link).body == body
        p.check_memory()


def test_an_answer_that_unpacks_to_more_than_the_process_is_bounded():
    packed = gzip.compress(b'{"statement_id":"' + b"x" * (STREAM // 2), 1)
    print("# %d KiB packed" % (len(packed) // 1024))

    def bomb(handler, request):
        handler.send(200, packed, [("Content-Encoding", "gzip")])
        return ()
    with LargeProxy() as p:
        p.up.script = bomb
        conn = p.connect()
        conn.request("POST", STATEMENTS, json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}),
                     {"Authorization": "Bearer alice"})
        response = conn.getresponse()
        for _ in range(32):  # then the client has enough
            if not response.read(MIB):
                break
        conn.close()
        p.up.script = None
        assert p.execute("SELECT 2").status == 200
        p.check_memory()


def main():
    only = sys.argv[2:]
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_") and (not only or n in only)]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (i, name[5:]), flush=True)
        except BaseException:
            failed += 1
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print("not ok %d - %s" % (i, name[5:]), flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
