"""replay: a server that repeats recorded answers of a real warehouse.

Each recording is a WireMock stub of one exchange. Statements are matched by their text alone, since our driver words the
rest of the request in its own way; answers are served byte for byte, but for the links into cloud storage, which lead
back here and get a new expiry. A statement that was never recorded fails the test that sent it.
"""
import base64
import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Recording:
    """The exchanges of one recorded test, by what asks for them."""

    def __init__(self, root, name):
        self.statements = {}   # text -> list of answer bodies (str), in recorded order
        self.parameters = {}   # text -> list of parameters that it was recorded with
        self.by_path = {}      # (method, path) -> (status, body str)
        self.storage = {}      # path of a storage object -> bytes
        self.session = None    # (status, body str) of POST sessions
        for stub in self._stubs(root / "sqlexecapi", name):
            self._add_api(stub["request"], stub["response"])
        for stub in self._stubs(root / "cloudfetchapi", name):
            url = stub["request"].get("url") or stub["request"]["urlPath"]
            self.storage[urllib.parse.urlsplit(url).path] = base64.b64decode(stub["response"].get("base64Body", ""))

    @staticmethod
    def _stubs(root, name):
        for path in sorted(root.glob(f"*/{name}/mappings/*.json")):
            yield json.loads(path.read_text())

    def _add_api(self, request, response):
        path = urllib.parse.urlsplit(request.get("url") or request["urlPath"]).path.rstrip("/")
        answer = (response["status"], response.get("body", "{}"))
        if request["method"] == "POST" and path.endswith("/sessions"):
            self.session = answer
        elif request["method"] == "POST" and path.endswith("/statements"):
            asked = json.loads(request["bodyPatterns"][0]["equalToJson"])
            text = asked["statement"].strip().rstrip(";")
            self.statements.setdefault(text, []).append(answer)
            self.parameters[text] = asked.get("parameters") or []
        else:
            self.by_path[request["method"], path] = answer


class ReplayServer:
    """Serves one recording on a loopback port: `with ReplayServer(recording) as server: server.port`."""

    def __init__(self, recording):
        self.recording = recording
        self.requests = []
        self.unknown = []
        self.sent = []         # (text, parameters) of every statement, in order
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self.http.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def relink(self, body):
        """Storage links lead to this server and do not expire during the test."""
        def local(match):
            path = urllib.parse.urlsplit(json.loads(match.group(1))).path
            return '"external_link":' + json.dumps(f"http://127.0.0.1:{self.port}{path}")
        body = re.sub(r'"external_link"\s*:\s*("(?:[^"\\]|\\.)*")', local, body)
        return re.sub(r'"expiration"\s*:\s*"[^"]*"', '"expiration":"2099-01-01T00:00:00.000Z"', body)

    def answer(self, method, path, body):
        path = path.rstrip("/")
        if method == "POST" and path.endswith("/sessions"):
            return self.recording.session
        if method == "POST" and path.endswith("/statements"):
            asked = json.loads(body)
            self.sent.append((asked["statement"], asked.get("parameters") or []))
            return self.answer_statement(asked["statement"])
        if method == "GET" and path in self.recording.storage:
            return 200, self.recording.storage[path]
        if (method, path) in self.recording.by_path:
            return self.recording.by_path[method, path]
        if method == "DELETE" or path.endswith("/cancel"):
            return 200, "{}"
        return 404, '{"error_code":"NOT_FOUND","message":"never recorded"}'

    def answer_statement(self, text):
        answers = self.recording.statements.get(text.strip().rstrip(";"))
        if not answers:
            self.unknown.append(text)
            return 400, json.dumps({"error_code": "BAD_REQUEST", "message": "never recorded: " + text})
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = urllib.parse.urlsplit(self.path).path
                server.requests.append((self.command, path, dict(self.headers)))
                status, payload = server.answer(self.command, path, body)
                if isinstance(payload, str):
                    payload = server.relink(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_DELETE = do_PUT = serve

        return Handler


def recordings_root(repo, environ):
    """Where the recordings are: $DBX_RECORDINGS, else the copy among the tests."""
    return Path(environ.get("DBX_RECORDINGS") or Path(repo) / "tests/recordings") / "databricks-jdbc"
