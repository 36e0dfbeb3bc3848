"""lab - what everyone who measures shares: where things are, and the servers, each started when it is first needed."""
import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from cases import CASES, MOCKS
from recorder import Recorder, save_request
from servers import Missing, Mock, run

ROOT = Path(__file__).resolve().parent.parent
DATA_VERSION, SERVERS_VERSION = 2, 1


def deps():
    return Path(os.environ.get("DBXODBC_DEPS", Path.home() / ".cache/dbx-odbc"))


class Lab:
    def __init__(self, scratch):
        build = Path(os.environ.get("builddir", ROOT)).resolve()
        self.root, self.build, self.scratch = ROOT, build, scratch
        self.deps = deps()
        self.driver = build / "driver/.libs/libdbxodbc.so"
        self.data = self.deps / f"bench-data-{DATA_VERSION}"
        self.python = self.deps / "sandbox-venv/bin/python"
        self.mocks, self.databases, self.broken, self.request = {}, {}, {}, None

    def manifest(self, table):
        return json.loads((self.data / table / "manifest.json").read_text())

    def wire_bytes(self, case):
        return sum(c["wire_bytes"] for c in self.manifest(case.table)["chunks"]) * case.repeat

    def make_data(self):
        subprocess.run([self.python, ROOT / "bench/cassettes.py", self.data], check=True)

    def mock(self, name):
        if name not in self.mocks:
            self.mocks[name] = Mock(self.build / "bench/mock", self.data, self.scratch, name, MOCKS[name])
        return self.mocks[name]

    def database(self, kind):
        """A running server of this kind; one that did not start is not tried again."""
        if kind in self.broken:
            raise self.broken[kind]
        if kind not in self.databases:
            db = kind(self.deps / f"bench-servers-{SERVERS_VERSION}", self.scratch, self.data, self.export)
            try:
                db.start()
            except BaseException as why:
                db.stop()
                if isinstance(why, Missing):
                    self.broken[kind] = why
                raise
            self.databases[kind] = db
        return self.databases[kind]

    def export(self, table):
        path = self.scratch / f"{table}.csv"
        if not path.exists():
            run(self.python, ROOT / "bench/cassettes.py", self.data, "--csv", table, path)
        return path

    @staticmethod
    def package_version(name):
        return run("dpkg-query", "-W", "-f=${Version}", name)

    def recorded_request(self, connection):
        """Path and file of what the driver sends for SELECT 1."""
        if not self.request:
            case = next(c for c in CASES if c.table == "select_1")
            mock = self.mock(case.mock)
            recorder = Recorder(mock.host, mock.port)
            seen = argparse.Namespace(host=recorder.host, port=recorder.port, http_path=mock.http_path, token=mock.token)
            run(self.build / "bench/fetch", connection(case, seen), "SELECT 1")
            recorder.stop()
            asked = recorder.asked("SELECT 1")
            save_request(asked, self.scratch / "select_1.request")
            self.request = asked.path, self.scratch / "select_1.request"
        return self.request

    def stop(self):
        for server in [*self.mocks.values(), *self.databases.values()]:
            server.stop()


@contextmanager
def open_lab():
    """One at a time on a machine: two would measure each other. Told to end, it takes its servers along."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    deps().mkdir(parents=True, exist_ok=True)
    with open(deps() / "bench.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with tempfile.TemporaryDirectory(prefix="dbx-bench.") as scratch:
            lab = Lab(Path(scratch))
            for program in (lab.driver, lab.build / "bench/fetch", lab.build / "bench/mock"):
                if not program.exists():
                    raise SystemExit(f"{program.name} is not built; run make bench")
            try:
                lab.make_data()
                yield lab
            finally:
                lab.stop()
