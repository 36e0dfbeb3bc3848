"""The process of dbxproxyd: its file, reloads, ends, listeners. A scripted upstream behind it. Prints TAP."""
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from fake_upstream import Upstream

DBXPROXYD = sys.argv[1]
STATEMENTS = "/api/2.0/sql/statements"


class Daemon:
    """One daemon that reads a file, and its upstream; both end with the block. {dir}, {up} stand in the file's text."""

    def __init__(self, text, env=None, prepare=None, wait=True, **popen):
        self.up = Upstream()
        self.temp = tempfile.TemporaryDirectory()
        self.dir = self.temp.name
        os.chmod(self.dir, 0o755)
        self.file = os.path.join(self.dir, "dbxproxyd.ini")
        if prepare:
            prepare(self.dir)
        self.write(text)
        self.log = open(os.path.join(self.dir, "log"), "w+b")
        self.ready_file = os.path.join(self.dir, "ready.json")
        self.process = subprocess.Popen([DBXPROXYD, "-c", self.file, "--ready-file", self.ready_file], stderr=self.log,
                                        env={**os.environ, **(env or {})}, **popen)
        if wait:
            until(lambda: os.path.exists(self.ready_file) or self.process.poll() is not None, "ready")
            assert self.process.poll() is None, self.stderr()

    def write(self, text):
        text = text.replace("{dir}", self.dir).replace("{up}", self.up.url)
        with open(self.file + ".new", "w") as f:
            f.write(text)
        os.rename(self.file + ".new", self.file)

    @property
    def ready(self):
        with open(self.ready_file) as f:
            return json.load(f)

    def stderr(self):
        with open(self.log.name, "rb") as f:
            return f.read().decode()

    def metric(self, name):
        conn = http.client.HTTPConnection(self.ready["admin"][0], timeout=10)
        conn.request("GET", "/metrics")
        for line in conn.getresponse().read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return None

    def readyz(self):
        conn = http.client.HTTPConnection(self.ready["admin"][0], timeout=10)
        conn.request("GET", "/readyz")
        return conn.getresponse().status

    def reload(self, text=None, ok=True):
        """Returns when it is done; ok: whether it must have worked."""
        before = self.metric("dbxproxy_config_reloads_total") or 0
        if text is not None:
            self.write(text)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.metric("dbxproxy_config_reloads_total") == before + 1, "reloaded")
        assert self.metric("dbxproxy_config_last_reload_successful") == (1 if ok else 0), self.stderr()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        code = self.stop()
        if kind is None:
            assert code == 0, (code, self.stderr())
            assert "ERROR: " not in self.stderr() and "runtime error" not in self.stderr(), self.stderr()
        else:
            print("# daemon: " + self.stderr().replace("\n", "\n# "))
        self.up.shutdown()
        self.up.server_close()
        self.log.close()
        self.temp.cleanup()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def until(true, what, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain waited for: " + what
        time.sleep(0.02)


def execute(conn, sql="SELECT 1"):
    conn.request("POST", STATEMENTS, json.dumps({"statement": sql, "warehouse_id": "w"}),
                 {"Authorization": "Bearer alice", "Content-Type": "application/json"})
    answer = conn.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def connect(address):
    return UnixConnection(address[5:]) if address.startswith("unix:") else http.client.HTTPConnection(address, timeout=10)


def served(address):
    try:
        conn = connect(address)
        status, _, _ = execute(conn)
        conn.close()
        return status == 200
    except (ConnectionError, FileNotFoundError):
        return False


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


BASE = """
[server]
admin = 127.0.0.1:0
[listen.main]
address = 127.0.0.1:0
[upstream.a]
url = {up}
[tenant.a]
upstream = a
"""


class Load:
    """Clients that ask without a pause, each on a connection that is kept as long as the proxy keeps it."""

    def __init__(self, address, clients=6, sql=lambda i, n: "SELECT %d" % (n % 5)):
        self.faults, self.done, self.closed, self.stopping = [], 0, 0, False
        self.threads = [threading.Thread(target=self.run, args=(address, i, sql)) for i in range(clients)]
        for t in self.threads:
            t.start()

    def run(self, address, i, sql):
        conn, n = None, 0
        while not self.stopping:
            try:
                conn = conn or connect(address)
                if not conn.sock:
                    conn.connect()
            except ConnectionError:
                return  # nobody listens any more: no request was lost
            try:
                status, headers, _ = execute(conn, sql(i, n))
            except Exception as e:  # noqa: BLE001 a request was sent and not answered
                self.faults.append(repr(e))
                return
            if status != 200:
                self.faults.append(status)
            self.done += 1
            n += 1
            if headers.get("connection") == "close":
                self.closed += 1
                conn.close()
                conn = None

    def finish(self):
        self.stopping = True
        for t in self.threads:
            t.join(20)
        assert not self.faults, self.faults[:5]


# ---- reload ----------------------------------------------------------------------------------------------------------

def reloads_under_load_lose_no_request():
    with Daemon(BASE) as d:
        load = Load(d.ready["listen"][0])
        i, end = 0, time.monotonic() + 30
        while (i < 10 or load.done < 200) and time.monotonic() < end:
            i += 1
            d.reload(BASE + "[cache]\nttl = %ds\n[limits]\nmax_body = %dMiB\n" % (60 + i, 1 + i % 100))
        load.finish()
        assert i >= 10 and load.done >= 200, (i, load.done)


def a_bad_file_changes_nothing_and_is_told_with_its_line():
    with Daemon(BASE) as d:
        address = d.ready["listen"][0]
        d.reload(BASE + "[cache]\nttl = 9 parsecs\n", ok=False)
        assert d.file + ":11: " in d.stderr() and "parsecs" in d.stderr(), d.stderr()
        assert served(address) and d.ready["listen"] == [address]
        d.reload(BASE.replace("[tenant.a]", "[tenat.a]"), ok=False)
        assert "did you mean [tenant]" in d.stderr(), d.stderr()
        assert served(address)
        d.reload(BASE)
        assert served(address) and d.ready["listen"] == [address]


def listeners_come_and_go_and_others_stay():
    port = free_port()
    more = BASE + "[listen.more]\naddress = 127.0.0.1:%d\n[listen.local]\naddress = unix:{dir}/s\n" % port
    with Daemon(BASE) as d:
        kept, added = d.ready["listen"][0], "127.0.0.1:%d" % port
        first = connect(kept)
        assert execute(first)[0] == 200
        d.reload(more)
        assert d.ready["listen"] == [kept, added, "unix:%s/s" % d.dir], d.ready
        assert served(added) and served("unix:%s/s" % d.dir)
        old = connect(added)
        assert execute(old)[0] == 200
        d.reload(BASE)
        assert not served(added) and not os.path.exists(d.dir + "/s")
        status, headers, _ = execute(old)
        assert (status, headers.get("connection")) == (200, "close"), "a connection in use is served to its end"
        assert execute(first)[0] == 200 and first.sock, "the connection of the listener that stayed"


def a_write_runs_to_its_end_though_client_and_listener_have_gone():
    port = free_port()
    with Daemon(BASE + "[listen.more]\naddress = 127.0.0.1:%d\n" % port) as d:
        d.up.script = lambda handler, request: time.sleep(3)
        conn = connect("127.0.0.1:%d" % port)
        conn.request("POST", STATEMENTS, json.dumps({"statement": "INSERT INTO t VALUES (1)", "warehouse_id": "w"}),
                     {"Authorization": "Bearer alice"})
        until(lambda: d.up.bodies, "the statement at the upstream")
        conn.close()
        d.reload(BASE)
        time.sleep(3.5)
        assert served(d.ready["listen"][0])


def idle_clients_are_ended_after_their_time():
    with Daemon(BASE + "[limits]\nidle_timeout = 1s\n") as d:
        conn = connect(d.ready["listen"][0])
        assert execute(conn)[0] == 200
        started = time.monotonic()
        assert conn.sock.recv(1) == b"" and 0.5 < time.monotonic() - started < 5


def a_listener_that_cannot_be_had_keeps_all_the_others_as_they_were():
    with socket.create_server(("127.0.0.1", 0)) as taken, Daemon(BASE) as d:
        kept = d.ready["listen"][0]
        d.reload("[cache]\nttl = 1s\n" + BASE + "[listen.a]\naddress = unix:{dir}/a\n[listen.b]\naddress = 127.0.0.1:%d\n" %
                 taken.getsockname()[1], ok=False)
        assert "in use" in d.stderr() and not os.path.exists(d.dir + "/a") and d.ready["listen"] == [kept]
        assert served(kept)


def a_renamed_listener_keeps_its_address():
    port = free_port()
    with Daemon(BASE + "[listen.one]\naddress = 127.0.0.1:%d\n" % port) as d:
        conn = connect("127.0.0.1:%d" % port)
        assert execute(conn)[0] == 200
        d.reload(BASE + "[listen.two]\naddress = 127.0.0.1:%d\n" % port)
        status, headers, _ = execute(conn)
        assert status == 200 and headers.get("connection") != "close"


def the_access_log_moves_and_reopens():
    with Daemon(BASE + "[log]\naccess = {dir}/one\n") as d:
        execute(connect(d.ready["listen"][0]))
        until(lambda: os.path.getsize(d.dir + "/one") > 0, "a line")
        os.rename(d.dir + "/one", d.dir + "/one.1")
        d.reload()
        assert os.path.exists(d.dir + "/one")
        d.reload(BASE + "[log]\naccess = {dir}/two\n")
        execute(connect(d.ready["listen"][0]))
        until(lambda: os.path.getsize(d.dir + "/two") > 0, "a line in the new file")
        assert os.path.getsize(d.dir + "/one") == 0
        d.reload(BASE + "[log]\naccess = {dir}/no/such/folder\n", ok=False)
        execute(connect(d.ready["listen"][0]))


def what_only_a_restart_changes_is_said_and_kept():
    with Daemon(BASE) as d:
        d.reload(BASE + "[redis]\ndatabase = 3\n")
        assert "[redis] database changes with a restart only" in d.stderr(), d.stderr()


TWO = """
[server]
admin = 127.0.0.1:0
[listen.main]
address = 127.0.0.1:0
[upstream.a]
url = {up}
[tenant.a]
upstream = a
hosts = a.example
"""
SECOND = """
[upstream.b]
url = {up}
health_token = env:HEALTH
health_interval = 1s
[tenant.b]
upstream = b
hosts = b.example
"""


def ask_host(address, host, sql="SELECT 1"):
    conn = connect(address)
    conn.request("POST", STATEMENTS, json.dumps({"statement": sql, "warehouse_id": "w"}),
                 {"Authorization": "Bearer alice", "Host": host})
    return conn.getresponse().status


def tenants_come_and_go_and_requests_under_way_end_as_they_began():
    with Daemon(TWO + SECOND, env={"HEALTH": "dapi-health"}) as d:
        address = d.ready["listen"][0]
        assert [ask_host(address, h) for h in ("a.example", "b.example:80", "c.example")] == [200, 200, 404]
        d.up.script = lambda handler, request: time.sleep(2)
        result = []
        t = threading.Thread(target=lambda: result.append(ask_host(address, "b.example", "SELECT 'slow'")))
        t.start()
        until(lambda: d.up.count("SELECT 'slow'") or len(d.up.bodies) > 2, "the request at the upstream")
        d.reload(TWO)
        d.up.script = None
        assert [ask_host(address, h) for h in ("a.example", "b.example")] == [200, 404]
        t.join()
        assert result == [200], result
        time.sleep(1.2)  # timers of what was removed
        d.reload(TWO + SECOND)
        assert [ask_host(address, h) for h in ("a.example", "b.example")] == [200, 200]
        d.reload(TWO + SECOND.replace("upstream.b]", "upstream.c]").replace("upstream = b", "upstream = c"), ok=False)
        assert [ask_host(address, h) for h in ("a.example", "b.example")] == [200, 200]


def reloads_with_a_shared_store_lose_nothing():
    if not shutil.which("redis-server"):
        return "redis-server is missing"
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", folder + "/r", "--save", "",
                                  "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            until(lambda: os.path.exists(folder + "/r"), "redis")
            shared = BASE + "[redis]\nurl = unix:%s/r\nmaster_key = env:KEY\n" % folder
            with Daemon(shared, env={"KEY": "k" * 32}) as d:
                load = Load(d.ready["listen"][0], clients=3)
                for i in range(5):
                    d.reload(shared + "budget = %dms\n" % (20 + i))
                    time.sleep(0.1)
                d.reload(BASE)
                assert "[redis] url changes with a restart only" in d.stderr(), d.stderr()
                load.finish()
        finally:
            redis.terminate()
            redis.wait()


# ---- ends ------------------------------------------------------------------------------------------------------------

def an_end_under_load_loses_no_request():
    for _ in range(3):
        with Daemon(BASE) as d:
            load = Load(d.ready["listen"][0])
            until(lambda: load.done > 50, "load")
            started = time.monotonic()
            assert d.stop() == 0
            assert time.monotonic() - started < 5
            load.finish()
            assert load.closed > 0


def with_a_delay_readyz_tells_first_and_listeners_close_later():
    with Daemon(BASE.replace("[server]", "[server]\ndrain_delay = 1500ms")) as d:
        address = d.ready["listen"][0]
        d.process.send_signal(signal.SIGTERM)
        until(lambda: d.readyz() == 503, "readyz")
        assert served(address), "who has not heard of it is still served"
        assert d.process.wait(10) == 0


def a_request_under_way_is_finished_and_a_second_signal_does_not_wait():
    def slow(handler, request):
        time.sleep(1.5)

    for signals, expected in ((1, 200), (2, None)):
        with Daemon(BASE) as d:
            d.up.script = slow
            conn, result = connect(d.ready["listen"][0]), []

            def ask(conn=conn, result=result):
                try:
                    result.append(execute(conn)[0])
                except (ConnectionError, http.client.HTTPException):
                    result.append(None)

            t = threading.Thread(target=ask)
            t.start()
            until(lambda: d.up.bodies, "the request at the upstream")
            started = time.monotonic()
            for i in range(signals):
                d.process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
            assert d.process.wait(10) == 0
            t.join()
            assert result == [expected], result
            if signals == 2:
                assert time.monotonic() - started < 1.4


def drain_timeout_breaks_off_what_does_not_end():
    with Daemon(BASE.replace("[server]", "[server]\ndrain_timeout = 500ms")) as d:
        d.up.script = lambda handler, request: time.sleep(4)
        conn = connect(d.ready["listen"][0])
        conn.request("POST", STATEMENTS, json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}),
                     {"Authorization": "Bearer alice"})
        until(lambda: d.up.bodies, "the request at the upstream")
        started = time.monotonic()
        assert d.stop() == 0
        assert 0.4 < time.monotonic() - started < 3


