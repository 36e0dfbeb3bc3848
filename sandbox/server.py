"""The sandbox as a whole: its parts, its two origins, its settings."""
from . import auth, sampledata
from .control import PREFIX, Control
from .counters import Counters
from .engine import Engine
from .faults import Faults, after, before
from .files import Files
from .http import Response, Server
from .information_schema import InformationSchema
from .routes import Api
from .session import Sessions
from .statement import Statements
from .storage import Storage
from .warehouse import Warehouses

SETTINGS = {"chunk_rows": 122880, "chunk_bytes": 20 << 20, "inline_limit_bytes": 4 << 20, "links_per_answer": 8, "split_attachments": False, "link_seconds": 899,
            "link_headers": {}, "retention_seconds": 3600, "direct_close": False, "gzip": False, "session_idle_seconds": 0,
            "token_seconds": 3600, "host_metadata": True}


class Sandbox:
    def __init__(self, data_file, host="127.0.0.1", port=0, storage_port=0, start_delay=2.0, quiet=True, tls=None):
        self.host, self.quiet, self.start_delay = host, quiet, start_delay
        self.settings, self.initial_settings = dict(SETTINGS), dict(SETTINGS)
        self.counters, self.faults, self.auth = Counters(), Faults(), auth.Auth()
        self.store = sampledata.metastore()
        self.engine = Engine(data_file)
        self.information_schema = InformationSchema(self.store, self.engine)
        self.sessions, self.warehouses = Sessions(self.store), Warehouses(start_delay)
        self.files = Files(self.store)
        self.statements = Statements(self)
        self.storage = Storage(self.settings, self.counters)
        self.api, self.control = Api(self), Control(self)
        self.api_server = Server(host, port, self._api, lambda: self.settings["gzip"], tls)
        self.storage_server = Server(host, storage_port, self._storage, tls=tls)
        shown = f"[{host}]" if ":" in host else "127.0.0.1" if host in ("0.0.0.0", "") else host
        scheme = "https" if tls else "http"
        self.api_url = f"{scheme}://{shown}:{self.api_server.port}"
        self.storage.base = self.storage_url = f"{scheme}://{shown}:{self.storage_server.port}"

    def _api(self, request):
        if request.path == PREFIX or request.path.startswith(PREFIX + "/"):
            return self.control.handle(request)
        return self.api.handle(request)

    def _storage(self, request):
        request.route = "download"
        actions = self.faults.chosen(request, "storage")
        response = before(actions, request)
        if response is None:
            try:
                response = self.storage.handle(request, self.files)
            except Exception as e:  # noqa: BLE001 - a storage answer is never an API error
                response = Response(getattr(e, "status", 500), str(e).encode(), None, "application/xml")
            after(actions, response)
        self.counters.request(request, response, "storage", 0)
        return response

    def start(self):
        self.api_server.start()
        self.storage_server.start()

    def stop(self):
        for s in (self.api_server, self.storage_server):
            s.shutdown()
            s.server_close()

    def info(self):
        """What the ready file says."""
        return {"url": self.api_url, "host": self.host, "port": self.api_server.port, "storage_url": self.storage_url,
                "control_url": self.api_url + PREFIX, "token": next(iter(auth.USERS)),
                "tokens": {t: {"user": u.name, "tenant": u.tenant, "may_use": u.may_use} for t, u in auth.USERS.items()},
                "clients": {c: s for c, (s, _) in auth.CLIENTS.items()},
                "warehouse_id": next(iter(self.warehouses.all)), "http_path": "/sql/1.0/warehouses/" + next(iter(self.warehouses.all)),
                "warehouses": {w.id: {"name": w.name, "state": w.state} for w in self.warehouses.all.values()}}
