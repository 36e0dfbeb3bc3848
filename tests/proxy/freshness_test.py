"""Nothing older than a write: random clients against a warehouse that answers with the versions of its tables. No read
that began after a write was acknowledged through the proxy may show an older version: hits, stale hits, joined runs,
results that are polled for, all alike; between instances this holds after epoch_ttl. Prints TAP.

FRESHNESS_RUNS (of each kind) and FRESHNESS_SEED in the environment make it longer, or repeat a run."""
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from daemon_test import STATEMENTS, Proxy, main_of
from warehouse import Warehouse

RUNS = int(os.environ.get("FRESHNESS_RUNS", "15"))
SEED = int(os.environ.get("FRESHNESS_SEED", "0")) or random.randrange(1, 1 << 30)
TABLES = ("t1", "t2", "t3")
VIEWS = {"v1": ("t1",), "v2": ("t1", "t3")}
WRITES = ("INSERT INTO {t} VALUES (1)", "UPDATE {t} SET a = 1", "DELETE FROM {t}", "TRUNCATE TABLE {t}",
          "MERGE INTO {t} USING c.s.other ON true WHEN MATCHED THEN DELETE", "WITH q AS (SELECT 1) INSERT INTO {t} SELECT * FROM q",
          "FROM c.s.other INSERT INTO {t} SELECT 1", "COPY INTO {t} FROM '/x'", "ALTER TABLE {t} ADD COLUMNS (b INT)",
          "RESTORE TABLE {t} TO VERSION AS OF 1", "insert/*x*/into {t} values (1)", "CALL c.s.p('{t}')",
          "EXECUTE IMMEDIATE 'DELETE FROM {t}'", "INSERT INTO {t} VALUES (1); SELECT 1", "BEGIN INSERT INTO {t} VALUES (1); END",
          "whatever {t}", "SELECT $${t}$$", "SELECT now(), $${t}$$", "GRANT SELECT ON TABLE {t} TO `x`")
READS = ("SELECT * FROM {t}", "SELECT * FROM {t} AS x WHERE a > 1", "WITH q AS (SELECT * FROM {t}) SELECT * FROM q",
         "/* dbxproxy: refresh */ SELECT * FROM {t}", "TABLE {t}", "SELECT * FROM (SELECT * FROM {t})")
JOINS = ("SELECT * FROM {t} JOIN {u} USING (a)", "SELECT * FROM {t}, {u}", "SELECT * FROM {t} UNION ALL SELECT * FROM {u}")


class Reference(Warehouse):
    """Tables with versions. What a statement reads or changes is told by a comment at its end: /*r:…*/ or /*w:…*/"""

    def __init__(self, seed):
        self.versions, self.sessions_now = {}, {}
        self.dice = random.Random(seed)
        super().__init__(self.how, self.look)

    def commit(self, table, data):
        with self.lock:
            self.versions[table] = self.versions.get(table, 0) + 1
            data.append([table, str(self.versions[table])])

    def tables_of(self, request, mark):
        text = request["statement"]
        at = text.rfind("/*%s:" % mark)
        if at < 0:
            return []
        names = text[at + 4:text.index("*/", at)].split(",")
        schema = self.sessions_now.get(request.get("session_id"))
        return [n.replace("@", schema or "") for n in names]

    def how(self, request, token):
        text = request["statement"]
        plan = {"run": self.dice.choice((0, 0, 0.01, 0.03, 0.06))}
        if "/*w:" in text and "/*cut*/" in text:
            plan["cut"] = True
        elif "/*w:" in text and "/*fail*/" in text:
            plan.update(state="FAILED", error="BAD_REQUEST")
        request["_run"] = plan["run"]
        return plan

    def look(self, request, token):
        text, data = request["statement"], []
        if text.startswith("USE SCHEMA "):
            self.sessions_now[request["session_id"]] = text[11:]
        for table in self.tables_of(request, "w"):
            when = self.dice.choice((0, request["_run"] / 2, request["_run"] * 0.9))
            if "/*cut*/" in text and self.dice.random() < 0.5:
                when += 0.05  # it goes on after its connection broke
            if when == 0:
                self.versions[table] = self.versions.get(table, 0) + 1  # called with the lock
                data.append([table, str(self.versions[table])])
            else:
                timer = threading.Timer(when, self.commit, (table, data))
                timer.daemon = True
                timer.start()
        for table in self.tables_of(request, "r"):
            data.append([table, str(self.versions.get(table, 0))])
        return data + [["who", token]]


