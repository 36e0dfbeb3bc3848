"""HTTP/2 by hand (RFC 9113), as much as a test of refusals needs: every stream that ends is shown to script(body, n) as the
n-th, which answers with bytes, or with one of the refusals below. Headers of requests are not read."""
import json
import os
import socket
import ssl
import struct
import subprocess
import threading

from fake_upstream import rows

REFUSE = "refuse"            # RST_STREAM REFUSED_STREAM: nothing was done
BREAK = "break"              # RST_STREAM INTERNAL_ERROR: who knows
GO_BEFORE = "go-before"      # GOAWAY that names an earlier stream as the last: nothing was done
GO_AFTER = "go-after"        # GOAWAY that covers this stream, then the end: who knows

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def make_tls(folder, name="127.0.0.1", alpn=("h2", "http/1.1")):
    """A context with a certificate of an authority of its own; the authority's file is folder/ca.pem."""
    run = lambda *a: subprocess.run(a, check=True, capture_output=True, cwd=folder)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem",
        "-out", "ca.pem", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:" + name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "ca.pem"), os.path.join(folder, "key.pem"))
    context.set_alpn_protocols(list(alpn))
    return context


class H2Upstream:
    def __init__(self, context, script=None):
        self.context, self.script = context, script
        self.lock, self.connections, self.seen, self.executed = threading.Lock(), 0, [], []
        self.at_once = self.most_at_once = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def shutdown(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def server_close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.greet, args=(s,), daemon=True).start()

    def greet(self, s):
        try:
            s = self.context.wrap_socket(s, server_side=True)
            self.connections += 1
            Connection(self, s).run()
        except (OSError, ssl.SSLError, EOFError):
            pass


class Connection:
    def __init__(self, server, s):
        self.server, self.s, self.f = server, s, s.makefile("rb")
        self.bodies, self.write_lock = {}, threading.Lock()

    def send(self, kind, flags, stream, payload=b""):
        with self.write_lock:
            self.s.sendall(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def take(self, n):
        got = self.f.read(n)
        if len(got) < n:
            raise EOFError
        return got

    def run(self):
        assert self.take(24).startswith(b"PRI * HTTP/2.0")
        self.send(SETTINGS, 0, 0)
        self.send(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 30))
        while True:
            head = self.take(9)
            length = int.from_bytes(head[:3], "big")
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big")
            payload = self.take(length)
            if kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == HEADERS:
                self.bodies[stream] = b""
            elif kind == DATA:
                self.bodies[stream] += payload
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                threading.Thread(target=self.guarded, args=(stream, self.bodies.pop(stream)), daemon=True).start()

    def guarded(self, stream, body):
        try:
            self.stream(stream, body)
        except (OSError, ssl.SSLError):
            pass

    def stream(self, stream, body):
        server = self.server
        with server.lock:
            n = len(server.seen)
            server.seen.append(body)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        what = server.script(body, n) if server.script else None
        with server.lock:
            server.at_once -= 1
            if what not in (REFUSE, GO_BEFORE) and body:
                server.executed.append(json.loads(body).get("statement"))
        if what in (REFUSE, BREAK):
            self.send(RST_STREAM, 0, stream, struct.pack(">I", 7 if what == REFUSE else 2))
        elif what in (GO_BEFORE, GO_AFTER):
            self.send(GOAWAY, 0, 0, struct.pack(">II", max(stream - 2, 0) if what == GO_BEFORE else stream, 0))
            if what == GO_AFTER:
                self.s.shutdown(socket.SHUT_RDWR)
        else:
            answer = what or json.dumps(rows([["1", "2"]])).encode()
            self.send(HEADERS, END_HEADERS, stream, b"\x88")  # :status 200
            self.send(DATA, END_STREAM, stream, answer)
