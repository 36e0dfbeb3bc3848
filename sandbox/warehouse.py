"""SQL warehouses and their states: a stopped one is started by the first statement, not by a session."""
import threading
import time

from .errors import ApiError, not_found

ALLOWED = {"STOPPED": {"STARTING", "DELETING"}, "STARTING": {"RUNNING", "STOPPING"}, "RUNNING": {"STOPPING", "DELETING"},
           "STOPPING": {"STOPPED"}, "DELETING": {"DELETED"}, "DELETED": set()}


class Warehouse:
    def __init__(self, warehouse_id, name, state, size="Small"):
        self.id, self.name, self.state, self.size = warehouse_id, name, state, size
        self.start_delay, self.stop_delay, self.auto_stop_mins = 2.0, 0.2, 10
        self.auto_stop_seconds = None      # overrides the minutes, for tests
        self.starts, self.used = 0, time.monotonic()
        self.changed = threading.Condition()

    def _move(self, state, force=False):
        """The one place where the state changes."""
        if not force and state not in ALLOWED[self.state]:
            return False
        self.state = state
        self.starts += state == "STARTING"
        self.used = time.monotonic()
        self.changed.notify_all()
        return True

    def start(self):
        with self.changed:
            if self.state == "DELETED":
                raise not_found(f"SQL warehouse {self.id} does not exist.")
            if self._move("STARTING"):
                self._later(self.start_delay, "STARTING", "RUNNING")

    def stop(self):
        with self.changed:
            if self._move("STOPPING"):
                self._later(self.stop_delay, "STOPPING", "STOPPED")

    def force(self, state):
        with self.changed:
            self._move(state, force=True)

    def _later(self, seconds, was, then):
        def go():
            with self.changed:
                if self.state == was:
                    self._move(then)
        if seconds <= 0:
            return self._move(then)
        timer = threading.Timer(seconds, go)
        timer.daemon = True
        timer.start()

    def idle_check(self, busy):
        """Auto-stop, looked at whenever the warehouse is looked at."""
        limit = self.auto_stop_seconds if self.auto_stop_seconds is not None else self.auto_stop_mins * 60
        with self.changed:
            if limit and not busy and self.state == "RUNNING" and time.monotonic() - self.used > limit:
                self._move("STOPPING") and self._move("STOPPED")

    def touch(self):
        self.used = time.monotonic()

    def wait_running(self, stop):
        """Start if needed and wait; `stop()` true ends the wait. Returns whether it runs."""
        with self.changed:
            while self.state != "RUNNING":
                if stop() or self.state in ("DELETED", "DELETING"):
                    return False
                if self.state == "STOPPED" and self._move("STARTING"):
                    self._later(self.start_delay, "STARTING", "RUNNING")
                self.changed.wait(0.05)
            self.touch()
            return True

    def json(self, host, port, sessions):
        return {"id": self.id, "name": self.name, "size": self.size.upper(), "cluster_size": self.size, "min_num_clusters": 1,
                "max_num_clusters": 1, "auto_stop_mins": self.auto_stop_mins, "auto_resume": True, "creator_name": "root@sandbox.local",
                "creator_id": 1, "tags": {}, "spot_instance_policy": "COST_OPTIMIZED", "enable_photon": True,
                "channel": {"name": "CHANNEL_NAME_CURRENT", "dbsql_version": "2025.40"}, "enable_serverless_compute": True,
                "warehouse_type": "PRO", "num_clusters": 1 if self.state == "RUNNING" else 0, "num_active_sessions": sessions,
                "state": self.state, "health": {"status": "HEALTHY"},
                "jdbc_url": f"jdbc:databricks://{host}:{port}/default;transportMode=http;ssl=0;AuthMech=3;"
                            f"httpPath=/sql/1.0/warehouses/{self.id}",
                "odbc_params": {"hostname": host, "path": f"/sql/1.0/warehouses/{self.id}", "protocol": "https", "port": port}}


class Warehouses:
    def __init__(self, start_delay):
        both = [Warehouse("dd43ee29fedd958d", "Sandbox", "RUNNING"), Warehouse("5ca1ab1e0ddba115", "Sleepy", "STOPPED", "2X-Small")]
        for w in both:
            w.start_delay = start_delay
        self.all = {w.id: w for w in both}

    def get(self, warehouse_id, user):
        w = self.all.get(warehouse_id)
        if w is None or w.state == "DELETED":
            raise not_found(f"SQL warehouse {warehouse_id} does not exist.")
        if not user.may_use:
            raise ApiError(403, "PERMISSION_DENIED", f"User {user.name} does not have permission to use the SQL warehouse {warehouse_id}.")
        return w
