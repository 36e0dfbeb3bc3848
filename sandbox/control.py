"""The control API under /sandbox/v1: counters, faults, settings, states. No credentials, loopback callers only. See README.md."""
import json
import time

from .errors import ApiError
from .http import Response

PREFIX = "/sandbox/v1"


class Control:
    def __init__(self, box):
        self.box = box

    def handle(self, request):
        request.route = "control"
        if request.peer[0] not in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
            return Response.of({"error": "loopback callers only"}, 403)
        path = request.path[len(PREFIX):].strip("/").split("/")
        try:
            handler = getattr(self, f"{request.method.lower()}_{path[0].replace('-', '_') or 'info'}", None)
            if handler is None:
                return Response.of({"error": f"no such control: {request.method} {request.path}"}, 404)
            out = handler(request, *path[1:])
            return Response.of({} if out is None else out)
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            return Response.of({"error": f"{type(e).__name__}: {e}"}, 400)
        except ApiError as e:
            return Response.of({"error": e.message}, e.status)

    def _body(self, request):
        return json.loads(request.body) if request.body.strip() else {}

    # -- looking -----------------------------------------------------------------------------------------------
    def get_info(self, request):
        return self.box.info()

    def get_counters(self, request):
        out = self.box.counters.json(int(request.query.get("last", 50)))
        out["active_statements"] = len(self.box.statements.active())
        out["sessions_open"] = len(self.box.sessions.open)
        out["warehouse_starts"] = {w.id: w.starts for w in self.box.warehouses.all.values()}
        return out

    def post_reset(self, request, *_):
        self.box.counters.reset()
        for w in self.box.warehouses.all.values():
            w.starts = 0

    def get_statements(self, request):
        with self.box.statements.lock:
            return {"statements": [{"id": s.id, "state": s.state, "user": s.user.name, "statement": s.ask.statement[:500], "rows": s.total_rows}
                                   for s in list(self.box.statements.all.values())[-200:]]}

    # -- faults ------------------------------------------------------------------------------------------------
    def get_faults(self, request):
        return {"faults": self.box.faults.list()}

    def post_faults(self, request):
        body = self._body(request)
        specs = body if isinstance(body, list) else body.get("faults", [body] if "action" in body else [])
        return {"faults": self.box.faults.add(specs)}

    def delete_faults(self, request, rule_id=None):
        self.box.faults.clear(rule_id)

    # -- states ------------------------------------------------------------------------------------------------
    def post_warehouses(self, request, warehouse_id):
        w, body = self.box.warehouses.all[warehouse_id], self._body(request)
        for key in ("start_delay", "stop_delay", "auto_stop_seconds", "auto_stop_mins"):
            if key in body:
                setattr(w, key, body[key])
        if "state" in body:
            w.force(body["state"])
        return {"id": w.id, "state": w.state, "start_delay": w.start_delay, "auto_stop_seconds": w.auto_stop_seconds, "starts": w.starts}

    def post_sessions(self, request, what):
        body = self._body(request)
        return {"expired": self.box.sessions.expire(body.get("session_id"))}

    def post_statements(self, request, what):
        """forget: answer 404 for one statement or all; close: results are gone."""
        body = self._body(request)
        with self.box.statements.lock:
            chosen = [s for s in self.box.statements.all.values() if body.get("statement_id") in (None, s.id)]
        for s in chosen:
            self.box.statements.forget(s) if what == "forget" else s.move("CLOSED")
        return {what: len(chosen)}

    def post_links(self, request, what):
        """expire: every link handed out so far answers 403."""
        self.box.storage.expired_before = time.time()

    def get_settings(self, request):
        return self.box.settings

    def post_settings(self, request):
        body = self._body(request)
        for key, value in body.items():
            if key not in self.box.settings:
                raise KeyError(f"unknown setting {key}; known: {', '.join(self.box.settings)}")
            if type(value) is bool or not isinstance(self.box.settings[key], (int, float)) or isinstance(value, (int, float)):
                self.box.settings[key] = value
            else:
                raise TypeError(f"{key} must be a number")
        if "session_idle_seconds" in body:
            self.box.sessions.idle_seconds = body["session_idle_seconds"]
        if "token_seconds" in body:
            self.box.auth.ttl = body["token_seconds"]
        return self.box.settings

    def post_tokens(self, request, what):
        """revoke | restore one token."""
        self.box.auth.revoke(self._body(request)["token"], what == "revoke")

    def post_restore(self, request):
        """Faults away, settings and warehouses as at the start."""
        self.box.faults.clear()
        self.box.settings.clear()
        self.box.settings.update(self.box.initial_settings)
        self.box.auth.revoked.clear()
        self.box.sessions.idle_seconds = self.box.settings["session_idle_seconds"]
        for i, w in enumerate(self.box.warehouses.all.values()):
            w.auto_stop_seconds, w.start_delay = None, self.box.start_delay
            w.force("RUNNING" if i == 0 else "STOPPED")
