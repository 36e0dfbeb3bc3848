"""clients - who reads the results, and how each is told to."""
import json
import os
import subprocess
from pathlib import Path

from servers import MariaDB, Missing, Postgres, SQLite, run

MODULES = ("/usr/lib/*/odbc", "/usr/lib/odbc", "/usr/lib64", "/usr/local/lib")


def statement(case):
    if case.table == "catalog_tables":
        return "SQLTables main bench"
    if case.table == "catalog_columns":
        return "SQLColumns main bench"
    return f"SELECT * FROM {case.table}" + (f" /* repeat {case.repeat} */" if case.repeat > 1 else "")


class Client:
    """One way to read. label says who it is in the report; measure() gives the JSON of one run."""
    label = ""

    def __init__(self, lab):
        self.lab = lab

    def prepare(self):
        """Whatever it needs, or Missing."""

    def measure(self, case):
        raise NotImplementedError

    def version(self):
        return None

    def stop(self):
        pass

    def program(self, name):
        return self.lab.build / "bench" / name


# ---- ours, and what it is measured against ----------------------------------------------------------------------------------

class Driver(Client):
    label = "dbx-odbc"

    def connection(self, case, mock=None):
        m = mock or self.lab.mock(case.mock)
        return (f"Driver={self.lab.driver};Host={m.host};Port={m.port};SSL=0;HTTPPath={m.http_path};UID=token;PWD={m.token};"
                + case.keys)

    def measure(self, case, mock=None):
        return json.loads(run(self.program("fetch"), self.connection(case, mock), statement(case), case.rowset, case.types))


class Calls(Driver):
    def measure(self, case):
        return json.loads(run(self.program("calls"), self.connection(case), statement(case)))


class NullCalls(Client):
    label = "a driver that does nothing"

    def measure(self, case):
        m = self.lab.manifest(case.table)
        return json.loads(run(self.program("calls"), f"Driver={self.program('nulldriver.so')}", f"{m['rows']} {len(m['columns'])}"))


class Latency(Driver):
    """bench/latency, with the request as the driver sends it."""

    def measure(self, case):
        m = self.lab.mock(case.mock)
        path, request = self.lab.recorded_request(self.connection)
        return json.loads(run(self.program("latency"), self.connection(case), "SELECT 1", f"http://{m.host}:{m.port}{path}", request))


class Model(Client):
    label = "hand-written pipeline"

    def measure(self, case):
        m = self.lab.mock(case.mock)
        return json.loads(run(self.program("model"), f"http://{m.host}:{m.storage_port}/chunk/{case.table}/",
                              len(self.lab.manifest(case.table)["chunks"])))


# ---- drivers of local databases ---------------------------------------------------------------------------------------------

class Local(Client):
    """A Debian package's ODBC driver on a server of our own."""
    server = module = package = keys = ""

    def prepare(self):
        found = [p for folder in MODULES for p in Path("/").glob(folder[1:] + "/" + self.module)]
        if not found:
            raise Missing(f"the package {self.package} is not installed")
        self.path = found[0]
        self.db = self.lab.database(self.server)

    def version(self):
        return f"{self.package} {self.lab.package_version(self.package)}, {self.db.version()}"

    def measure(self, case):
        return json.loads(run(self.program("fetch"), f"Driver={self.path};{self.where()};{self.keys}", statement(case), case.rowset, case.types))


class Psql(Local):
    label, server, module, package = "psqlODBC", Postgres, "psqlodbcw.so", "odbc-postgresql"

    def where(self):
        return f"Servername={self.db.socket};Database=postgres;UID=bench"


class PsqlDeclare(Psql):
    label, keys = "psqlODBC, UseDeclareFetch", "UseDeclareFetch=1;Fetch=1000;"


class Maria(Local):
    """Up to 3.1 it always holds the whole result: there is no way of streaming to compare with."""
    label, server, module, package = "MariaDB ODBC", MariaDB, "libmaodbc.so", "odbc-mariadb"

    def where(self):
        return f"SOCKET={self.db.socket};SERVER=localhost;DATABASE=bench;UID=root;CHARSET=utf8mb4"


class Lite(Local):
    label, server, module, package = "SQLite ODBC", SQLite, "libsqlite3odbc.so", "libsqliteodbc"

    def where(self):
        return f"Database={self.db.file};Timeout=2000"


class LiteStep(Lite):
    label, keys = "SQLite ODBC, StepAPI", "StepAPI=1;"


# ---- official clients on the same server ------------------------------------------------------------------------------------

class Python(Client):
    mode, package = "connector", "databricks-sql-connector"
    label = "databricks-sql-connector, to Arrow"

    def prepare(self):
        if not self.python.exists() or not self.version():
            raise Missing(f"{self.package} is not in {self.python.parent.parent.name}")

    @property
    def python(self):
        return self.lab.deps / "bench-venv/bin/python"

    def version(self):
        ask = f"import importlib.metadata as m; print(m.version({self.package!r}))"
        done = subprocess.run([self.python, "-c", ask], capture_output=True, text=True, check=False)
        return f"{self.package} {done.stdout.strip()}" if done.returncode == 0 else None

    def measure(self, case):
        m = self.lab.mock(case.mock)
        return json.loads(run(self.python, self.lab.root / "bench/peer_python.py", self.mode, m.host, m.port, m.http_path, m.token,
                              statement(case)))


class PythonCells(Python):
    mode, label = "cells", "databricks-sql-connector, every cell as Python"


class Kernel(Python):
    mode, package, label = "kernel", "databricks-sql-kernel", "databricks-sql-kernel (Rust), to Arrow"


class Jdbc(Client):
    """One JVM for the whole run, warm before it counts."""
    label = "Databricks JDBC"
    process = None

    def prepare(self):
        self.jar = self.lab.deps / "clients-java/databricks-jdbc.jar"
        if not self.jar.exists():
            raise Missing("the Databricks JDBC driver is not there")
        run("java", "-version")

    def version(self):
        java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()[0]
        return f"{os.path.basename(os.path.realpath(self.jar))[:-4]}, {java}"

    def begin(self, case):
        m = self.lab.mock(case.mock)
        url = (f"jdbc:databricks://{m.host}:{m.port};ssl=0;transportMode=http;AuthMech=3;httpPath={m.http_path};UseThriftClient=0;"
               "EnableTelemetry=0;LogLevel=OFF")
        self.process = subprocess.Popen(
            ["java", "-Duser.timezone=UTC", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", self.jar,
             self.lab.root / "bench/JdbcFetch.java", url, m.token],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.lab.scratch / "jdbc.err", "w", encoding="utf-8"), text=True)
        for _ in range(2):
            self.ask(case)

    def ask(self, case):
        print(statement(case), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise Missing("the JVM ended: " + (self.lab.scratch / "jdbc.err").read_text(encoding="utf-8")[:200])
        return json.loads(line)

    def measure(self, case):
        if not self.process:
            self.begin(case)
        return self.ask(case)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


CLIENTS = {
    "model": Model, "driver": Driver, "calls": Calls, "calls-null": NullCalls, "latency": Latency,
    "psql": Psql, "psql-declare": PsqlDeclare, "mariadb": Maria, "sqlite": Lite, "sqlite-step": LiteStep,
    "connector": Python, "connector-cells": PythonCells, "kernel": Kernel, "jdbc": Jdbc,
}
PEERS = set(CLIENTS) - {"model", "driver", "calls", "calls-null", "latency"}
