"""The REST API: which path means what, and the answers."""
import json
import re
import time

from . import auth, execute, faults, ids
from .errors import ApiError, invalid, not_found
from .http import Response
from .statement import Statement

OPEN = {"oidc_discovery", "token", "authorize", "host_metadata", "telemetry_unauth", "jwks"}
_ID = r"([^/]+)"
ROUTES = [(m, re.compile(f"^{p}/?$"), n) for m, p, n in [
    ("POST", "/api/2.0/sql/statements", "execute"), ("GET", f"/api/2.0/sql/statements/{_ID}", "status"),
    ("GET", f"/api/2.0/sql/statements/{_ID}/result/chunks/{_ID}", "chunk"),
    ("POST", f"/api/2.0/sql/statements/{_ID}/cancel", "cancel"), ("DELETE", f"/api/2.0/sql/statements/{_ID}", "close"),
    ("POST", "/api/2.0/sql/sessions", "open_session"), ("DELETE", f"/api/2.0/sql/sessions/{_ID}", "close_session"),
    ("POST", f"/api/2.0/sql/warehouses/{_ID}/sessions", "open_session_under"),
    ("DELETE", f"/api/2.0/sql/warehouses/{_ID}/sessions/{_ID}", "close_session_under"),
    ("GET", "/api/2.0/sql/warehouses", "warehouses"), ("GET", f"/api/2.0/sql/warehouses/{_ID}", "warehouse"),
    ("POST", f"/api/2.0/sql/warehouses/{_ID}/start", "start_warehouse"),
    ("POST", f"/api/2.0/sql/warehouses/{_ID}/stop", "stop_warehouse"),
    ("GET", f"/api/2.1/unity-catalog/tables/{_ID}", "uc_table"),
    ("GET", "/api/2.0/sql/history/queries", "history"), ("GET", "/api/2.0/preview/scim/v2/Me", "scim_me"),
    ("GET", f"/api/2.0/connector-service/feature-flags/{_ID}/{_ID}", "feature_flags"),
    ("POST", "/telemetry-ext", "telemetry"), ("POST", "/telemetry-unauth", "telemetry_unauth"),
    ("GET", "/.well-known/databricks-config", "host_metadata"),
    ("GET", "/oidc/.well-known/oauth-authorization-server", "oidc_discovery"),
    ("GET", "/oidc/.well-known/openid-configuration", "oidc_discovery"), ("GET", "/oidc/jwks.json", "jwks"),
    ("POST", "/oidc/v1/token", "token"), ("GET", "/oidc/v1/authorize", "authorize"),
    ("GET", "/oidc/oauth2/v2.0/authorize", "authorize"),
    ("GET", "/api/2.0/fs/list", "fs_list"), ("POST", "/api/2.0/fs/create-(upload|download|delete)-url", "fs_url"),
    ("GET", "/api/2.0/fs/directories(/.*)", "fs_directory"), ("PUT", "/api/2.0/fs/directories(/.*)", "fs_mkdir"),
    ("HEAD", "/api/2.0/fs/directories(/.*)", "fs_mkdir"), ("DELETE", "/api/2.0/fs/directories(/.*)", "fs_mkdir"),
    ("GET", "/api/2.0/fs/files(/.*)", "fs_file"), ("HEAD", "/api/2.0/fs/files(/.*)", "fs_file"),
    ("PUT", "/api/2.0/fs/files(/.*)", "fs_file"), ("DELETE", "/api/2.0/fs/files(/.*)", "fs_file"),
]]