# ---- systemd ---------------------------------------------------------------------------------------------------------

def passed_sockets_are_served_and_systemd_is_told():
    with socket.create_server(("127.0.0.1", 0)) as passed, tempfile.TemporaryDirectory() as notify_dir, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(notify_dir + "/n")
        notify.settimeout(10)
        address = "127.0.0.1:%d" % passed.getsockname()[1]

        def take_third():
            os.dup2(passed.fileno(), 3)

        launcher = ["/bin/sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$0" "$@"', DBXPROXYD]
        text = BASE.replace("address = 127.0.0.1:0", "address = systemd:web")
        up = Upstream()
        with tempfile.TemporaryDirectory() as folder:
            file = folder + "/c.ini"
            with open(file, "w") as f:
                f.write(text.replace("{up}", up.url))
            process = subprocess.Popen(
                [*launcher, "-c", file], preexec_fn=take_third, pass_fds=(3,), stderr=subprocess.PIPE,
                env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web", "NOTIFY_SOCKET": notify_dir + "/n",
                     "WATCHDOG_USEC": "400000"})
            heard = []

            def hears(word):
                while word not in heard:
                    heard.extend(notify.recv(4096).decode().splitlines())
                heard.clear()

            hears("READY=1")
            assert served(address)
            hears("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            hears("RELOADING=1")
            hears("READY=1")
            assert served(address)
            process.send_signal(signal.SIGTERM)
            hears("STOPPING=1")
            errors = process.communicate(timeout=10)[1]
            assert process.returncode == 0, errors
            # the socket is systemd's: who connects now waits for the next process
            socket.create_connection(passed.getsockname(), timeout=5).close()
            refused = subprocess.run([DBXPROXYD, "-c", file], capture_output=True, timeout=10)
            assert refused.returncode == 1 and b"passed no socket named" in refused.stderr, refused
        up.shutdown()
        up.server_close()


def a_passed_socket_that_the_network_reaches_needs_tls():
    with socket.create_server(("0.0.0.0", 0)) as passed:
        refused = subprocess.run(
            ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', DBXPROXYD, "--listen", "systemd:web", "--upstream",
             "http://127.0.0.1:1"], preexec_fn=lambda: os.dup2(passed.fileno(), 3), pass_fds=(3,), capture_output=True,
            timeout=20, env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"})
        assert refused.returncode == 1 and b"web is not loopback" in refused.stderr, refused


# ---- TLS and who may come in ------------------------------------------------------------------------------------------

def certificate(folder, name, common_name="localhost"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=" + common_name, "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", folder + "/" + name + ".key", "-out", folder + "/" + name + ".pem"],
                   check=True, capture_output=True)


def tls_context(d, ca="one", **versions):
    context = ssl.create_default_context(cafile="%s/%s.pem" % (d.dir, ca))
    for name, value in versions.items():
        setattr(context, name, value)
    return context


def tls_execute(d, context):
    conn = http.client.HTTPSConnection("localhost", int(d.ready["listen"][0].rsplit(":", 1)[1]), timeout=10,
                                       context=context)
    return execute(conn)[0], conn


TLS = BASE.replace("address = 127.0.0.1:0", "address = 127.0.0.1:0\ntls_cert = {dir}/one.pem\ntls_key = {dir}/one.key")


def tls_is_spoken_and_a_renewed_certificate_is_used_after_a_reload():
    def make(folder):
        certificate(folder, "one")
        certificate(folder, "two")

    with Daemon(TLS, prepare=make) as d:
        status, old = tls_execute(d, tls_context(d))
        assert status == 200 and old.sock.version() == "TLSv1.3"
        status, conn = tls_execute(d, tls_context(d, maximum_version=ssl.TLSVersion.TLSv1_2))
        assert status == 200 and conn.sock.version() == "TLSv1.2"
        try:
            tls_execute(d, tls_context(d, "two"))
            raise AssertionError("another authority's certificate was taken")
        except ssl.SSLError:
            pass
        os.rename(d.dir + "/two.pem", d.dir + "/one.pem")
        d.reload(ok=False)  # the key does not fit any more
        assert "tls_key" in d.stderr(), d.stderr()
        assert execute(old)[0] == 200
        os.rename(d.dir + "/two.key", d.dir + "/one.key")
        d.reload()
        assert tls_execute(d, tls_context(d))[0] == 200, "the new certificate, the same address"
        assert execute(old)[0] == 200, "a connection from before"
        plain = connect(d.ready["listen"][0])
        try:
            assert execute(plain)[0] != 200
        except (ConnectionError, http.client.HTTPException):
            pass


def clients_must_show_a_certificate_where_one_is_asked_for():
    def make(folder):
        certificate(folder, "one")
        certificate(folder, "client", "alice")

    with Daemon(TLS.replace("tls_key", "tls_client_ca = {dir}/client.pem\ntls_key"), prepare=make) as d:
        context = tls_context(d)
        try:
            status, _ = tls_execute(d, context)
            raise AssertionError("answered %d" % status)
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            pass
        context.load_cert_chain(d.dir + "/client.pem", d.dir + "/client.key")
        assert tls_execute(d, context)[0] == 200


ASK_AS_NOBODY = """
import http.client, os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX); s.settimeout(10)
try:
    s.connect(sys.argv[1])
    s.sendall(b"GET /api/2.0/sql/warehouses/w HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer t\\r\\n\\r\\n")
    print(len(s.recv(10)))
except OSError as e:
    print("refused", e)
"""


def other_users_come_in_only_where_they_are_listed():
    if os.geteuid() != 0:
        return "only root can be somebody else"
    local = BASE.replace("address = 127.0.0.1:0", "address = unix:{dir}/s")
    with Daemon(local) as d:
        def nobody():
            return subprocess.run([sys.executable, "-c", ASK_AS_NOBODY, d.dir + "/s"], capture_output=True, timeout=20,
                                  text=True).stdout.strip()
        assert os.stat(d.dir + "/s").st_mode & 0o777 == 0o600
        assert nobody().startswith("refused")
        d.reload(local.replace("unix:{dir}/s", "unix:{dir}/s\nallow_uids = 12345"))
        assert nobody() != "10"
        assert "user 65534 may not connect" in d.stderr()
        d.reload(local.replace("unix:{dir}/s", "unix:{dir}/s\nallow_uids = 12345, 65534"))
        assert nobody() == "10", nobody()
        d.reload(local)
        assert os.stat(d.dir + "/s").st_mode & 0o777 == 0o600 and nobody().startswith("refused")
        assert served("unix:%s/s" % d.dir)


# ---- limits ----------------------------------------------------------------------------------------------------------

def a_header_that_does_not_end_is_dropped_and_idle_clients_are_not():
    with Daemon(BASE + "[limits]\nheader_timeout = 1s\n") as d:
        host, port = d.ready["listen"][0].rsplit(":", 1)
        idle = connect(d.ready["listen"][0])
        assert execute(idle)[0] == 200
        slow = socket.create_connection((host, int(port)), timeout=10)
        slow.sendall(b"POST /api/2.0/sql/statements HTTP/1.1\r\nHost: x\r\n")
        started = time.monotonic()
        try:
            while time.monotonic() - started < 6:
                slow.sendall(b"X-Drip: 1\r\n")  # a byte now and then does not help
                time.sleep(0.2)
            raise AssertionError("still there")
        except ConnectionError:
            pass
        assert 0.8 < time.monotonic() - started < 5
        assert execute(idle)[0] == 200


def a_long_statement_and_what_waits_behind_it_are_not_slow():
    with Daemon(BASE + "[limits]\nheader_timeout = 1s\n") as d:
        d.up.script = lambda handler, request: time.sleep(3)
        host, port = d.ready["listen"][0].rsplit(":", 1)
        body = json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}).encode()
        request = (b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: %d\r\n\r\n" %
                   (STATEMENTS.encode(), len(body))) + body
        s = socket.create_connection((host, int(port)), timeout=20)
        s.sendall(request + request)
        answer = b""
        while answer.count(b"SUCCEEDED") < 2:
            more = s.recv(65536)
            assert more, answer
            answer += more


