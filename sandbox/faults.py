"""Faults on demand: rules that match requests, and what they do to the answer. The list of actions is in README.md."""
import base64
import json
import re
import threading

import lz4.frame
import pyarrow as pa

from .http import Response, dumps

STATEMENT_ACTIONS = {"pending_forever", "slow_statement", "slow_start", "fail_statement", "ignore_lz4", "truncated", "omit_sql_state"}
KNOWN = STATEMENT_ACTIONS | {"status", "delay", "stall", "cut", "trickle", "chunked", "reset", "malformed_json", "redirect", "set_json", "delete_json",
                             "manifest", "corrupt_arrow", "corrupt_lz4", "lz4_bomb", "short_chunk", "expired_link", "dead_link", "body",
                             "closed_direct", "close_early"}


class Rule:
    """match: route, method, origin, path, body (regular expressions except the first three), user; nth: first match that counts
    (1-based); count: how many times (-1 = always)."""

    def __init__(self, number, spec):
        self.id = spec.get("id") or f"fault-{number}"
        self.match, self.action = spec.get("match") or {}, spec.get("action") or {}
        if self.action.get("type") not in KNOWN:
            raise ValueError(f"unknown action type {self.action.get('type')!r}; known: {', '.join(sorted(KNOWN))}")
        self.nth, self.count, self.seen, self.done = int(spec.get("nth", 1)), int(spec.get("count", 1)), 0, 0
        self.path = re.compile(self.match["path"]) if self.match.get("path") else None
        self.body = re.compile(self.match["body"], re.I | re.S) if self.match.get("body") else None

    def fits(self, request, origin):
        m = self.match
        if m.get("origin", origin) != origin or m.get("method", request.method) != request.method:
            return False
        if m.get("route", request.route) != request.route or (self.path and not self.path.search(request.target)):
            return False
        if m.get("token") and not request.headers.get("authorization", "").endswith(m["token"]):
            return False
        if self.body and not self.body.search(request.body.decode("utf-8", "replace")):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.count >= 0 and self.done >= self.count):
            return False
        self.done += 1
        return True

    def json(self):
        return {"id": self.id, "match": self.match, "action": self.action, "nth": self.nth, "count": self.count, "seen": self.seen,
                "applied": self.done}


def replacing(action):
    return action["type"] in ("status", "redirect", "expired_link") or (action["type"] == "reset" and action.get("when", "before") == "before")


class Faults:
    def __init__(self):
        self.rules, self.lock, self.number = [], threading.Lock(), 0

    def add(self, specs):
        made = []
        for spec in specs:
            self.number += 1
            made.append(Rule(self.number, spec))
        with self.lock:
            self.rules += made
        return [r.json() for r in made]

    def clear(self, rule_id=None):
        with self.lock:
            self.rules = [r for r in self.rules if rule_id and r.id != rule_id]

    def list(self):
        return [r.json() for r in self.rules]

    def chosen(self, request, origin):
        """Actions for this request, in order. Of those that replace the answer only the first is used up."""
        out, replaced = [], False
        if not self.rules:
            return out
        with self.lock:
            for r in self.rules:
                replaces = replacing(r.action)
                if not (replaces and replaced) and r.fits(request, origin):
                    out.append(r.action)
                    replaced = replaced or replaces
        return out


# --------------------------------------------------------------------------------------------------- before the work
def before(actions, request):
    """A Response that replaces the work, or None."""
    for a in actions:
        kind = a["type"]
        if kind == "status":
            return _status(a)
        if kind == "redirect":
            return Response(int(a.get("status", 307)), b"", {"location": a.get("location", "/")}, None)
        if kind == "reset" and a.get("when", "before") == "before":
            r = Response(500)
            r.transport["reset"] = True
            return r
        if kind == "expired_link":
            return Response(403, b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired'
                            b"</Message></Error>", {"server": "AmazonS3"}, "application/xml")
    return None


def _status(a):
    status = int(a.get("status", 503))
    codes = {429: "RESOURCE_EXHAUSTED", 503: "TEMPORARILY_UNAVAILABLE", 500: "INTERNAL_ERROR", 404: "NOT_FOUND", 403: "PERMISSION_DENIED",
             400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 504: "DEADLINE_EXCEEDED", 502: "INTERNAL_ERROR"}
    headers = {k.lower(): str(v) for k, v in (a.get("headers") or {}).items()}
    if a.get("retry_after") is not None:
        headers["retry-after"] = str(a["retry_after"])
    if "body" in a:
        return Response(status, a["body"].encode(), headers, a.get("content_type", "text/plain"))
    code = a.get("error_code", codes.get(status, "INTERNAL_ERROR"))
    r = Response.of({"error_code": code, "message": a.get("message", "injected by the sandbox")}, status, headers)
    r.headers["x-databricks-reason-phrase"] = a.get("message", "injected by the sandbox")
    return r


def statement_options(actions):
    """What the statement itself must do."""
    out = {}
    for a in actions:
        kind = a["type"]
        if kind == "slow_statement":
            out["run_ms"] = a.get("ms", 1000)
        elif kind == "slow_start":
            out["start_delay_ms"] = a.get("ms", 1000)
        elif kind == "fail_statement":
            out["fail"] = a
        elif kind in STATEMENT_ACTIONS or kind in ("closed_direct", "close_early"):
            out[kind] = True
    return out


