"""The second origin: presigned links to result chunks, which expire and refuse an Authorization header."""
import hashlib
import hmac
import os
import threading
import time
from datetime import datetime, timezone
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from . import ids
from .http import Response


class Storage:
    """Links name an object; the object is a chunk of a statement (made when it is asked for) or a volume file."""

    def __init__(self, settings, counters):
        self.settings, self.counters = settings, counters
        self.key, self.base = os.urandom(16), None
        self.objects, self.lock, self.expired_before = {}, threading.Lock(), 0.0

    # -- links -------------------------------------------------------------------------------------------------
    def _signed(self, path, seconds, now, extra=""):
        stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        sign = self._sign(extra, path, now, seconds)
        query = urlencode({"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": stamp, "X-Amz-SignedHeaders": "host",
                           "X-Amz-Expires": f"{seconds:g}", "X-Sandbox-At": f"{now:.6f}", "X-Amz-Signature": sign})
        return f"{self.base}{quote(path)}?{query}"

    def link(self, st, chunk):
        """(url, expiration) for one chunk."""
        now, seconds = time.time(), self.settings["link_seconds"]
        stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = f"/oregon-sandbox/{st.user.tenant}.jobs/sql/extended/results_{stamp}_{ids.request_id()}"
        with self.lock:
            self.objects[path] = (st, chunk)
            while len(self.objects) > 50000:
                self.objects.pop(next(iter(self.objects)))
        self.counters.add("links_made")
        expires = datetime.fromtimestamp(now + seconds, timezone.utc)
        return self._signed(path, seconds, now), expires.strftime("%Y-%m-%dT%H:%M:%S.") + f"{expires.microsecond // 1000:03d}Z"

    def file_link(self, path, verb):
        """A presigned URL for a volume file; `verb` is GET, PUT or DELETE."""
        return self._signed(f"/volumes{path}", 1799, time.time(), verb)

    # -- serving -----------------------------------------------------------------------------------------------
    def handle(self, request, files):
        request.route = "download"
        refused = self._refusal(request)
        if refused is not None:
            return refused
        if request.path.startswith("/volumes/"):
            return files.raw(request, request.path[len("/volumes"):])
        with self.lock:
            found = self.objects.get(request.path)
        enc = found[0].encoder if found else None
        if enc is None:
            return self._xml(404, "NoSuchKey", "The specified key does not exist.")
        if request.method not in ("GET", "HEAD"):
            return self._xml(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        body = enc.complete(found[1])
        self.counters.add("chunks_served")
        self.counters.add("bytes_served", len(body))
        return ranged(request, body)

    def _refusal(self, request):
        if "authorization" in request.headers:
            return self._xml(400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
                             "query string parameter or the Authorization header should be specified")
        q = request.query
        try:
            now, seconds = float(q.get("X-Sandbox-At", "")), float(q.get("X-Amz-Expires", ""))
        except ValueError:
            return self._xml(403, "AccessDenied", "Access Denied")
        if any(request.headers.get(k.lower()) != v for k, v in self.settings["link_headers"].items()):
            return self._xml(403, "AccessDenied", "A required header is missing")
        verb = request.method if request.path.startswith("/volumes/") else ""
        if not hmac.compare_digest(q.get("X-Amz-Signature", ""), self._sign(verb, request.path, now, seconds)):
            return self._xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
        if time.time() > now + seconds or now < self.expired_before:
            return self.expired()
        return None

    def _sign(self, verb, path, now, seconds):
        return hmac.new(self.key, f"{verb}{path}|{now:.6f}|{seconds:g}".encode(), hashlib.sha256).hexdigest()

    def expired(self):
        return self._xml(403, "AccessDenied", "Request has expired")

    def _xml(self, status, code, message):
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message>'
                f"<RequestId>{ids.request_id()[:16].upper()}</RequestId></Error>")
        return Response(status, body.encode(), {"server": "AmazonS3"}, "application/xml")


def ranged(request, body, extra=None):
    """A body with ETag, honouring one Range."""
    headers = {"accept-ranges": "bytes", "etag": f'"{hashlib.md5(body).hexdigest()}"', "server": "AmazonS3", **(extra or {})}
    spec = request.headers.get("range", "")
    if spec.startswith("bytes=") and "," not in spec:
        first, _, last = spec[6:].partition("-")
        try:
            start = int(first) if first else max(0, len(body) - int(last))
            end = int(last) + 1 if first and last else len(body)
        except ValueError:
            start, end = 0, len(body)
        if start >= len(body) and body:
            return Response(416, b"", {"content-range": f"bytes */{len(body)}"}, None)
        part = body[start:end]
        headers["content-range"] = f"bytes {start}-{start + len(part) - 1}/{len(body)}"
        return Response(206, part, headers, "binary/octet-stream")
    return Response(200, body, headers, "binary/octet-stream")