def the_oldest_idle_connection_gives_way_to_a_new_one():
    with Daemon(BASE.replace("[server]", "[server]\nmax_connections = 16")) as d:
        conns = [connect(d.ready["listen"][0]) for _ in range(16)]
        for c in conns:
            assert execute(c)[0] == 200
            time.sleep(0.005)
        late = connect(d.ready["listen"][0])
        assert execute(late)[0] == 200
        assert conns[0].sock.recv(1) == b"", "the oldest was ended"
        assert execute(conns[15])[0] == 200, "a younger one was not"


def few_descriptors_slow_nobody_down_for_good():
    with_few_descriptors(48)


def without_descriptors_accepting_pauses_and_goes_on():
    with_few_descriptors(24, "accepting pauses")


def with_few_descriptors(n, told=""):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))

    with Daemon(BASE, preexec_fn=few) as d:
        conns = []
        for _ in range(60):
            c = connect(d.ready["listen"][0])
            c.connect()
            conns.append(c)
        answered = 0
        for c in reversed(conns):
            try:
                answered += execute(c, "SELECT %d" % answered)[0] == 200
            except (ConnectionError, http.client.HTTPException):
                pass
        assert answered >= 5, answered
        for c in conns:
            c.close()
        until(lambda: served(d.ready["listen"][0]), "served again")
        assert told in d.stderr(), d.stderr()