class Model:
    """What clients know of acknowledged writes."""

    def __init__(self, lag=0.0, cuts=False):
        self.cuts = cuts       # writes of unknown outcome: nothing is kept for long after one
        self.lock, self.lag = threading.Lock(), lag
        self.acked = {}        # table -> [(time, version, instance)]
        self.outages = []      # [from, until]: writes of that time are known to their own instance only
        self.faults, self.reads, self.hits, self.writes = [], 0, 0, 0

    def ack(self, instance, data, at, what):
        with self.lock:
            self.writes += 1
            for table, version in data:
                if table != "who":
                    self.acked.setdefault(table, []).append((at, int(version), instance, what))

    def least(self, table, instance, began):
        def counts(at, where):
            if where == instance:
                return at <= began
            return at <= began - self.lag and not any(a <= at <= b for a, b in self.outages)
        with self.lock:
            return max([v for at, v, where, _ in self.acked.get(table, ()) if counts(at, where)], default=0)

    def check(self, instance, token, began, tables, answer, what):
        got = dict(answer.json["result"]["data_array"])
        self.reads += 1
        self.hits += answer.hit
        if got.pop("who") != token or set(got) != set(tables):
            self.faults.append("%s: other rows: %s of %s" % (what, answer.body[-200:], answer.cache))
        for table in tables:
            least = self.least(table, instance, began)
            if int(got.get(table, 0)) < least:
                by = [(round(began - at, 3), how) for at, v, _, how in self.acked[table] if v == least]
                self.faults.append("%s: %s is %s, acknowledged was %d by %s; %s %s" %
                                   (what, table, got.get(table), least, by, answer.cache, answer.headers.get("age")))