# ---------------------------------------------------------------------------------------------------- after the work
def after(actions, response):
    """Damage a finished answer; returns it."""
    for a in actions:
        kind = a["type"]
        if kind == "delay":
            response.transport["delay_ms"] = a.get("ms", 1000)
        elif kind == "stall":
            response.transport.update(stall_after=a.get("after_bytes", 0), stall_ms=a.get("ms", 60000))
        elif kind == "cut":
            response.transport["cut_after"] = a.get("after_bytes", len(response.body) // 2)
        elif kind == "trickle":
            response.transport.update(trickle_bytes=a.get("bytes", 1024), trickle_ms=a.get("ms", 10))
        elif kind == "reset":
            response.transport["reset"] = True
        elif kind == "malformed_json":
            response.body = response.body[:max(1, len(response.body) // 2)] + b"\x00{"
        elif kind == "body":
            response.body = a.get("text", "").encode()
        elif kind == "chunked":
            response.transport["chunked"] = a.get("bytes", 1024)
        elif kind in _BODIES and response.status in (200, 206):
            response.body = _damage(response, _BODIES[kind], a)
        elif kind in _JSON and response.status == 200:
            response.body = _on_json(response.body, kind, a)
    return response


def _damage(response, how, a):
    """Damage a download, or the attachment inside an API answer."""
    if response.headers.get("content-type") != "application/json":
        return how(response.body, a)
    tree = json.loads(response.body)
    holder = tree.get("result", tree)
    if "attachment" in holder:
        holder["attachment"] = base64.b64encode(how(base64.b64decode(holder["attachment"]), a)).decode()
    return dumps(tree)


def _on_json(body, kind, a):
    try:
        tree = json.loads(body)
    except ValueError:
        return body
    _JSON[kind](tree, a)
    return dumps(tree)


def _walk(tree, path):
    """(container, last key) of a slash path such as manifest/chunks/0/row_count."""
    keys = [int(k) if k.lstrip("-").isdigit() else k for k in path.strip("/").split("/")]
    for k in keys[:-1]:
        tree = tree.setdefault(k, {}) if isinstance(tree, dict) else tree[k]
    return tree, keys[-1]


def _set_json(tree, a):
    for path, value in (a.get("values") or {}).items():
        box, key = _walk(tree, path)
        box[key] = value


def _delete_json(tree, a):
    for path in a.get("paths") or []:
        box, key = _walk(tree, path)
        if isinstance(box, list) or key in box:
            del box[key]


def _manifest(tree, a):
    m, what, i = tree.get("manifest"), a.get("what"), a.get("index", -1)
    if not m:
        return
    if what == "total_row_count":
        m["total_row_count"] += a.get("delta", 1)
    elif what == "row_count" and m.get("chunks"):
        m["chunks"][i]["row_count"] += a.get("delta", 1)
    elif what == "missing_chunk" and m.get("chunks"):
        del m["chunks"][i]
    elif what == "duplicate_chunk" and m.get("chunks"):
        m["chunks"].append(dict(m["chunks"][i]))
    elif what == "omit_result_compression":
        m.pop("result_compression", None)
    elif what == "truncated":
        m["truncated"] = True


def _dead_link(tree, a):
    base = a.get("origin", "http://127.0.0.1:9")
    for link in tree.get("external_links") or (tree.get("result") or {}).get("external_links") or []:
        link["external_link"] = re.sub(r"^https?://[^/]+", base, link["external_link"])


_JSON = {"set_json": _set_json, "delete_json": _delete_json, "manifest": _manifest, "dead_link": _dead_link}


def _plain(body):
    """(uncompressed bytes, was it LZ4)."""
    if body[:4] != b"\x04\x22\x4d\x18":
        return body, False
    out, rest = b"", body
    while rest:
        d = lz4.frame.LZ4FrameDecompressor()
        out += d.decompress(rest)
        rest = d.unused_data or b""
    return out, True


def _pack(data, packed):
    return lz4.frame.compress(data, block_linked=False) if packed else data


def _corrupt_arrow(body, a):
    data, packed = _plain(body)
    data = bytearray(data)
    at = a.get("at", len(data) // 2)
    for i in range(at, min(len(data), at + a.get("bytes", 16))):
        data[i] ^= 0xFF
    if "at" not in a:
        data[8:12] = b"\xff\xff\xff\x7f"               # the flatbuffer's root offset
    return _pack(bytes(data), packed)


def _corrupt_lz4(body, a):
    data = bytearray(body)
    at = a.get("at", len(data) // 2)
    for i in range(at, min(len(data), at + a.get("bytes", 8))):
        data[i] ^= 0xFF
    return bytes(data)


def _bomb(body, a):
    """A few kilobytes that swell to `megabytes`."""
    with lz4.frame.LZ4FrameCompressor(block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB) as c:
        out = c.begin()
        block = bytes(4 << 20)
        for _ in range(max(1, int(a.get("megabytes", 1024)) // 4)):
            out += c.compress(block)
        return out + c.flush()


def _short(body, a):
    """An Arrow stream that lacks its last rows, though it is well-formed."""
    data, packed = _plain(body)
    table = pa.ipc.open_stream(data).read_all()
    table = table.slice(0, max(0, table.num_rows - int(a.get("rows", 1))))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as w:
        w.write_table(table)
    return _pack(sink.getvalue().to_pybytes(), packed)


_BODIES = {"corrupt_arrow": _corrupt_arrow, "corrupt_lz4": _corrupt_lz4, "lz4_bomb": _bomb, "short_chunk": _short}