# ---- the command line ------------------------------------------------------------------------------------------------

def run(*args, **env):
    return subprocess.run([DBXPROXYD, *args], capture_output=True, text=True, timeout=20, env={**os.environ, **env})


def the_check_says_ok_or_what_is_wrong():
    plain = ["--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0"]
    good = run("-t", *plain)
    assert (good.returncode, good.stdout) == (0, "configuration ok\n"), good
    bad = run("-t", *plain, "--set", "listen.arg1.tls_cert=/no/such", "--set", "listen.arg1.tls_key=/no/such")
    assert bad.returncode == 2 and "/no/such" in bad.stderr, bad
    missing = run("-t", "-c", "/no/such/file")
    assert missing.returncode == 2 and "/no/such/file cannot be read" in missing.stderr, missing


def what_is_printed_gives_the_same_again_without_secrets():
    args = ["--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--set", "upstream.default.health_token=env:TOK",
            "--set", "rule.r.ttl=90m", "--set", "tenant.default.hosts=a.example, b.example",
            "--set", "cache.max_entry=1536KiB"]
    first = run("-T", *args, TOK="dapi-very-secret")
    assert first.returncode == 0 and "dapi" not in first.stdout and "health_token = <set>" in first.stdout, first
    assert "ttl = 90m" in first.stdout and "max_entry = 1536KiB" in first.stdout, first.stdout
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(first.stdout)
        f.flush()
        second = run("-T", "-c", f.name)
    same = [line for line in first.stdout.splitlines() if "health_token" not in line]
    assert [line for line in second.stdout.splitlines() if "health_token" not in line] == same, second


