"""A workspace that misbehaves to order: plain sockets, HTTP/1.1 by hand, so that every byte and every end of a connection
is the script's. A script is a function(request) that returns None (the usual answer), an answer (status, headers,
body), or one of the misfortunes below."""
import json
import socket
import ssl
import struct
import threading
import time

from fake_upstream import rows

RESET = "reset"              # read the request, then RST without a byte
CLOSE = "close"              # … then an orderly end
RESET_IN_HEAD = "head"       # half a head, then RST
RESET_AFTER_HEAD = "after"   # a whole head, no body, then RST
RESET_IN_BODY = "body"       # half a body, then RST
HANG = "hang"                # nothing, until the other side leaves


class Request:
    def __init__(self, method, path, headers, body, conn, nth):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.conn, self.nth, self.at = conn, nth, time.monotonic()

    @property
    def json(self):
        return json.loads(self.body) if self.body else {}

    @property
    def is_execute(self):
        return self.method == "POST" and self.path.rstrip("/").endswith("/sql/statements")


class RawUpstream:
    def __init__(self, script=None, tls=None):
        self.script, self.tls = script, tls
        self.requests, self.lock = [], threading.Lock()
        self.connections = 0
        self.open_now = set()
        self.closed = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.port)
        threading.Thread(target=self.accept, daemon=True).start()

    # what Proxy of daemon_test ends
    def shutdown(self):
        self.closed = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        for s in list(self.open_now):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def server_close(self):
        self.listener.close()

    def executed(self, text=None):
        return [r for r in self.requests if r.is_execute and (text is None or r.json["statement"] == text)]

    def accept(self):
        while not self.closed:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(s, self.connections), daemon=True).start()

    def serve(self, s, number):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open_now.add(s)
        try:
            if self.tls:
                s = self.tls.wrap_socket(s, server_side=True)
            f = s.makefile("rb")
            nth = 0
            while True:
                request = read_request(f, number, nth)
                if not request:
                    break
                nth += 1
                with self.lock:
                    self.requests.append(request)
                what = self.answer(s, request)
                if what is not None:
                    end(s, f, what)
                    return
            end(s, f, CLOSE)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            self.open_now.discard(s)

    def answer(self, s, request):
        """None, or how the connection ends."""
        what = self.script(request) if self.script else None
        if what is None:
            what = usual(request)
        if isinstance(what, tuple):
            status, headers, body = what
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            s.sendall(head(status, headers, len(raw)) + raw)
            return CLOSE if headers.get("Connection") == "close" else None
        if what == HANG:
            s.settimeout(60)
            s.recv(1)
        whole = head(200, {}, 1000)
        s.sendall({RESET_IN_HEAD: whole[:20], RESET_AFTER_HEAD: whole, RESET_IN_BODY: whole + b"{" * 500}.get(what, b""))
        if what in (RESET_AFTER_HEAD, RESET_IN_BODY):
            time.sleep(0.1)  # so that it is read before the reset throws it away
        return what


def end(s, f, what):
    """FIN for CLOSE, else RST."""
    if what != CLOSE:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    f.close()
    s.close()


def head(status, headers, length):
    lines = ["HTTP/1.1 %d Status" % status, "Content-Type: application/json", "Content-Length: %d" % length]
    return "\r\n".join(lines + ["%s: %s" % h for h in headers.items()] + ["", ""]).encode()


def read_request(f, conn, nth):
    line = f.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := f.readline()) not in (b"\r\n", b""):
        name, value = line.decode("latin-1").split(":", 1)
        headers[name.lower()] = value.strip()
    return Request(method, path, headers, f.read(int(headers.get("content-length", 0))), conn, nth)


def usual(request):
    if request.is_execute:
        return 200, {}, rows([["1", request.json.get("warehouse_id")]])
    if request.path.startswith("/api/2.0/sql/warehouses/"):
        return 200, {}, {"id": request.path.split("/")[5], "state": "RUNNING"}
    if "/sql/statements/" in request.path and request.method == "GET":
        return 200, {}, {"statement_id": request.path.split("/")[5], "status": {"state": "RUNNING"}}
    if request.path == "/api/2.0/sql/sessions":
        return 200, {}, {"session_id": "s1"}
    return 200, {}, {}