class Client(threading.Thread):
    def __init__(self, proxies, model, world, seed, steps):
        super().__init__(daemon=True)
        self.proxies, self.model, self.world, self.steps = proxies, model, world, steps
        self.dice = random.Random(seed)
        self.token = self.dice.choice(("alice", "alice", "bob"))
        common = random.Random(world)  # few statements in each world, so that they meet
        self.reads, self.joins = common.sample(READS, 2), common.sample(JOINS, 1)
        self.i = self.dice.randrange(len(proxies))
        self.conn = None
        self.session, self.schema = None, None
        self.fault = None

    @property
    def p(self):
        return self.proxies[self.i]

    def name(self, table):
        return "c.s%d.%s" % (self.world, table)

    def send(self, sql, **fields):
        if not self.conn:
            self.conn = self.p.connect()
        try:
            return self.p.execute(sql, self.token, self.conn, **fields)
        except (OSError, http.client.HTTPException):
            self.conn = None
            raise

    def to_end(self, answer):
        """The whole answer, polled for."""
        end = time.monotonic() + 20
        while answer.status == 200 and answer.json["status"]["state"] in ("PENDING", "RUNNING"):
            assert time.monotonic() < end, "never ends"
            time.sleep(self.dice.choice((0, 0.01, 0.03)))
            path = "%s/%s" % (STATEMENTS, answer.json["statement_id"])
            p = self.p if self.dice.random() < 0.7 or "dbxp1" not in path else self.dice.choice(self.proxies)
            answer = p.request("GET", path, token=self.token)
        return answer

    def fields(self):
        return {"wait_timeout": "0s"} if self.dice.random() < 0.3 else {}

    def read(self):
        d = self.dice
        kind = d.random()
        if kind < 0.5:
            t = d.choice(TABLES)
            sql, tables = d.choice(self.reads).format(t=self.name(t)), [self.name(t)]
        elif kind < 0.75:
            t, u = d.sample(TABLES, 2)
            sql, tables = d.choice(self.joins).format(t=self.name(t), u=self.name(u)), [self.name(t), self.name(u)]
        else:
            v = d.choice(list(VIEWS))
            sql, tables = "SELECT * FROM " + self.name(v), [self.name(t) for t in VIEWS[v]]
        began = time.monotonic()
        answer = self.to_end(self.send("%s /*r:%s*/" % (sql, ",".join(tables)), **self.fields()))
        if answer.status == 200 and answer.json["status"]["state"] == "SUCCEEDED":
            self.model.check(self.i, self.token, began, tables, answer, sql)
        else:
            self.excuse(answer)

    def excuse(self, answer):
        if answer.status not in (404, 429, 503) or self.model.lag == 0:
            self.model.faults.append("read: %d %s" % (answer.status, answer.body[:300]))

    def write(self):
        d = self.dice
        t = self.name(d.choice(TABLES))
        kind = d.random()
        how = "cut" if kind < 0.2 and self.model.cuts else "fail" if kind < 0.3 else ""
        sql = "%s /*%s*/ /*w:%s*/" % (d.choice(WRITES).format(t=t), how, t)
        if how == "cut":
            self.send(sql)
            return
        answer = self.to_end(self.send(sql, **self.fields()))
        if answer.status == 200 and answer.json["status"]["state"] == "SUCCEEDED":
            self.model.ack(self.i, answer.json["result"]["data_array"], time.monotonic(), (sql, answer.cache))
        elif how != "fail":
            self.excuse(answer)

    def leave(self):
        """A read whose client does not wait."""
        conn = self.p.connect()
        t = self.name(self.dice.choice(TABLES))
        body = json.dumps({"statement": "SELECT * FROM %s /*r:%s*/" % (t, t), "warehouse_id": "w"})
        conn.request("POST", STATEMENTS, body, {"Authorization": "Bearer " + self.token})
        time.sleep(self.dice.choice((0, 0.005, 0.02)))
        conn.close()

    def in_session(self):
        d = self.dice
        if not self.session:
            answer = self.p.request("POST", "/api/2.0/sql/sessions", {"warehouse_id": "w", "catalog": "c", "schema": self.name("")[2:-1]}, self.token)
            self.session, self.schema = answer.json["session_id"], self.name("")[2:-1]
            self.p.up.sessions_now[self.session] = self.schema
        kind = d.random()
        if kind < 0.25:
            schema = d.choice((self.name("")[2:-1], "other%d" % self.world))
            assert self.send("USE SCHEMA " + schema, session_id=self.session).json["status"]["state"] == "SUCCEEDED"
            self.schema = schema
        elif kind < 0.35:
            self.send("SET TIME ZONE 'UTC'", session_id=self.session)
        t = d.choice(TABLES)
        if kind > 0.8:
            answer = self.send("INSERT INTO %s VALUES (1) /*w:c.@.%s*/" % (t, t), session_id=self.session)
            self.model.ack(self.i, answer.json["result"]["data_array"], time.monotonic(), ("in a session", answer.cache))
            return
        began = time.monotonic()
        answer = self.send("SELECT * FROM %s /*r:c.@.%s*/" % (t, t), session_id=self.session)
        self.model.check(self.i, self.token, began, ["c.%s.%s" % (self.schema, t)], answer, "in a session: " + t)

    def forget(self):
        """Made up of what an operator does; harmless by definition."""
        self.p.execute("CREATE OR REPLACE VIEW %s AS SELECT 1" % self.name("v3"), self.token)

    def run(self):
        steps = ((0.82, self.read), (0.89, self.write), (0.92, self.leave), (0.99, self.in_session), (1, self.forget))
        for _ in range(self.steps):
            try:
                at = self.dice.random()
                next(f for share, f in steps if at < share)()
                if self.dice.random() < 0.1:
                    time.sleep(0.02)
            except (OSError, http.client.HTTPException) as e:
                if "cut" not in str(e):
                    self.fault = self.fault or repr(e)
            except Exception as e:
                self.fault = self.fault or repr(e)
                raise
        if self.conn:
            self.conn.close()


def play(proxies, model, worlds, clients=6, steps=20, while_running=None):
    for w in range(worlds):
        cs = [Client(proxies, model, w, "%d %d %d" % (SEED, w, i), steps) for i in range(clients)]
        for c in cs:
            c.start()
        if while_running:
            while_running()
        for c in cs:
            c.join(60)
            assert not c.is_alive(), "a client hangs; seed %d" % SEED
            assert not c.fault, (c.fault, SEED)
        assert not model.faults, "seed %d, run %d: %s" % (SEED, w, model.faults[:5])


