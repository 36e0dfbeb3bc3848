"""servers - what stands on the measured core by turns, and what stands behind it: dbxproxyd, nginx, Redis, pgbouncer, origin."""
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SERVER_CORE, CLIENT_CORE = 0, 1
MAX_FILES = 25000
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"


class Missing(Exception):
    """Why something cannot be measured here."""


def allow_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MAX_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(MAX_FILES, hard), hard))


def has_core(core):
    return core in os.sched_getaffinity(0)


def can_be_realtime():
    return subprocess.run(["chrt", "-f", "10", "true"], capture_output=True, check=False).returncode == 0


REALTIME = can_be_realtime()


def pinned(core, command):
    """On one core, ahead of what else runs there where the system permits it."""
    pin = ["taskset", "-c", str(core)] if has_core(core) else []
    return [*(["chrt", "-f", "10"] if REALTIME else []), *pin, *(str(c) for c in command)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, ready, process, seconds=20):
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise Missing(what + " did not start")
        time.sleep(0.02)


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def need(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/postgresql/15/bin")
    if not found:
        raise Missing(program + " is not installed")
    return found


class Server:
    """A process to be measured: pid is the one that does the work, at its HOST:PORT."""
    name = ""

    def __init__(self, command, core=SERVER_CORE, **options):
        allow_files()
        self.process = subprocess.Popen(pinned(core, command), stdin=subprocess.DEVNULL, **options)
        self.pid = self.process.pid
        self.at = None

    def cpu_ns(self):
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0])

    def memory(self, field):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def private_bytes(self):
        """What would come back if it ended."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))

    def stop(self):
        if self.process.poll() is None:
            try:
                os.kill(self.pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Origin(Server):
    """The warehouse; on the measured core it is the floor of what is built on evhttp."""
    name = "origin"

    def __init__(self, program, scratch, core=CLIENT_CORE):
        ready = scratch / f"origin-{core}-{time.monotonic_ns()}"
        super().__init__([program, ready], core)
        wait_for("origin", lambda: ready.exists() and ready.read_text().endswith("\n"), self.process)
        self.at = ready.read_text().strip()

    def executions(self):
        import urllib.request
        return int(urllib.request.urlopen(f"http://{self.at}/count", timeout=10).read())


def ini(sections):
    return "".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) + "\n" for name, keys in sections.items())


class Dbxproxyd(Server):
    """settings: sections of its configuration beyond what every instance here has."""
    name = "dbxproxyd"

    def __init__(self, program, scratch, origin, settings=None, redis=None, core=SERVER_CORE):
        here = scratch / f"dbxproxyd-{time.monotonic_ns()}"
        here.mkdir()
        ready = here / "ready.json"
        flags = [program, "--listen", "127.0.0.1:0", "--upstream", f"http://{origin.at}", "--ready-file", ready]
        usage = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
        if "--config" in usage:
            flags = [program, "--config", self.write(here, ready, origin, settings or {}, redis)]
        elif settings or redis:
            raise Missing("this dbxproxyd reads no configuration file")
        super().__init__(flags, core)
        wait_for("dbxproxyd", ready.exists, self.process)
        self.at = json.loads(ready.read_text())["listen"][0]

    @staticmethod
    def write(here, ready, origin, settings, redis):
        sections = {"server": {"ready_file": ready}, "listen.bench": {"address": "127.0.0.1:0"},
                    "upstream.origin": {"url": f"http://{origin.at}"}, "tenant.bench": {"upstream": "origin"}, "log": {"level": "error"}}
        if redis:
            key = here.parent / "master.key"
            key.write_text("0123456789abcdef0123456789abcdef")
            key.chmod(0o600)
            sections["redis"] = {"url": f"redis://{redis.at}", "master_key": f"file:{key}"}
        for name, keys in settings.items():
            sections.setdefault(name, {}).update(keys)
        path = here / "dbxproxyd.ini"
        path.write_text(ini(sections))
        path.chmod(0o600)
        return path


NGINX = """user {user}; worker_processes 1; worker_rlimit_nofile 20000; daemon off; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_buffer_size 64k; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  proxy_cache_path {home}/cache levels=1:2 keys_zone=z:64m max_size=1g inactive=1h use_temp_path=off;
  upstream origin {{ server {origin}; keepalive 64; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 16 64k; proxy_read_timeout 60;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://origin; proxy_cache z; proxy_cache_methods GET HEAD POST; proxy_cache_valid 200 15m;
      proxy_cache_key "$http_authorization|$request_uri|$request_body"; proxy_cache_lock on; proxy_cache_lock_timeout 20s;
    }}
  }}
  server {{ listen 127.0.0.1:{pass_port} backlog=4096; location / {{ proxy_pass http://origin; }} }}
}}
"""


class Nginx(Server):
    """One worker; its cache is in memory (tmpfs). at: the cache; passes: a second port that only passes on."""
    name = "nginx"

    def __init__(self, scratch, origin):
        program = need("nginx")
        self.home = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else scratch) / f"bench-nginx-{os.getpid()}"
        self.home.mkdir()
        port, pass_port = free_port(), free_port()
        conf = self.home / "nginx.conf"
        user = pwd.getpwuid(os.getuid()).pw_name
        conf.write_text(NGINX.format(user=user, home=self.home, origin=origin.at, port=port, pass_port=pass_port))
        super().__init__([program, "-e", self.home / "error.log", "-c", conf])
        wait_for("nginx", lambda: accepts(port) and self.worker(), self.process)
        self.pid = self.worker()
        self.at, self.passes = f"127.0.0.1:{port}", f"127.0.0.1:{pass_port}"

    def worker(self):
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "worker process"], capture_output=True, text=True, check=False).stdout
        return int(found.split()[0]) if found else 0

    def stop(self):
        super().stop()
        shutil.rmtree(self.home, ignore_errors=True)


class Redis(Server):
    name = "Redis"

    def __init__(self, scratch, core):
        port = free_port()
        super().__init__([need("redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                          "--dir", scratch, "--loglevel", "warning"], core, stdout=subprocess.DEVNULL)
        wait_for("redis-server", lambda: accepts(port), self.process)
        self.at = f"127.0.0.1:{port}"

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-p", self.at.split(":")[1], *words], capture_output=True, text=True, check=True, timeout=10)
        return done.stdout

    def calls(self, command):
        for line in self.ask("INFO", "commandstats").splitlines():
            if line.startswith(f"cmdstat_{command}:"):
                return int(line.split("calls=")[1].split(",")[0])
        return 0


PGBOUNCER = """[databases]
bench = host={home} port=5499 dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 20000
logfile = {home}/pgbouncer.log
"""


class Pgbouncer(Server):
    """With a PostgreSQL behind it, since it asks that what to tell its first client."""
    name = "pgbouncer"

    def __init__(self, scratch):
        self.home = scratch / "postgres"
        self.postgres = None
        self.home.mkdir()
        user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.be = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
        if self.be:
            scratch.chmod(0o755)
            shutil.chown(self.home, user)
        self.start_postgres(user)
        try:
            self.start(user)
        except Missing:
            self.stop_postgres()
            raise

    def start_postgres(self, user):
        data = self.home / "data"
        made = subprocess.run([*self.be, need("initdb"), "-D", data, "-U", user, "-A", "trust"], capture_output=True, check=False)
        if made.returncode:
            raise Missing("initdb failed")
        self.postgres = subprocess.Popen(
            [*self.be, need("postgres"), "-D", str(data), "-k", str(self.home), "-p", "5499", "-c", "listen_addresses="],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("postgres", (self.home / ".s.PGSQL.5499").exists, self.postgres)

    def start(self, user):
        port = free_port()
        conf = self.home / "pgbouncer.ini"
        conf.write_text(PGBOUNCER.format(home=self.home, port=port).replace("dbname=postgres", f"dbname=postgres user={user}"))
        files = ["sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"]     # runuser has taken them back
        super().__init__([*self.be, *files, need("pgbouncer"), "-q", conf])
        wait_for("pgbouncer", lambda: accepts(port), self.process)
        self.at = f"127.0.0.1:{port}"
        found = subprocess.run(["pgrep", "-f", f"pgbouncer -q {conf}"], capture_output=True, text=True, check=False).stdout
        self.pid = max(int(p) for p in found.split())

    def stop_postgres(self):
        subprocess.run([*self.be, need("pg_ctl"), "-D", self.home / "data", "-m", "immediate", "stop"], capture_output=True, check=False)
        self.postgres.wait(10)

    def stop(self):
        try:
            os.kill(self.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self.process.kill()
        self.stop_postgres()
