"""lab - the servers of bench/proxy/run, each started when it is first needed, and the client that asks them."""
import json
import os
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

from servers import CLIENT_CORE, SERVER_CORE, TOKEN, Dbxproxyd, Missing, Nginx, Origin, Pgbouncer, Redis, pinned

ROOT = Path(__file__).resolve().parent.parent.parent
STATEMENTS = "/api/2.0/sql/statements"
LIMIT_S = 300


def statement(size, delay_ms=0, number="@@@@@@@@@@"):
    return json.dumps({"warehouse_id": "bench0000", "statement": f"SELECT x FROM main.bench.r_{size}_{delay_ms} WHERE n = {number}",
                       "wait_timeout": "30s", "format": "JSON_ARRAY", "disposition": "INLINE"})


def http_request(method, path, body=""):
    head = (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nUser-Agent: bench\r\n"
            "Accept: application/json\r\n")
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()


def resp(*words):
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words)


def startup_packet():
    """PostgreSQL's first message."""
    words = b"user\0bench\0database\0bench\0\0"
    return struct.pack("!ii", 8 + len(words), 196608) + words


class Lab:
    def __init__(self, scratch):
        self.scratch = scratch
        self.build = Path(os.environ.get("builddir", ROOT)).resolve()
        self.program = Path(os.environ.get("DBXPROXYD", self.build / "proxy/dbxproxyd"))
        self.servers, self.broken, self.n_files = {}, {}, 0

    # ---- servers

    def server(self, name):
        """A running server of this name; one that did not start is not tried again."""
        if name in self.broken:
            raise self.broken[name]
        if name not in self.servers:
            try:
                self.servers[name] = self.make(name)
            except (OSError, subprocess.SubprocessError, Missing) as why:
                self.broken[name] = why if isinstance(why, Missing) else Missing(str(why))
                raise self.broken[name] from why
        return self.servers[name]

    def make(self, name):
        origin = self.build / "bench/proxy/origin"
        if name == "origin":
            return Origin(origin, self.scratch)
        if name == "floor":
            return Origin(origin, self.scratch, SERVER_CORE)
        if name == "ours":
            return self.proxy()
        if name == "nginx":
            return Nginx(self.scratch, self.server("origin"))
        if name == "redis":
            return Redis(self.scratch, SERVER_CORE)
        if name == "shared":
            return Redis(self.scratch, CLIENT_CORE)
        if name == "pgbouncer":
            return Pgbouncer(self.scratch)
        raise KeyError(name)

    def proxy(self, settings=None, redis=None, core=SERVER_CORE):
        return Dbxproxyd(self.program, self.scratch, self.server("origin"), settings, redis, core)

    @contextmanager
    def a_proxy(self, settings=None, redis=None, core=SERVER_CORE):
        """One of its own for a measurement that changes it."""
        p = self.proxy(settings, redis, core)
        try:
            yield p
        finally:
            p.stop()

    def stop(self):
        for s in self.servers.values():
            s.stop()

    # ---- the client

    def file(self, data):
        self.n_files += 1
        path = self.scratch / f"request-{self.n_files}"
        path.write_bytes(data)
        return path

    def command(self, at, data, *options):
        return pinned(CLIENT_CORE, [self.build / "bench/proxy/load", *options, at, self.file(data)])

    def warm(self, at, data, first, keys):
        """Each of these once, be it kept already or not."""
        run(self.command(at, data, "-m", "-n", keys, "-b", first, "-k", keys))

    def load(self, at, data, connections=1, requests=1000, first=0, cycle=0, tail=b"", redis=False):
        options = ["-c", connections, "-n", requests, "-b", first, "-k", cycle]
        options += ["-t", self.file(tail)] if tail else []
        return json.loads(run(self.command(at, data, *options, *(["-r"] if redis else []))))

    def start_burst(self, at, data, clients, first, tail):
        return subprocess.Popen(self.command(at, data, "-B", "-c", clients, "-b", first, "-t", self.file(tail)), stdout=subprocess.PIPE, text=True)

    def burst(self, *args):
        p = self.start_burst(*args)
        said = p.communicate(timeout=LIMIT_S)[0]
        if p.returncode:
            raise Missing(f"answers were wrong: {said.strip()}")
        return json.loads(said)

    @contextmanager
    def idle(self, at, data, connections):
        p = subprocess.Popen(self.command(at, data, "-i", "-c", connections), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if p.stdout.readline() != "ready\n":
                raise Missing("not all connections were answered")
            yield
        finally:
            p.stdin.close()
            p.wait(30)


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as why:
        raise Missing(f"stopped after {LIMIT_S} s") from why
    if done.returncode:
        raise Missing((done.stderr.strip().splitlines() or [f"answers were wrong: {done.stdout.strip()}"])[-1])
    return done.stdout