TESTS = [
    reloads_under_load_lose_no_request,
    a_bad_file_changes_nothing_and_is_told_with_its_line,
    listeners_come_and_go_and_others_stay,
    a_write_runs_to_its_end_though_client_and_listener_have_gone,
    a_listener_that_cannot_be_had_keeps_all_the_others_as_they_were,
    a_renamed_listener_keeps_its_address,
    the_access_log_moves_and_reopens,
    what_only_a_restart_changes_is_said_and_kept,
    tenants_come_and_go_and_requests_under_way_end_as_they_began,
    reloads_with_a_shared_store_lose_nothing,
    an_end_under_load_loses_no_request,
    with_a_delay_readyz_tells_first_and_listeners_close_later,
    a_request_under_way_is_finished_and_a_second_signal_does_not_wait,
    drain_timeout_breaks_off_what_does_not_end,
    passed_sockets_are_served_and_systemd_is_told,
    a_passed_socket_that_the_network_reaches_needs_tls,
    tls_is_spoken_and_a_renewed_certificate_is_used_after_a_reload,
    clients_must_show_a_certificate_where_one_is_asked_for,
    other_users_come_in_only_where_they_are_listed,
    a_header_that_does_not_end_is_dropped_and_idle_clients_are_not,
    idle_clients_are_ended_after_their_time,
    a_long_statement_and_what_waits_behind_it_are_not_slow,
    the_oldest_idle_connection_gives_way_to_a_new_one,
    few_descriptors_slow_nobody_down_for_good,
    without_descriptors_accepting_pauses_and_goes_on,
    the_check_says_ok_or_what_is_wrong,
    what_is_printed_gives_the_same_again_without_secrets,
]


def main():
    chosen = [t for t in TESTS if len(sys.argv) < 3 or t.__name__ in sys.argv[2:]]
    bad = 0
    print("1..%d" % len(chosen))
    for i, test in enumerate(chosen, 1):
        try:
            skipped = test()
            print("ok %d - %s%s" % (i, test.__name__.replace("_", " "), " # SKIP " + skipped if skipped else ""))
        except Exception:  # noqa: BLE001 told, and the next one is tried
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print("not ok %d - %s" % (i, test.__name__.replace("_", " ")))
            bad += 1
        sys.stdout.flush()
    return 1 if bad else 0


sys.exit(main())
