"""What has happened: counts by route, by statement class, and the last requests (secrets removed)."""
import threading
import time
from collections import Counter, deque

SECRET_HEADERS = {"authorization", "cookie", "x-databricks-azure-sp-management-token"}


class Counters:
    def __init__(self, keep=200):
        self.lock, self.keep = threading.Lock(), keep
        self.reset()

    def reset(self):
        with self.lock:
            self.counts, self.groups = Counter(), {"requests": Counter(), "responses": Counter(), "statements_by_class": Counter(),
                                                   "statements_by_state": Counter(), "statements_by_text": Counter()}
            self.recent = deque(maxlen=self.keep)

    def add(self, name, n=1):
        with self.lock:
            self.counts[name] += n

    def group(self, name, key):
        with self.lock:
            self.groups[name][key] += 1

    def request(self, request, response, origin, seconds):
        headers = {k: ("***" if k in SECRET_HEADERS else v) for k, v in request.headers.items()}
        body = request.body[:2000].decode("utf-8", "replace")
        if request.route == "token":
            body = "***"
        with self.lock:
            self.groups["requests"][request.route or "unknown"] += 1
            self.groups["responses"][str(response.status)] += 1
            self.recent.append({"time": time.time(), "ms": round(seconds * 1000, 3), "origin": origin, "route": request.route or "unknown",
                                "method": request.method, "path": request.raw_path, "query": "***" if origin == "storage" else request.query_text,
                                "headers": headers, "body": body, "status": response.status})

    def json(self, last=50):
        with self.lock:
            out = {k: dict(v) for k, v in self.groups.items()}
            out.update({k: self.counts[k] for k in ("statements_executed", "chunks_served", "bytes_served", "sessions_opened",
                                                    "sessions_closed", "cancels_received", "closes_received", "links_made")})
            out["recent"] = list(self.recent)[-last:] if last else []
        return out
