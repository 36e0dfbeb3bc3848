"""A small threaded HTTP/1.1 server: keep-alive, request bodies on any method, and full control of how an answer breaks.

A handler is a function Request -> Response. Response.transport says how to misbehave on the wire (see faults.py).
"""
import json
import socket
import socketserver
import struct
import threading
import time
import zlib
from email.utils import formatdate
from urllib.parse import parse_qs, unquote

REASONS = {200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 304: "Not Modified", 302: "Found", 307: "Temporary Redirect",
           308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 409: "Conflict", 411: "Length Required", 413: "Payload Too Large", 416: "Range Not Satisfiable",
           429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
           503: "Service Unavailable", 504: "Gateway Timeout"}
MAX_BODY = 64 << 20


class BadRequest(Exception):
    pass


class Request:
    """`headers` has lower-case names; `path` is decoded, `raw_path` is not and has no query."""

    def __init__(self, method, target, headers, body, peer):
        self.method, self.target, self.headers, self.body, self.peer = method, target, headers, body, peer
        self.raw_path, _, self.query_text = target.partition("?")
        self.path = unquote(self.raw_path)
        self.route = None

    @property
    def query(self):
        return {k: v[0] for k, v in parse_qs(self.query_text, keep_blank_values=True).items()}

    def json(self):
        """The body as an object; {} when there is none. ValueError when it is not an object."""
        if not self.body.strip():
            return {}
        out = json.loads(self.body)
        if not isinstance(out, dict):
            raise ValueError("the body is not a JSON object")
        return out


class Response:
    def __init__(self, status=200, body=b"", headers=None, content_type="application/json"):
        self.status, self.body = status, body
        self.headers = {"content-type": content_type, **(headers or {})} if content_type else dict(headers or {})
        self.transport = {}        # delay_ms, cut_after, stall_after + stall_ms, reset

    @classmethod
    def of(cls, value, status=200, headers=None):
        return cls(status, dumps(value), headers)


class Raw(bytes):
    """JSON text to be put into an answer as it is."""


def dumps(value):
    raws = []

    def take(x):
        if isinstance(x, Raw):
            raws.append(x)
            return f"@@sandbox-raw-{len(raws) - 1}@@"
        raise TypeError(type(x))

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=take).encode("utf-8", "surrogatepass")
    for i, r in enumerate(raws):
        text = text.replace(f'"@@sandbox-raw-{i}@@"'.encode(), r, 1)
    return text


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, host, port, handle, gzip=lambda: False, tls=None):
        self.handle, self.gzip, self.tls = handle, gzip, tls
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Connection)

    @property
    def port(self):
        return self.server_address[1]

    def finish_request(self, request, client_address):
        """In the connection's own thread: TLS first, then requests."""
        if self.tls is not None:
            request.settimeout(30)
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass

    def start(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 1 << 16
    timeout = 600

    def handle(self):
        try:
            while self.one():
                pass
        except (ConnectionError, TimeoutError, socket.timeout, OSError):
            pass
        except BadRequest as e:
            self.send(Response(400, dumps({"error_code": "MALFORMED_REQUEST", "message": str(e)})), False, False)

    def one(self):
        """Serve one request; False when the connection is done."""
        request = self.read()
        if request is None:
            return False
        response = self.server.handle(request)
        keep = request.headers.get("connection", "").lower() != "close" and not request.old
        return self.send(response, keep, request.method == "HEAD", request.headers.get("accept-encoding", ""))

    def read(self):
        line = self.rfile.readline(65537)
        while line in (b"\r\n", b"\n"):
            line = self.rfile.readline(65537)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3:
            raise BadRequest("malformed request line")
        headers = self.read_headers()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        target = parts[1]
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        request = Request(parts[0], target, headers, self.read_body(headers), self.client_address)
        request.old = parts[2] == "HTTP/1.0"
        return request

    def read_headers(self):
        headers = {}
        while True:
            line = self.rfile.readline(65537)
            if line in (b"\r\n", b"\n", b""):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or len(headers) > 200:
                raise BadRequest("malformed header")
            key = name.strip().lower()
            headers[key] = headers[key] + ", " + value.strip() if key in headers else value.strip()

    def read_body(self, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            out = b""
            while True:
                size = int(self.rfile.readline(1024).split(b";")[0] or b"0", 16)
                if size == 0:
                    while self.rfile.readline(65537) not in (b"\r\n", b"\n", b""):
                        pass
                    break
                out += self.rfile.read(size)
                self.rfile.readline(3)
                if len(out) > MAX_BODY:
                    raise BadRequest("body too large")
        else:
            size = int(headers.get("content-length") or 0)
            if size > MAX_BODY:
                raise BadRequest("body too large")
            out = self.rfile.read(size) if size else b""
        if headers.get("content-encoding", "").lower() == "gzip" and out:
            out = zlib.decompress(out, 31)
        return out

    def send(self, r, keep, head_only, accepts=""):
        how = r.transport
        if how.get("delay_ms"):
            time.sleep(how["delay_ms"] / 1000)
        if how.get("reset"):
            return self.reset()
        body = r.body
        if "gzip" in accepts and len(body) > 1024 and self.server.gzip() and r.headers.get("content-type") == "application/json":
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            body = packer.compress(body) + packer.flush()
            r.headers["content-encoding"] = "gzip"
        lines = [f"HTTP/1.1 {r.status} {REASONS.get(r.status, 'Status')}", f"date: {formatdate(usegmt=True)}"]
        lines += [f"{k}: {v}" for k, v in r.headers.items() if k != "content-length"]
        if "chunked" in how and body:
            lines.append("transfer-encoding: chunked")
        elif r.status != 204:
            lines.append(f"content-length: {r.headers.get('content-length', len(body))}")
        if not keep:
            lines.append("connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        if head_only:
            body = b""
        if "chunked" in how and body:
            step = how["chunked"]
            for i in range(0, len(body), step):
                piece = body[i:i + step]
                head += b"%x\r\n%s\r\n" % (len(piece), piece)
            self.connection.sendall(head + b"0\r\n\r\n")
            return keep
        if "cut_after" in how:
            self.connection.sendall(head + body[:how["cut_after"]])
            return False
        if "stall_after" in how:
            self.connection.sendall(head + body[:how["stall_after"]])
            time.sleep(how.get("stall_ms", 60000) / 1000)
            self.connection.sendall(body[how["stall_after"]:])
            return keep
        if "trickle_bytes" in how:
            self.connection.sendall(head)
            for i in range(0, len(body), how["trickle_bytes"]):
                self.connection.sendall(body[i:i + how["trickle_bytes"]])
                time.sleep(how.get("trickle_ms", 10) / 1000)
            return keep
        self.connection.sendall(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self.connection.sendall(body)
        return keep

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        return False
