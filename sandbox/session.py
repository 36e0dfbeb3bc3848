"""Sessions: a catalog, a schema, settings and temporary views that last between statements."""
import threading
import time

from . import confs, ids
from .errors import ApiError, SqlError, not_found


class Session:
    def __init__(self, user, warehouse, catalog, schema, settings=None):
        self.id, self.user, self.warehouse = ids.uuid(), user, warehouse
        self.catalog, self.schema = catalog, schema
        self.settings, self.initial = dict(settings or {}), dict(settings or {})
        self.temp_views, self.used = {}, time.monotonic()

    default_timezone = confs.DEFAULTS["timezone"]

    @property
    def timezone(self):
        return self.conf("timezone")

    def conf(self, name):
        return self.settings.get(name, confs.DEFAULTS[name])

    def set_conf(self, name, value):
        self.settings[name] = value

    def reset_conf(self, name=None):
        if name is None:
            self.settings = dict(self.initial)
        elif name in self.initial:
            self.settings[name] = self.initial[name]
        else:
            self.settings.pop(name, None)

    def all_confs(self):
        return {**confs.DEFAULTS, **self.settings}


class Sessions:
    def __init__(self, store, idle_seconds=0):
        self.store, self.idle_seconds = store, idle_seconds
        self.open, self.closed, self.lock = {}, set(), threading.Lock()

    def make(self, user, warehouse, catalog=None, schema=None, settings=None):
        """An unregistered session; ApiError when its namespace or settings are wrong."""
        known = {}
        for key, value in (settings or {}).items():
            name = confs.known(key)
            if name is None:
                raise ApiError(400, "BAD_REQUEST", confs.unavailable(key).message)
            known[name] = value if isinstance(value, str) else str(value).lower()
        if not catalog or catalog.upper() in ("SPARK", "SPARK_CATALOG"):
            catalog = self.store.default[0]
        try:
            catalog = self.store.catalog(catalog).name
            schema = self.store.schema(catalog, schema or self.store.default[1]).name
        except SqlError as e:
            if schema or not hasattr(e, "error_class") or e.error_class != "SCHEMA_NOT_FOUND":
                raise ApiError(400, "BAD_REQUEST", e.message) from None
            schema = "default"
        return Session(user, warehouse, catalog, schema, known)

    def add(self, session):
        with self.lock:
            self.open[session.id] = session
        return session

    def get(self, session_id, user):
        with self.lock:
            s = self.open.get(session_id)
            if s is not None and self.idle_seconds and time.monotonic() - s.used > self.idle_seconds:
                self._forget(session_id)
                s = None
        if s is None and session_id in self.closed:
            raise ApiError(400, "BAD_REQUEST", f"Invalid SessionHandle: Session [{session_id}] is closed.")
        if s is None or s.user.name != user.name:
            raise not_found(f"Session {session_id} does not exist.")
        s.used = time.monotonic()
        return s

    def close(self, session_id, user):
        self.get(session_id, user)
        with self.lock:
            self._forget(session_id)

    def _forget(self, session_id):
        self.open.pop(session_id, None)
        self.closed.add(session_id)

    def expire(self, session_id=None):
        with self.lock:
            gone = [session_id] if session_id else list(self.open)
            for s in gone:
                self._forget(s)
        return len(gone)