class Api:
    """`box` is the Sandbox: it holds all the parts."""

    def __init__(self, box):
        self.box = box

    def handle(self, request):
        """Request -> Response, with the headers every answer has."""
        started = time.perf_counter()
        name, args = self._find(request)
        request.route = name
        actions = self.box.faults.chosen(request, "api")
        response = faults.before(actions, request)
        user = None
        if response is None:
            try:
                user = None if name in OPEN or name is None else self.box.auth.user(request)
                response = self._answer(name, args, request, user, actions)
            except ApiError as e:
                response = self._error(e, user)
            except ValueError as e:
                response = self._error(ApiError(400, "MALFORMED_REQUEST", f"Invalid JSON given in the body of the request - {e}"), user)
            faults.after(actions, response)
        else:
            faults.after([a for a in actions if a["type"] in ("delay", "stall", "cut")], response)
        self._common(response, user)
        self.box.counters.request(request, response, "api", time.perf_counter() - started)
        return response

    def _find(self, request):
        for method, pattern, name in ROUTES:
            if method == request.method:
                m = pattern.match(request.path)
                if m:
                    return name, m.groups()
        return None, ()

    def _answer(self, name, args, request, user, actions):
        if name is None:
            raise ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {request.path}'")
        out = getattr(self, "do_" + name)(request, user, *args, **({"actions": actions} if name == "execute" else {}))
        return out if isinstance(out, Response) else Response.of(out)

    def _error(self, e, user):
        body = e.body()
        rid = ids.request_id()
        if e.details:
            body["details"] = e.details + [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": rid, "serving_data": ""}]
        r = Response.of(body, e.status, {"x-databricks-reason-phrase": e.message.replace("\n", " ")[:500], **e.headers})
        if isinstance(e.code, int):
            r.headers["content-type"] = "application/json; charset=utf-8"
        return r

    def _common(self, r, user):
        r.headers.setdefault("x-request-id", ids.request_id())
        r.headers.setdefault("server", "databricks")
        r.headers["vary"] = "Accept-Encoding"
        r.headers["x-databricks-shard-debug"] = "sandbox"
        if user:
            r.headers["x-databricks-org-id"] = auth.TENANTS[user.tenant]
            r.headers["x-content-type-options"] = "nosniff"
            r.headers["strict-transport-security"] = "max-age=31536000; includeSubDomains; preload"

    # -- sessions ----------------------------------------------------------------------------------------------
    def do_open_session(self, request, user, warehouse_id=None):
        body = request.json()
        w = self.box.warehouses.get(warehouse_id or body.get("warehouse_id") or "", user)
        confs = body.get("session_confs") or {}
        if not isinstance(confs, dict):
            raise invalid("session_confs must be an object.")
        s = self.box.sessions.add(self.box.sessions.make(user, w, body.get("catalog"), body.get("schema"), confs))
        self.box.counters.add("sessions_opened")
        return {"session_id": s.id}

    def do_open_session_under(self, request, user, warehouse_id):
        return self.do_open_session(request, user, warehouse_id)

    def do_close_session(self, request, user, session_id):
        if not request.query.get("warehouse_id") and not (request.body and request.json().get("warehouse_id")):
            raise invalid("Parameter warehouse_id is required.")
        self.box.sessions.close(session_id, user)
        self.box.counters.add("sessions_closed")
        return {}

    def do_close_session_under(self, request, user, warehouse_id, session_id):
        self.box.sessions.close(session_id, user)
        self.box.counters.add("sessions_closed")
        return {}

    # -- statements --------------------------------------------------------------------------------------------
    def do_execute(self, request, user, actions=()):
        ask = execute.parse(request.json())
        warehouse = self.box.warehouses.get(ask.warehouse_id, user)
        if ask.session_id:
            session = self.box.sessions.get(ask.session_id, user)
        else:
            session = self.box.sessions.make(user, warehouse, ask.catalog, ask.schema)
        st = Statement(ask, session, user, warehouse, faults.statement_options(actions))
        self.box.statements.submit(st)
        if ask.wait:
            st.wait(ask.wait)
            if ask.cancel_on_timeout and st.state in ("PENDING", "RUNNING"):
                st.cancel()
                st.wait(2)
        return self._first_answer(st)

    def _first_answer(self, st):
        out = execute.answer(st, self.box.storage, self.box.settings)
        direct = st.options.get("closed_direct") or (self.box.settings["direct_close"] and st.ask.direct)
        if st.state == "SUCCEEDED" and direct and (not st.encoder.chunks or (st.inline and len(st.encoder.chunks) == 1)):
            out["status"]["state"] = "CLOSED"
            st.move("CLOSED")
        elif st.state == "SUCCEEDED" and st.options.get("close_early"):
            self.box.statements.forget(st)
        return out

    def do_status(self, request, user, statement_id):
        return execute.answer(self.box.statements.get(statement_id, user), self.box.storage, self.box.settings)

    def do_chunk(self, request, user, statement_id, index):
        st = self.box.statements.get(statement_id, user)
        with st.changed:
            if st.state != "SUCCEEDED":
                raise ApiError(404 if st.state == "CLOSED" else 400, "NOT_FOUND" if st.state == "CLOSED" else "INVALID_STATE",
                               f"The statement {statement_id} has no result to fetch: it is {st.state}.")
            if not index.isdigit() or int(index) >= len(st.encoder.chunks):
                raise not_found(f"Chunk {index} of statement {statement_id} does not exist.")
            out = execute.result(st, int(index), self.box.storage, self.box.settings)
        if st.inline:
            self.box.counters.add("chunks_served")
        return out

    def do_cancel(self, request, user, statement_id):
        self.box.counters.add("cancels_received")
        self.box.statements.get(statement_id, user).cancel()
        return {}

    def do_close(self, request, user, statement_id):
        st = self.box.statements.get(statement_id, user)
        self.box.counters.add("closes_received")
        if st.state in ("PENDING", "RUNNING"):
            st.cancel()
        st.move("CLOSED")
        return {}

    # -- warehouses --------------------------------------------------------------------------------------------
    def _warehouse_json(self, w):
        busy = any(s.warehouse is w for s in self.box.statements.active())
        w.idle_check(busy)
        open_ = sum(1 for s in self.box.sessions.open.values() if s.warehouse is w)
        return w.json(self.box.host, self.box.api_server.port, open_)

    def do_warehouses(self, request, user):
        return {"warehouses": [self._warehouse_json(w) for w in self.box.warehouses.all.values() if w.state != "DELETED" and user.may_use]}

    def do_warehouse(self, request, user, warehouse_id):
        return self._warehouse_json(self.box.warehouses.get(warehouse_id, user))

    # -- Unity Catalog -----------------------------------------------------------------------------------------
    def do_uc_table(self, request, user, name):
        """TableInfo, as far as anybody here asks for it: what the name is, and who is kept from what."""
        parts = name.split(".")
        table = self.box.catalog.find(parts, (None, None)) if len(parts) == 3 else None
        if not table:
            raise ApiError(404, "TABLE_DOES_NOT_EXIST", f"Table '{name}' does not exist.")
        info = {"name": table.name, "catalog_name": table.catalog, "schema_name": table.schema,
                "full_name": ".".join(table.path), "table_id": table.id, "owner": table.owner,
                "table_type": {"TABLE": "MANAGED", "VIEW": "VIEW"}.get(table.kind, "FOREIGN"),
                "columns": [{"name": c.name, "position": i} for i, c in enumerate(table.columns or [])]}
        if table.view_sql:
            info["view_definition"] = table.view_sql
        if table.row_filter:
            info["row_filter"] = {"function_name": "main.default.owner_is_reader", "input_column_names": ["owner"]}
        return info

    def do_start_warehouse(self, request, user, warehouse_id):
        self.box.warehouses.get(warehouse_id, user).start()
        return {}

    def do_stop_warehouse(self, request, user, warehouse_id):
        self.box.warehouses.get(warehouse_id, user).stop()
        return {}

    def do_history(self, request, user):
        names = {"PENDING": "QUEUED", "RUNNING": "RUNNING", "SUCCEEDED": "FINISHED", "CLOSED": "FINISHED", "FAILED": "FAILED",
                 "CANCELED": "CANCELED"}
        limit = min(999, int(request.query.get("max_results", 100)))
        wanted = request.query.get("filter_by.statement_ids")
        with self.box.statements.lock:
            found = [s for s in self.box.statements.all.values() if s.user.tenant == user.tenant and wanted in (None, s.id)]
        found.sort(key=lambda s: -s.created)
        res = []
        for s in found[:limit]:
            end = int((s.ended or time.time()) * 1000)
            res.append({"query_id": s.id, "status": names[s.state], "query_text": s.ask.statement, "query_start_time_ms": int(s.created * 1000),
                        "query_end_time_ms": end, "execution_end_time_ms": end, "duration": end - int(s.created * 1000), "user_id": int(s.user.id),
                        "user_name": s.user.name, "warehouse_id": s.warehouse.id, "rows_produced": s.total_rows,
                        "statement_type": s.ask.statement.split(None, 1)[0].upper() if s.ask.statement.split() else "OTHER",
                        "is_final": s.state not in ("PENDING", "RUNNING"), **({"error_message": s.error.message} if s.state == "FAILED" else {})})
        return {"res": res, "has_next_page": len(found) > limit}

    # -- identity and the rest ---------------------------------------------------------------------------------
    def do_scim_me(self, request, user):
        return auth.me(user)

    def do_oidc_discovery(self, request, user):
        text = json.dumps(auth.discovery(self._base(request))).replace("/", "\\/")
        return Response(200, text.encode())

    def _base(self, request):
        proto = request.headers.get("x-forwarded-proto", self.box.api_url.split("://")[0])
        return f"{proto}://{request.headers.get('host') or self.box.api_url.split('://')[1]}"

    def do_jwks(self, request, user):
        return {"keys": []}

    def do_token(self, request, user):
        return self.box.auth.token_endpoint(request)

    def do_authorize(self, request, user):
        return self.box.auth.authorize(request)

    def do_host_metadata(self, request, user):
        """What new SDKs ask first; without it their client-credentials flow does not find its endpoints."""
        if not self.box.settings["host_metadata"]:
            raise ApiError(404, "ENDPOINT_NOT_FOUND", "No API found for 'GET /.well-known/databricks-config'")
        return {"oidc_endpoint": self._base(request) + "/oidc", "cloud": "AWS"}

    def do_feature_flags(self, request, user, client, version):
        return {"flags": [], "ttl_seconds": 900}

    def do_telemetry(self, request, user):
        return {"errors": [], "numProtoSuccess": len((request.json() or {}).get("protoLogs") or []), "numSuccess": 0}

    do_telemetry_unauth = do_telemetry

    # -- volumes -----------------------------------------------------------------------------------------------
    def do_fs_list(self, request, user):
        path = request.query.get("path", "")
        self.box.files.volume(path)
        keys = ("path", "is_dir", "file_size", "modification_time", "name")
        return {"files": [{k: f[k] for k in keys} for f in self.box.files.list(path)]}

    def do_fs_url(self, request, user, verb):
        path = request.json().get("path", "")
        self.box.files.volume(path)
        return {"url": self.box.storage.file_link(path, {"upload": "PUT", "download": "GET", "delete": "DELETE"}[verb])}

    def do_fs_directory(self, request, user, path):
        self.box.files.volume(path)
        keys = ("path", "is_directory", "file_size", "last_modified", "name")
        return {"contents": [{k: f[k] for k in keys} for f in self.box.files.list(path)]}

    def do_fs_mkdir(self, request, user, path):
        self.box.files.volume(path)
        return Response(204 if request.method != "HEAD" else 200, b"", None, None)

    def do_fs_file(self, request, user, path):
        self.box.files.volume(path)
        if request.method == "PUT" and request.query.get("overwrite") == "false" and path in self.box.files.data:
            raise ApiError(409, "ALREADY_EXISTS", f"The file being created already exists: {path}")
        return self.box.files.raw(request, path)