def told(model, runs):
    print("# seed %d, %d runs: %d reads, %d from the cache, %d writes, %d faults" %
          (SEED, runs, model.reads, model.hits, model.writes, len(model.faults)), flush=True)
    assert model.hits > model.reads / 50, "it proves nothing without hits"


def test_no_read_is_older_than_an_acknowledged_write():
    with Proxy("--set", "retry.max=0", "--set", "breaker.enabled=no", upstream=Reference(SEED)) as p:
        model = Model()
        play([p], model, RUNS)
        told(model, RUNS)


def test_nor_after_writes_of_unknown_outcome():
    for n in range(max(RUNS // 20, 2)):  # a daemon for each few: such a write is minded for long
        with Proxy("--set", "retry.max=0", "--set", "breaker.enabled=no", upstream=Reference(SEED + n)) as p:
            model = Model(cuts=True)
            play([p], model, 3)


def test_nor_when_lives_are_short_and_stale_results_are_served():
    with Proxy("--set", "retry.max=0", "--set", "breaker.enabled=no", "--set", "cache.ttl=50ms",
               "--set", "cache.stale_while_revalidate=60s", "--set", "cache.early_refresh=1000", upstream=Reference(SEED)) as p:
        model = Model()
        play([p], model, RUNS)
        told(model, RUNS)


def test_nor_when_memory_is_too_small():
    with Proxy("--set", "retry.max=0", "--set", "breaker.enabled=no", "--set", "cache.memory_limit=1MiB",
               "--set", "cache.max_entry=1KiB", upstream=Reference(SEED)) as p:
        model = Model()
        play([p], model, RUNS // 2)


# ---- several instances -------------------------------------------------------------------------------------------------


class Redis:
    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                         "--dir", self.dir.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                if self.ask("PING") == b"+PONG\r\n":
                    return
            except OSError:
                pass
            assert time.monotonic() < end
            time.sleep(0.02)

    def ask(self, command):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
            s.sendall(command.encode() + b"\r\n")
            return s.recv(65536)

    def stop(self, number=signal.SIGKILL):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait(10)


class Group:
    """n instances over one Redis and one upstream."""

    def __init__(self, n, *options, upstream=None):
        self.redis, self.up = Redis(), upstream or Reference(SEED)
        key = os.path.join(self.redis.dir.name, "key")
        with open(key, "w") as f:
            f.write("0123456789abcdef" * 4)
        os.chmod(key, 0o600)
        self.proxies = [Proxy("--set", "redis.url=" + self.redis.url, "--set", "redis.master_key=file:" + key,
                              "--set", "retry.max=0", "--set", "breaker.enabled=no", *options, upstream=self.up) for _ in range(n)]
        for p in self.proxies:
            until(lambda: p.metric("dbxproxy_redis_up") == 1, "Redis is seen")

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        try:
            for p in self.proxies:
                p.up = None
                p.__exit__(kind)
        finally:
            self.redis.stop()
            self.redis.dir.cleanup()
            self.up.shutdown()
            self.up.server_close()


def until(true, what, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain waited for: " + what
        time.sleep(0.02)


def needs_redis():
    if shutil.which("redis-server"):
        return True
    print("# redis-server is missing")
    return False


def test_three_instances_agree_within_epoch_ttl():
    if not needs_redis():
        return
    with Group(3, "--set", "cache.epoch_ttl=100ms", "--set", "redis.budget=2s") as g:
        model = Model(lag=0.4)
        for p in g.proxies:
            p.up = g.up
        play(g.proxies, model, RUNS // 2, steps=40)
        told(model, RUNS // 2)


def test_three_instances_and_a_redis_that_forgets_stops_and_dies():
    if not needs_redis():
        return
    with Group(3, "--set", "cache.epoch_ttl=100ms", "--set", "redis.degraded_l1_ttl=0") as g:
        model = Model(lag=0.4)
        for p in g.proxies:
            p.up = g.up
        dice = random.Random(SEED)

        def misfortune():
            time.sleep(0.2)
            what = dice.choice(("flush", "stop", "kill"))
            if what == "flush":
                g.redis.ask("FLUSHALL")
                return
            model.outages.append([time.monotonic() - 0.5, time.monotonic() + 60])
            if what == "stop":
                g.redis.process.send_signal(signal.SIGSTOP)
                time.sleep(0.4)
                g.redis.process.send_signal(signal.SIGCONT)
            else:
                g.redis.stop()
                time.sleep(0.2)
                g.redis.start()
        play(g.proxies, model, RUNS // 2, steps=40, while_running=misfortune)
        print("# %d reads, %d hits, %d faults" % (model.reads, model.hits, len(model.faults)))


def test_one_run_for_identical_requests_on_three_instances():
    if not needs_redis():
        return
    up = Warehouse(lambda r, t: {"run": 1})
    with Group(3, "--set", "redis.budget=2s", upstream=up) as g:
        answers = []
        threads = [threading.Thread(target=lambda p=p: answers.append(p.execute("SELECT 1"))) for p in g.proxies * 10]
        for t in threads:
            t.start()
        for t in threads:
            t.join(20)
        assert len(up.runs) == 1, len(up.runs)
        assert len(answers) == 30 and len({json.dumps(a.json["result"]) for a in answers}) == 1
        assert all(p.execute("SELECT 1").hit for p in g.proxies)


def test_an_instance_that_dies_with_the_lock_holds_nobody_for_long():
    if not needs_redis():
        return
    up = Warehouse(lambda r, t: {"run": 3})
    with Group(2, "--set", "redis.budget=2s", "--set", "redis.flight_lock=2s", upstream=up) as g:
        first, second = g.proxies
        dead = threading.Thread(target=lambda: swallow(lambda: first.execute("SELECT 1")), daemon=True)
        dead.start()
        up.wait_runs(1)
        answers = []
        other = threading.Thread(target=lambda: answers.append(second.execute("SELECT 1")))
        other.start()
        time.sleep(0.5)
        assert len(up.runs) == 1, "it waits for the first"
        first.process.kill()
        first.process.wait()
        start = time.monotonic()
        other.join(20)
        assert answers and answers[0].json["status"]["state"] == "SUCCEEDED" and len(up.runs) == 2
        assert time.monotonic() - start < 7
        g.proxies = [second]
        first.log.close()
        first.dir.cleanup()


def swallow(f):
    try:
        f()
    except (OSError, http.client.HTTPException):
        pass


def test_ids_of_one_instance_work_at_another():
    if not needs_redis():
        return
    up = Warehouse(lambda r, t: {"run": 0.8})
    with Group(2, "--set", "redis.budget=2s", upstream=up) as g:
        a, b = g.proxies
        path = lambda sid, tail="": "%s/%s%s" % (STATEMENTS, sid, tail)
        first = a.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        waits = a.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        assert waits.startswith("dbxp1.")
        for sid in (first, waits):
            answer = b.request("GET", path(sid))
            assert answer.status == 200 and answer.json["status"]["state"] in ("PENDING", "RUNNING"), (sid, answer.body)
            assert answer.json["statement_id"] == sid
        time.sleep(1)
        for sid in (first, waits):
            answer = b.request("GET", path(sid))
            assert answer.status == 200 and answer.json["status"]["state"] == "SUCCEEDED", (sid, answer.body)
        a.execute("SELECT 2", wait_timeout="5s")
        hit = a.execute("SELECT 2").json["statement_id"]
        assert hit.startswith("dbxp1.")
        assert b.request("GET", path(hit)).json["result"] == a.request("GET", path(hit)).json["result"]
        assert b.request("GET", path(hit, "/result/chunks/0")).status == 200
        assert b.request("GET", path(hit), token="bob").status == 404
        assert a.request("DELETE", path(hit)).status == 200
        assert a.request("GET", path(hit)).json["status"]["state"] == "CLOSED"
        assert len(up.runs) == 2


def test_a_redis_that_hangs_delays_requests_within_the_budget_only():
    if not needs_redis():
        return
    with Group(1, upstream=Warehouse()) as g:
        p = g.proxies[0]
        p.execute("SELECT 1")
        g.redis.process.send_signal(signal.SIGSTOP)
        worst = 0
        for i in range(30):
            start = time.monotonic()
            assert p.execute("SELECT %d FROM t" % i).status == 200
            worst = max(worst, time.monotonic() - start)
        assert worst < 0.5, worst
        assert p.execute("SELECT 1").hit, "memory is good for a while"
        assert p.execute("INSERT INTO t VALUES (1)").status == 200
        g.redis.process.send_signal(signal.SIGCONT)


if __name__ == "__main__":
    sys.exit(main_of(globals(), at_once=3))
