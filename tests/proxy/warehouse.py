"""A scripted workspace whose statements take time: they run, are polled, cancelled and closed as the real one's are.
Upstream.plan(request, token) says how one goes: a dict of

    run     seconds until it ends (default 0)
    answer  the whole answer once it has ended; default: rows made when it STARTED (snapshot(request, token))
    state   with error: what it ends in instead, e.g. "FAILED"
    error   error_code of that
    status  HTTP status instead of any of this, after `run` seconds
    cut     the connection is cut after `run` seconds, without an answer
    poll    HTTP status of polls

Statements keep who started, polled, cancelled and closed them."""
import json
import threading
import time
import uuid

import fake_upstream
from fake_upstream import rows


class Statement:
    def __init__(self, request, token, plan, data):
        self.id = str(uuid.uuid4())
        self.text, self.token, self.plan, self.data = request["statement"], token, plan, data
        self.request = request
        self.end = time.monotonic() + plan.get("run", 0)
        self.state = plan.get("state", "SUCCEEDED")
        self.over = threading.Event()
        self.polls, self.cancels, self.closes = [], [], []

    def finish(self):
        """Ends now."""
        self.end = time.monotonic()
        self.over.set()

    def is_done(self):
        return time.monotonic() >= self.end

    def wait(self, seconds):
        self.over.wait(max(0, min(self.end - time.monotonic(), seconds)))

    def cancel(self):
        if not self.is_done():
            self.state = "CANCELED"
            self.finish()

    def answer(self):
        if not self.is_done():
            return {"statement_id": self.id, "status": {"state": "RUNNING"}}
        if self.state != "SUCCEEDED":
            error = {"error_code": self.plan.get("error", "BAD_REQUEST"), "message": "no: " + self.text}
            return {"statement_id": self.id, "status": {"state": self.state, "error": error}}
        answer = self.plan.get("answer")
        return dict(answer, statement_id=self.id) if answer else rows(self.data, sid=self.id)


class Warehouse(fake_upstream.Upstream):
    request_queue_size = 2048

    def __init__(self, plan=None, snapshot=None):
        self.plan = plan or (lambda request, token: {})
        self.snapshot = snapshot or (lambda request, token: [[str(self.value), token]])
        self.runs = []       # statements, in order
        self.by_id = {}
        super().__init__()
        self.RequestHandlerClass = Handler

    def of(self, text):
        return [s for s in self.runs if s.text == text]

    def wait_runs(self, n, seconds=10):
        end = time.monotonic() + seconds
        while len(self.runs) < n:
            assert time.monotonic() < end, "%d of %d statements" % (len(self.runs), n)
            time.sleep(0.005)
        return self.runs


def wait_of(request):
    return float(request.get("wait_timeout", "10s").rstrip("s"))


class Handler(fake_upstream.Handler):
    def setup(self):
        super().setup()
        self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(2)

    def execute(self, raw):
        server, token = self.server, self.token()
        request = json.loads(raw)
        plan = server.plan(request, token)
        with server.lock:
            server.executed.append(request["statement"])
            server.bodies.append(raw)
            s = Statement(request, token, plan, server.snapshot(request, token))
            server.runs.append(s)
            server.by_id[s.id] = s
        if plan.get("cut"):
            s.wait(999)
            return self.cut()
        if plan.get("status"):
            s.wait(999)
            return self.send(plan["status"], {"error_code": "X", "message": "status %d" % plan["status"]},
                             plan.get("headers", ()))
        s.wait(wait_of(request))
        if not s.is_done() and request.get("on_wait_timeout") == "CANCEL":
            s.cancel()
        return self.send(200, s.answer())

    def statement(self, parts):
        server, token = self.server, self.token()
        s = server.by_id.get(parts[5])
        if not s or server.user_of(s.token) != server.user_of(token):
            return self.send(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no statement " + parts[5]})
        if parts[-1] == "cancel":
            s.cancels.append(token)
            s.cancel()
            return self.send(200, {})
        if self.command == "DELETE":
            s.closes.append(token)
            return self.send(200, {})
        if len(parts) > 6:
            return self.send(200, s.answer()["result"])
        s.polls.append(token)
        if s.plan.get("poll"):
            return self.send(s.plan["poll"], {"error_code": "X", "message": "status %d" % s.plan["poll"]})
        return self.send(200, s.answer())
