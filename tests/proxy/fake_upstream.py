"""A small scripted workspace for the proxy's tests: standard library only, counts what it is asked.

Tokens: any bearer but those in Upstream.refused is accepted. Statements run at once unless a script says otherwise:
a script is a function (handler, request) -> answer that is tried first for each execute."""
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 2048

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.refused = set()         # tokens
        self.executed = []           # statement texts, in order
        self.requests = []           # (method, path)
        self.headers_seen = []       # of execute requests
        self.bodies = []             # raw bodies of execute requests
        self.me_calls = 0
        self.downloads = []          # headers of storage requests
        self.storage_ok = True
        self.me_status = 200
        self.connections = 0
        self.script = None
        self.statements = {}         # id -> answer, or a function that makes one
        self.sessions = {}
        self.value = 1               # what a SELECT answers: changed by tests to see freshness
        self.delay = 0.0
        self.user_of = lambda token: token   # whose token it is
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server_address[1]

    def count(self, text):
        return sum(1 for t in self.executed if t == text)

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def log_message(self, *args):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding"):
            raise ValueError("the proxy must frame bodies by length")
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status, body, headers=()):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def token(self):
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def any(self):
        server = self.server
        body = self.read_body()
        path = self.path.split("?")[0].rstrip("/")
        with server.lock:
            server.requests.append((self.command, self.path))
        if self.token() in server.refused:
            return self.send(403, {"error_code": 403, "message": "Invalid access token."})
        if path == "/api/2.0/preview/scim/v2/Me":
            with server.lock:
                server.me_calls += 1
            return self.send(server.me_status, {"id": server.user_of(self.token()), "userName": server.user_of(self.token())})
        if path == "/api/2.0/sql/statements" and self.command == "POST":
            return self.execute(body)
        if path.startswith("/api/2.0/sql/statements/"):
            return self.statement(path.split("/"))
        if path.endswith("/sessions") and self.command == "POST":
            sid = str(uuid.uuid4())
            server.sessions[sid] = json.loads(body)
            return self.send(200, {"session_id": sid})
        if "/sessions/" in path and self.command == "DELETE":
            return self.send(200, {})
        if path.startswith("/api/2.1/unity-catalog/tables/") and getattr(server, "tables", None):
            table = server.tables.get(path.rsplit("/", 1)[1])
            return self.send(200, table) if table else self.send(404, {"error_code": "TABLE_DOES_NOT_EXIST"})
        if path == "/echo":
            return self.send(200, {"method": self.command, "path": self.path, "body": body.decode("latin-1"),
                                   "headers": {k.lower(): v for k, v in self.headers.items()}})
        if path.startswith("/storage/"):
            with server.lock:
                server.downloads.append(dict(self.headers.items()))
            return self.send(200 if server.storage_ok else 403, b"chunk " + path[9:].encode())
        if path == "/big":
            size = int(self.path.split("=")[1])
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            for _ in range(size // 65536):
                self.wfile.write(b"x" * 65536)
            self.wfile.write(b"x" * (size % 65536))
            return None
        if path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
            return None
        return self.send(404, {"error_code": "NOT_FOUND", "message": "no " + path})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = any

    def execute(self, raw):
        server = self.server
        try:
            request = json.loads(raw)
        except ValueError:
            return self.send(400, {"error_code": "MALFORMED_REQUEST", "message": "not JSON"})
        with server.lock:
            server.executed.append(request.get("statement"))
            server.headers_seen.append(dict(self.headers.items()))
            server.bodies.append(raw)
        if server.delay:
            time.sleep(server.delay)
        if server.script:
            answer = server.script(self, request)
            if answer is not None:
                return self.send(200, answer) if isinstance(answer, dict) else None
        return self.send(200, rows([[str(server.value), self.token()]]))

    def statement(self, parts):
        sid = parts[5]
        answer = self.server.statements.get(sid)
        if self.command == "DELETE" or parts[-1] == "cancel":
            return self.send(200, {})
        if answer is None:
            return self.send(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no statement " + sid})
        if callable(answer):
            answer = answer()
        if len(parts) > 6:
            return self.send(200, answer["result"])
        return self.send(200, answer)


def rows(data, state="SUCCEEDED", sid=None):
    """A whole inline answer with two string columns."""
    return {
        "statement_id": sid or str(uuid.uuid4()),
        "status": {"state": state},
        "manifest": {
            "format": "JSON_ARRAY",
            "schema": {"column_count": 2, "columns": [
                {"name": "a", "type_text": "STRING", "type_name": "STRING", "position": 0},
                {"name": "b", "type_text": "STRING", "type_name": "STRING", "position": 1}]},
            "total_chunk_count": 1,
            "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": len(data)}],
            "total_row_count": len(data),
            "truncated": False,
        },
        "result": {"chunk_index": 0, "row_offset": 0, "row_count": len(data), "data_array": data},
    }
