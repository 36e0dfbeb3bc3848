"""cases - what bench/proxy/run measures: for each case its contestants, who take turns within a round."""
import http.client
import os
import signal
import time
import urllib.request
from dataclasses import dataclass

from lab import STATEMENTS, http_request, resp, startup_packet, statement
from servers import Missing

KEYS, LARGE_KEYS = 64, 8     # statements that hits are spread over; those of 1 MiB must all fit
IDLE = 10_000           # connections held open
CLIENTS = 50            # of one statement at once
SLOW_MS = 200           # … which takes so long upstream
STREAM = 1 << 30
KIB, MIB = 1 << 10, 1 << 20


@dataclass
class Case:
    id: str
    what: str
    contestants: dict       # name -> measurement of the lab: a dict of numbers
    once: bool = False      # in the first round only


# ---- hits and misses ----------------------------------------------------------------------------------------------------------

def tail_of(lab, size):
    """The last bytes of such a result, from the warehouse itself."""
    with urllib.request.urlopen(f"http://{lab.server('origin').at}/r/{size}", timeout=30) as answer:
        return answer.read()[-200:]


def timed(lab, server, at, data, connections, requests, **options):
    """A run of the client, with what the server spent meanwhile."""
    before = server.cpu_ns()
    got = lab.load(at, data, connections, requests, **options)
    got["cpu_us"] = (server.cpu_ns() - before) / 1000 / requests
    got["rate"] = requests / got["seconds"]
    got["mib_s"] = got["bytes"] / MIB / got["seconds"]
    return got


def hits(lab, server, at, size, connections, requests, data=None):
    """Everything asked for was asked for before."""
    data, first, keys = data or http_request("POST", STATEMENTS, statement(size)), size * 100, KEYS if size < MIB else LARGE_KEYS
    lab.warm(at, data, first, keys)
    return timed(lab, server, at, data, connections, requests, first=first, cycle=keys, tail=tail_of(lab, size))


def of_proxy(size, connections, requests):
    def measure(lab):
        server = lab.server("ours")
        return hits(lab, server, server.at, size, connections, requests)
    return measure


def of_nginx(size, connections, requests):
    def measure(lab):
        server = lab.server("nginx")
        return hits(lab, server, server.at, size, connections, requests)
    return measure


def of_nginx_get(size, connections, requests):
    def measure(lab):
        server = lab.server("nginx")
        return hits(lab, server, server.at, size, connections, requests, http_request("GET", f"/r/{size}?n=@@@@@@@@@@"))
    return measure


def of_floor(size, connections, requests):
    def measure(lab):
        server = lab.server("floor")
        return hits(lab, server, server.at, size, connections, requests)
    return measure


def of_redis(size, connections, requests):
    def measure(lab):
        server = lab.server("redis")
        for i in range(KEYS):
            server.ask("SET", f"bench:{size * 100 + i:010d}", "x" * size)
        return timed(lab, server, server.at, resp("GET", "bench:@@@@@@@@@@"), connections, requests, first=size * 100, cycle=KEYS, redis=True)
    return measure


def hit_case(size, connections, requests, small):
    name = f"{size // KIB} KiB" if size < MIB else f"{size // MIB} MiB"
    contestants = {"dbxproxyd": of_proxy(size, connections, requests), "nginx POST cache": of_nginx(size, connections, requests)}
    if small:
        contestants |= {"nginx GET cache": of_nginx_get(size, connections, requests), "evhttp alone": of_floor(size, connections, requests),
                        "Redis GET": of_redis(size, connections, requests)}
    return Case(f"hit/{size}/{connections}", f"hits of {name}, {connections} connection{'s' if connections > 1 else ''}", contestants)


