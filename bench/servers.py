"""servers - what bench/run starts and ends: the servers that play results, and local databases with the same tables.

The databases are throwaway instances behind sockets in a scratch folder; their files stay in the cache, so that a second
run finds the tables loaded.
"""
import csv
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

TABLES = ("lineitem_1m", "unicode_500k", "numeric_1m")
LIMIT_S = 600
LOADED = "loaded-1"     # a stamp in the database's folder; a new name when the tables change


class Missing(Exception):
    """Why something cannot be measured here."""


def run(*command, **options):
    """Its output; what it said goes into the exception when it fails, or takes longer than anything here should."""
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, timeout=LIMIT_S, **options)
    except subprocess.TimeoutExpired as why:
        raise Missing(f"{Path(command[0]).name}: stopped after {LIMIT_S} s") from why
    if done.returncode:
        raise Missing(f"{Path(command[0]).name}: " + (done.stderr.strip().splitlines() or ["failed"])[-1])
    return done.stdout


def wait_for(what, ready, process, seconds=60):
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise Missing(what + " did not start")
        time.sleep(0.05)


def columns_of(data, table):
    with open(data / table / "manifest.json", encoding="utf-8") as f:
        return json.load(f)["columns"]


def create_table(data, table, types):
    """CREATE TABLE in a dialect: names of types that differ from ours, by type_name."""
    fields = ", ".join(f"{c['name']} {types.get(c['type_name'], c['type_text'])}" for c in columns_of(data, table))
    return f"CREATE TABLE {table} ({fields})"


