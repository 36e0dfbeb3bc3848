"""recorder - stands between a client and a server, passes everything on and keeps it: what a driver asks, byte for byte."""
import base64
import http.client
import http.server
import json
import threading
import urllib.request
from dataclasses import dataclass


@dataclass
class Exchange:
    method: str
    path: str
    headers: list
    body: bytes
    status: int
    answer: bytes

    @property
    def statement(self):
        try:
            return json.loads(self.body).get("statement")
        except ValueError:
            return None


class Recorder:
    """host, port: where it listens. exchanges: what has passed, in order."""

    def __init__(self, host, port):
        self.exchanges = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                upstream = http.client.HTTPConnection(host, port, timeout=60)
                upstream.request(self.command, self.path, body, dict(self.headers))
                got = upstream.getresponse()
                answer = got.read()
                upstream.close()
                recorder.exchanges.append(Exchange(self.command, self.path, self.headers.items(), body, got.status, answer))
                self.send_response(got.status)
                for name, value in got.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except ConnectionError:     # it no longer wants to know
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = do_PUT = pass_on

            def log_message(self, *what):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host, self.port = self.server.server_address
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def asked(self, what):
        """The last statement that contains this text and was answered well."""
        found = [e for e in self.exchanges if e.status == 200 and what in (e.statement or "")]
        return found[-1] if found else None


def save_request(exchange, path):
    """As bench/latency reads it: header lines, an empty line, the body. curl has its own opinion on some of them."""
    own = ("host", "content-length", "connection")
    with open(path, "wb") as f:
        f.write("".join(f"{k}: {v}\n" for k, v in exchange.headers if k.lower() not in own).encode() + b"\n" + exchange.body)


def chunks_of(answer):
    """The bytes of each chunk of an answer: inline, or behind its links."""
    result = answer["result"]
    if "attachment" in result:
        return [base64.b64decode(result["attachment"])]
    links = result["external_links"]
    if len(links) < answer["manifest"]["total_chunk_count"]:
        raise ValueError("an answer with fewer links than chunks")
    return [urllib.request.urlopen(link["external_link"], timeout=60).read() for link in links]


def save_cassette(exchange, folder):
    """What was answered becomes a cassette for bench/mock, for that very statement."""
    answer = json.loads(exchange.answer)
    manifest, bodies = answer["manifest"], chunks_of(answer)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chunks.bin").write_bytes(b"".join(bodies))
    chunks = [{"row_offset": c["row_offset"], "row_count": c["row_count"], "byte_count": c["byte_count"], "wire_bytes": len(body)}
              for c, body in zip(manifest["chunks"], bodies)]
    (folder / "manifest.json").write_text(json.dumps({
        "match": exchange.statement, "columns": manifest["schema"]["columns"], "rows": manifest["total_row_count"], "chunks": chunks}))
