"""sandbox_control: the running sandbox as the tests see it: where it is, its control API, its faults."""
import json
import urllib.request
from contextlib import contextmanager


class Sandbox:
    def __init__(self, ready):
        self.ready = ready
        self.url, self.control_url = ready["url"], ready["control_url"]
        self.host, self.port = ready["host"], ready["port"]
        self.warehouse = ready["warehouse_id"]
        self.sleepy = next(w for w, v in ready["warehouses"].items() if v["state"] == "STOPPED")

    def token(self, user=None):
        """The token of a user by the first part of the address: alice, bob, carol; dave may not use the warehouse."""
        if user is None:
            return self.ready["token"]
        return next(t for t, v in self.ready["tokens"].items() if v["user"].startswith(user + "@"))

    def control(self, method, path, body=None):
        request = urllib.request.Request(f"{self.control_url}/{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def counters(self):
        return self.control("GET", "counters?last=500")

    def reset(self):
        self.control("POST", "restore", {})
        self.control("POST", "reset", {})

    def put_to_sleep(self):
        self.control("POST", f"warehouses/{self.warehouse}", {"state": "STOPPED"})

    @contextmanager
    def fault(self, match, action, **more):
        """One fault while the block runs: match and action as in sandbox/README.md."""
        self.control("POST", "faults", {"faults": [dict(match=match, action=action, **more)]})
        try:
            yield
        finally:
            self.control("DELETE", "faults")