class Mock:
    """bench/mock with its cassettes."""

    def __init__(self, program, data, scratch, name, options):
        self.ready_file = scratch / f"mock-{name}.json"
        self.process = subprocess.Popen([program, "--cassettes", data, "--ready-file", self.ready_file, *options])
        wait_for("bench/mock", self.ready_file.exists, self.process)
        ready = json.loads(self.ready_file.read_text())
        self.host, self.port, self.storage_port = ready["host"], ready["port"], ready["storage_port"]
        self.http_path, self.token = ready["http_path"], ready["token"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Database:
    """What the databases have in common: a folder in the cache, and tables that are loaded when it is new."""
    types = {}

    def __init__(self, cache, scratch, data, export):
        self.data, self.scratch, self.export = data, scratch, export
        self.folder = self.home(cache)

    def home(self, cache):
        return cache / self.name

    def start(self):
        """With what a run before has loaded; anew, when there is nothing or it does not start (after an upgrade, say)."""
        if (self.folder / LOADED).exists():
            try:
                return self.serve()
            except Missing:
                self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.create()
        self.serve()
        print(f"  {self.name}: loading {len(TABLES)} tables", flush=True)
        for table in TABLES:
            self.load(table, self.export(table))
        (self.folder / LOADED).touch()
        return None

    def stop(self):
        pass


class Postgres(Database):
    name = "postgres"
    types = {"DOUBLE": "DOUBLE PRECISION", "STRING": "VARCHAR(255)", "TIMESTAMP_NTZ": "TIMESTAMP"}

    def home(self, cache):
        """PostgreSQL does not run as root, and its user may not look into root's home."""
        self.user = pwd.getpwuid(os.getuid()).pw_name
        if self.user != "root":
            return cache / self.name
        self.user = "postgres"
        return Path("/var/tmp/dbx-odbc-bench-postgres")

    def tool(self, name):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/" + name), key=lambda p: int(p.parts[-3]))
        if not found:
            raise Missing("PostgreSQL is not installed")
        return found[-1]

    def as_user(self, name, *arguments, **options):
        switch = ["runuser", "-u", self.user, "--"] if os.getuid() == 0 else []
        return run(*switch, self.tool(name), *arguments, cwd="/", **options)

    def create(self):
        self.tool("initdb")
        self.folder.mkdir(parents=True)
        if os.getuid() == 0:
            shutil.chown(self.folder, self.user)
        self.as_user("initdb", "-D", self.folder / "data", "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def serve(self):
        self.socket = self.scratch / "pg"
        self.socket.mkdir(exist_ok=True)
        self.scratch.chmod(0o755)
        if os.getuid() == 0:
            shutil.chown(self.socket, self.user)
        log = self.folder / "data" / "server.log"
        self.as_user("pg_ctl", "-w", "-D", self.folder / "data", "-l", log, "-o", f"-c listen_addresses='' -c fsync=off -k {self.socket}",
                     "start", stdin=subprocess.DEVNULL)

    def sql(self, text, **options):
        return run("psql", "-X", "-q", "-h", self.socket, "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", text, **options)

    def load(self, table, path):
        self.sql(create_table(self.data, table, self.types).replace("CREATE TABLE", "CREATE UNLOGGED TABLE"))
        with open(path, encoding="utf-8") as f:
            self.sql(f"COPY {table} FROM STDIN WITH (FORMAT csv)", stdin=f)
        self.sql(f"VACUUM ANALYZE {table}")

    def version(self):
        return run(self.tool("postgres"), "--version").strip()

    def stop(self):
        try:
            self.as_user("pg_ctl", "-D", self.folder / "data", "-m", "fast", "stop")
        except Missing:
            pass    # it does not run


class MariaDB(Database):
    name = "mariadb"
    process = None
    types = {"STRING": "VARCHAR(255)", "LONG": "BIGINT", "TIMESTAMP_NTZ": "DATETIME(6)"}

    @staticmethod
    def program(name):
        found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if not found:
            raise Missing("MariaDB is not installed")
        return found

    def create(self):
        self.program("mariadbd")
        self.folder.mkdir(parents=True)
        run(self.program("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}", "--auth-root-authentication-method=normal",
            "--skip-test-db", f"--user={pwd.getpwuid(os.getuid()).pw_name}")

    def serve(self):
        self.socket = self.scratch / "mariadb.sock"
        with open(self.scratch / "mariadb.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.program("mariadbd"), "--no-defaults", f"--datadir={self.folder}", "--skip-networking", f"--socket={self.socket}",
                 f"--user={pwd.getpwuid(os.getuid()).pw_name}", f"--pid-file={self.scratch}/mariadb.pid", "--skip-grant-tables",
                 "--local-infile=1", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=1G", "--innodb-flush-log-at-trx-commit=0"],
                stdout=log, stderr=log)
        wait_for("MariaDB", self.socket.exists, self.process)

    def sql(self, text):
        return run("mariadb", "--no-defaults", "--local-infile=1", "--default-character-set=utf8mb4", f"--socket={self.socket}", "-e", text)

    def load(self, table, path):
        names = [c["name"] for c in columns_of(self.data, table)]
        self.sql("CREATE DATABASE IF NOT EXISTS bench; USE bench; " + create_table(self.data, table, self.types) + "; "
                 f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' "
                 f"OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' ({', '.join('@' + n for n in names)}) SET "
                 + ", ".join(f"{n} = NULLIF(@{n}, '')" for n in names) + f"; ANALYZE TABLE {table}")

    def version(self):
        return run(self.program("mariadbd"), "--version").strip()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


class SQLite(Database):
    name = "sqlite"
    types = {"STRING": "VARCHAR(255)", "TIMESTAMP_NTZ": "TIMESTAMP"}

    def create(self):
        self.folder.mkdir(parents=True)

    def serve(self):
        self.file = self.folder / "bench.db"

    def load(self, table, path):
        marks = ", ".join("?" * len(columns_of(self.data, table)))
        db = sqlite3.connect(self.file)
        with db, open(path, encoding="utf-8", newline="") as f:
            db.execute("PRAGMA synchronous = OFF")
            db.execute(create_table(self.data, table, self.types))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", ([v or None for v in row] for row in csv.reader(f)))
        db.close()

    def version(self):
        return "SQLite " + sqlite3.sqlite_version
