"""What the end-to-end tests share: a private driver registration, connections in every mode, the sandbox's control API."""
import json
import os
import subprocess
import time
from pathlib import Path

import pyodbc
import pytest

from sandbox_control import Sandbox

pyodbc.pooling = False

REPO = Path(__file__).resolve().parents[2]

# The ways a result can travel; each test that takes `db` runs in all of them.
MODES = {
    "direct": "",
    "direct-links": "EnableSQLExecHybridResults=0;",
    "direct-json": "EnableArrow=0;",
    "direct-inline-json": "EnableArrow=0;EnableQueryResultDownload=0;",
    "routed": "Proxy={proxy};",
    "routed-links": "Proxy={proxy};EnableSQLExecHybridResults=0;",
}


class Odbc:
    """Connection strings for the driver that was just built."""

    def __init__(self, driver, server, proxy_url):
        self.driver, self.server, self.proxy_url = driver, server, proxy_url

    def string(self, host, port, warehouse, token, keys=""):
        return (f"Driver={self.driver};Host={host};Port={port};SSL=0;HTTPPath=/sql/1.0/warehouses/{warehouse};"
                f"UID=token;PWD={token};{keys}")

    def connect_to(self, host, port, warehouse, token, keys=""):
        return pyodbc.connect(self.string(host, port, warehouse, token, keys), autocommit=True)

    def sandbox_string(self, keys="", user=None):
        s = self.server
        return self.string(s.host, s.port, s.warehouse, s.token(user), keys.replace("{proxy}", self.proxy_url))

    def connect(self, keys="", user=None):
        return pyodbc.connect(self.sandbox_string(keys, user), autocommit=True)


@pytest.fixture(scope="session")
def repo():
    return REPO


@pytest.fixture(scope="session")
def environ():
    return os.environ


@pytest.fixture(scope="session")
def sandbox():
    return Sandbox(json.loads(Path(os.environ["DBX_SANDBOX_READY"]).read_text()))


class Proxyd:
    """A dbxproxyd of one test's own, to be killed."""

    def __init__(self, upstream, folder, settings):
        ready = folder / "proxyd.json"
        command = [os.environ["DBX_PROXYD"], "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream", upstream,
                   "--ready-file", str(ready)]
        with open(folder / "proxyd.log", "wb") as log:
            self.process = subprocess.Popen(command + [w for s in settings for w in ("--set", s)], stderr=log)
        end = time.monotonic() + 20
        while not (ready.exists() and ready.stat().st_size):
            assert time.monotonic() < end and self.process.poll() is None, "dbxproxyd did not start"
            time.sleep(0.02)
        self.url = "http://" + json.loads(ready.read_text())["listen"][0]

    def kill(self):
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def start_proxyd(sandbox, tmp_path):
    """start_proxyd("cache.system_ttl=60s", ...) -> Proxyd, with these settings."""
    running = []

    def start(*settings):
        running.append(Proxyd(sandbox.url, tmp_path, settings))
        return running[-1]
    yield start
    for proxyd in running:
        proxyd.kill()


@pytest.fixture(scope="session")
def odbc(sandbox):
    return Odbc(os.environ["DBX_DRIVER"], sandbox, os.environ["DBX_PROXY_URL"])


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


@pytest.fixture
def db(odbc, mode):
    connection = odbc.connect(MODES[mode])
    yield connection
    connection.close()


@pytest.fixture
def direct(odbc):
    connection = odbc.connect()
    yield connection
    connection.close()


@pytest.fixture
def isql(odbc, tmp_path):
    """Runs isql on a DSN of a private odbc.ini, with text on its standard input."""
    def run(sql, *flags, keys="", program="isql", timeout=60):
        pairs = dict(p.split("=", 1) for p in odbc.sandbox_string(keys).split(";") if p)
        lines = "\n".join(f"{k} = {v}" for k, v in pairs.items())
        (tmp_path / "odbc.ini").write_text(f"[e2e]\n{lines}\n")
        env = dict(os.environ, ODBCINI=str(tmp_path / "odbc.ini"), ODBCSYSINI=str(tmp_path), LC_ALL="C.UTF-8")
        return subprocess.run([program, "e2e", *flags], input=sql, env=env, capture_output=True, text=True, timeout=timeout)
    return run


@pytest.fixture(autouse=True)
def calm(sandbox):
    """Every test begins with a sandbox without faults and with counters at zero."""
    sandbox.reset()
