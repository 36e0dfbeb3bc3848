"""A plain client of the REST API, for tests: it hides nothing."""
import base64
import http.client
import json
import urllib.parse

import lz4.frame
import pyarrow as pa

STATEMENTS = "/api/2.0/sql/statements"
ARROW = {"disposition": "EXTERNAL_LINKS", "format": "ARROW_STREAM", "result_compression": "LZ4_FRAME"}
HYBRID = {"disposition": "INLINE_OR_EXTERNAL_LINKS", "format": "ARROW_STREAM", "result_compression": "LZ4_FRAME"}


def lz4_frames(data):
    """[uncompressed bytes of each frame]."""
    out = []
    while data:
        d = lz4.frame.LZ4FrameDecompressor()
        out.append(d.decompress(data))
        assert d.eof, "a frame is cut short"
        data = d.unused_data or b""
    return out


def unlz4(data):
    return b"".join(lz4_frames(data))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, info, token=None):
        self.info, self.token = info, token or info["token"]
        self.warehouse = info["warehouse_id"]
        self.conns = {}

    def close(self):
        for c in self.conns.values():
            c.close()

    def raw(self, method, url, body=None, headers=None, timeout=30):
        u = urllib.parse.urlsplit(url)
        conn = self.conns.get(u.netloc) or http.client.HTTPConnection(u.netloc, timeout=timeout)
        self.conns[u.netloc] = conn
        try:
            conn.request(method, urllib.parse.urlunsplit(("", "", u.path, u.query, "")), body, headers or {})
            r = conn.getresponse()
            return Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
        except (OSError, http.client.HTTPException):
            conn.close()
            self.conns.pop(u.netloc, None)
            raise

    def api(self, method, path, body=None, headers=None):
        data = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.raw(method, self.info["url"] + path, data,
                        {"Authorization": "Bearer " + self.token, "Content-Type": "application/json", **(headers or {})})

    def control(self, method, path, body=None):
        r = self.raw(method, self.info["control_url"] + "/" + path, None if body is None else json.dumps(body))
        assert r.status == 200, r.body
        return r.json()

    def fault(self, kind, match=None, nth=1, count=1, **action):
        return self.control("POST", "faults", {"match": match or {}, "nth": nth, "count": count, "action": {"type": kind, **action}})

    def execute(self, sql, **fields):
        r = self.api("POST", STATEMENTS, {"statement": sql, "warehouse_id": self.warehouse, **fields})
        assert r.status == 200, r.body
        return r.json()

    def ok(self, sql, **fields):
        out = self.execute(sql, **fields)
        assert out["status"]["state"] == "SUCCEEDED", out["status"]
        return out

    def rows(self, sql, **fields):
        return self.ok(sql, **fields)["result"].get("data_array", [])

    def types(self, sql, **fields):
        return [c["type_text"] for c in self.ok(sql, **fields)["manifest"]["schema"]["columns"]]

    def failed(self, sql, **fields):
        out = self.execute(sql, **fields)
        assert out["status"]["state"] == "FAILED", out
        assert "manifest" not in out and "result" not in out
        return out["status"]

    def session(self, **fields):
        r = self.api("POST", "/api/2.0/sql/sessions", {"warehouse_id": self.warehouse, **fields})
        assert r.status == 200, r.body
        return r.json()["session_id"]

    def links(self, answer):
        """All links of an answer, walking from the last one's next_chunk_index."""
        found = answer["result"].get("external_links", [])
        while found and "next_chunk_index" in found[-1]:
            r = self.api("GET", found[-1]["next_chunk_internal_link"])
            assert r.status == 200, r.body
            found += r.json()["external_links"]
        return found

    def download(self, link):
        r = self.raw("GET", link["external_link"])
        assert r.status == 200, r.body
        return r.body

    def arrow(self, sql, **fields):
        """Table of a query through links or attachments."""
        out = self.ok(sql, **{**ARROW, **fields})
        return self.table(out)

    def table(self, out):
        packed = out["manifest"].get("result_compression") == "LZ4_FRAME"
        open_ = lambda b: pa.ipc.open_stream(unlz4(b) if packed else b).read_all()
        if "attachment" in out["result"]:
            data, part = b"", out["result"]
            while True:
                piece = base64.b64decode(part["attachment"])
                data += unlz4(piece) if packed else piece
                if "next_chunk_internal_link" not in part:
                    return pa.ipc.open_stream(data).read_all()
                part = self.api("GET", part["next_chunk_internal_link"]).json()
        links = self.links(out)
        return pa.concat_tables([open_(self.download(l)) for l in links]) if links else None