NUMBER = [2 * 10**9 + time.time_ns() // 10**9 % 10**5 * 10**4]


def fresh(n):
    """Numbers that no statement had before."""
    NUMBER[0] += n
    return NUMBER[0] - n


def misses(name, at_of, connections, requests):
    def measure(lab):
        server = lab.server(name)
        data = http_request("POST", STATEMENTS, statement(KIB))
        lab.load(at_of(server), data, 1, 20, first=fresh(20))
        return timed(lab, server, at_of(server), data, connections, requests, first=fresh(requests), tail=tail_of(lab, KIB))
    return measure


def miss_case(connections, requests):
    return Case(f"miss/{connections}", f"misses of 1 KiB, {connections} connection{'s' if connections > 1 else ''}", {
        "dbxproxyd": misses("ours", lambda s: s.at, connections, requests),
        "nginx passing on": misses("nginx", lambda s: s.passes, connections, requests),
        "straight to it": misses("origin", lambda s: s.at, connections, requests)})


# ---- with Redis ---------------------------------------------------------------------------------------------------------------

FULL_SOON = {"cache": {"memory_limit": "16MiB"}}
SMALL_L1 = {"cache": {"max_entry": "1KiB"}}     # what is larger is in Redis only


def of_l2(size, requests):
    def measure(lab):
        redis = lab.server("shared")
        if "l2" not in lab.servers:
            lab.servers["l2"] = lab.proxy(SMALL_L1, redis)
        server = lab.servers["l2"]
        data = http_request("POST", STATEMENTS, statement(size))
        lab.warm(server.at, data, size * 100, KEYS)
        time.sleep(0.1)
        before = redis.calls("get")
        got = hits(lab, server, server.at, size, 1, requests)
        got["gets"] = (redis.calls("get") - before) / (requests + KEYS)
        return got
    return measure


def black_holed(lab):
    """Misses while Redis neither answers nor refuses; its breaker had time to open."""
    data = http_request("POST", STATEMENTS, statement(KIB))
    redis = lab.make("shared")
    try:
        with lab.a_proxy(redis=redis) as p:
            lab.load(p.at, data, 1, 50, first=fresh(50))
            os.kill(redis.pid, signal.SIGSTOP)
            opening = lab.load(p.at, data, 1, 100, first=fresh(100))
            got = timed(lab, p, p.at, data, 1, 2000, first=fresh(2000))
            got["opening_max_us"] = opening["max_us"]
            return got
    finally:
        redis.stop()


def no_redis(lab):
    data = http_request("POST", STATEMENTS, statement(KIB))
    with lab.a_proxy() as p:
        lab.load(p.at, data, 1, 150, first=fresh(150))
        return timed(lab, p, p.at, data, 1, 2000, first=fresh(2000))


# ---- together -----------------------------------------------------------------------------------------------------------------

def slow_statement():
    return http_request("POST", STATEMENTS, statement(KIB, SLOW_MS))


def together(name):
    """So many clients want the same at once: when does the last one have it, after the first?"""
    def measure(lab):
        server, origin = lab.server(name), lab.server("origin")
        lab.load(server.at, http_request("POST", STATEMENTS, statement(KIB)), 1, 1, first=fresh(1))     # the token is known
        before = origin.executions()
        times = sorted(lab.burst(server.at, slow_statement(), CLIENTS, fresh(1), tail_of(lab, KIB))["answered_us"])
        return {"first_ms": times[0] / 1000, "last_ms": times[-1] / 1000, "lag_ms": (times[-1] - times[0]) / 1000,
                "executions": origin.executions() - before}
    return measure


def three_instances(lab):
    origin, redis, number = lab.server("origin"), lab.server("shared"), fresh(1)
    instances = []
    try:
        for _ in range(3):
            instances.append(lab.proxy(None, redis))
        for p in instances:
            lab.load(p.at, http_request("POST", STATEMENTS, statement(KIB)), 1, 1, first=fresh(1))
        before = origin.executions()
        bursts = [lab.start_burst(p.at, slow_statement(), CLIENTS, number, tail_of(lab, KIB)) for p in instances]
        if any(b.wait(60) for b in bursts):
            raise Missing("not all were answered")
        return {"executions": origin.executions() - before}
    finally:
        for p in instances:
            p.stop()


# ---- memory -------------------------------------------------------------------------------------------------------------------

def per_connection(lab, server, hello):
    lab.load(server.at, hello, 1, 1, redis=False) if hello[:1] != b"\0" else None
    before = server.private_bytes()
    with lab.idle(server.at, hello, IDLE):
        time.sleep(1)
        return {"bytes_each": (server.private_bytes() - before) / IDLE}


def idle_proxy(lab):
    with lab.a_proxy() as p:
        return per_connection(lab, p, http_request("POST", STATEMENTS, statement(KIB, number=1)))


def idle_nginx(lab):
    return per_connection(lab, lab.server("nginx"), http_request("POST", STATEMENTS, statement(KIB, number=1)))


def idle_pgbouncer(lab):
    server = lab.server("pgbouncer")
    with lab.idle(server.at, startup_packet(), 1):
        return per_connection(lab, server, startup_packet())


def empty(lab):
    with lab.a_proxy() as p:
        return {"rss_mib": p.memory("VmRSS") / MIB, "anonymous_mib": p.memory("RssAnon") / MIB, "private_mib": p.private_bytes() / MIB}


def stream(lab):
    """A result far larger than the process may be."""
    with lab.a_proxy() as p:
        host, port = p.at.split(":")
        conn = http.client.HTTPConnection(host, int(port), timeout=60)
        body, piece, seen, begin = statement(STREAM, number=fresh(1)), bytearray(MIB), 0, time.monotonic()
        conn.request("POST", STATEMENTS, body, {"Authorization": "Bearer stream", "Content-Type": "application/json"})
        answer = conn.getresponse()
        while n := answer.readinto(piece):
            seen += n
        if answer.status != 200 or seen < STREAM * 0.99:
            raise Missing(f"status {answer.status}, {seen} bytes")
        return {"peak_mib": p.memory("VmHWM") / MIB, "mib_s": seen / MIB / (time.monotonic() - begin)}


def soak(n):
    """Mixed requests: does it grow after it has seen every kind, and its cache is full?"""
    def measure(lab):
        small, large = (http_request("POST", STATEMENTS, statement(size)) for size in (KIB, 100 * KIB))

        def again(p, data, first, connections, requests):
            lab.warm(p.at, data, first, KEYS)      # what was put out since the last time comes back
            lab.load(p.at, data, connections, requests, first=first, cycle=KEYS)

        with lab.a_proxy(FULL_SOON) as p:
            def tenth():
                again(p, small, KIB * 100, 32, n // 100 * 8)
                lab.load(p.at, small, 8, n // 100, first=fresh(n // 100))
                again(p, large, MIB * 100, 8, n // 100)
            sizes = []
            for _ in range(10):
                tenth()
                sizes.append(p.memory("VmRSS") / MIB)
            return {"rss_mib": sizes, "growth_mib": sizes[-1] - sizes[2]}
    return measure


# ---- all ----------------------------------------------------------------------------------------------------------------------

def cases(soak_requests):
    out = [
        hit_case(KIB, 32, 40000, True),
        hit_case(KIB, 1, 8000, True),
        hit_case(10 * KIB, 32, 20000, False),
        hit_case(100 * KIB, 8, 8000, False),
        hit_case(MIB, 8, 1500, False),
        miss_case(1, 4000),
        miss_case(32, 10000),
        Case("l2", "hits of 10 KiB that only Redis has, 1 connection", {
            "dbxproxyd, Redis": of_l2(10 * KIB, 4000), "dbxproxyd, memory": of_proxy(10 * KIB, 1, 8000), "Redis GET": of_redis(10 * KIB, 1, 8000)}),
        Case("blackhole", "misses while Redis is stopped", {"dbxproxyd, Redis stopped": black_holed, "dbxproxyd without Redis": no_redis}),
        Case("together", f"{CLIENTS} clients, one statement of {SLOW_MS} ms", {"dbxproxyd": together("ours"), "nginx POST cache": together("nginx")}),
        Case("three", f"{CLIENTS} clients at each of 3 instances, one statement", {"dbxproxyd": three_instances}),
        Case("idle", f"{IDLE:,} idle connections", {"dbxproxyd": idle_proxy, "nginx": idle_nginx, "pgbouncer": idle_pgbouncer}, once=True),
        Case("empty", "just started", {"dbxproxyd": empty}),
        Case("stream", "a result of 1 GiB", {"dbxproxyd": stream}, once=True),
    ]
    if soak_requests:
        out.append(Case("soak", f"{soak_requests:,} mixed requests", {"dbxproxyd": soak(soak_requests)}, once=True))
    return out
