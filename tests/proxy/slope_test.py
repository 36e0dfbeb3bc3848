"""Memory does not grow with the number of requests: rounds of mixed requests, then the process' resident size. Not part
of make check: python3 slope_test.py DBXPROXYD; SLOPE_REQUESTS in the environment, 100000 unless said."""
import os
import random
import sys
import threading

from daemon_test import main_of
from flight_test import House

ROUNDS, CLIENTS = 10, 4
PER_CLIENT = int(os.environ.get("SLOPE_REQUESTS", "100000")) // ROUNDS // CLIENTS


def resident_kib(p):
    with open("/proc/%d/status" % p.process.pid) as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def mix(p, seed):
    dice, conn = random.Random(seed), p.connect()
    for _ in range(PER_CLIENT):
        kind, token = dice.random(), dice.choice(("a", "b"))
        if kind < 0.5:
            p.execute("SELECT %d" % dice.randrange(20), token, conn)
        elif kind < 0.75:
            p.execute("SELECT %d FROM t" % dice.randrange(10 ** 9), token, conn)
        elif kind < 0.8:
            p.execute("INSERT INTO t VALUES (1)", token, conn)
        elif kind < 0.9:
            sid = p.execute("SELECT %d" % dice.randrange(20), token, conn, wait_timeout="0s").json["statement_id"]
            p.request("GET", p.path(sid), token=token, conn=conn)
            p.request("DELETE", p.path(sid), token=token, conn=conn)
        elif kind < 0.95:
            p.request("GET", p.path("dbxp1.xx"), token=token, conn=conn)
        else:
            p.execute("SELEC $$", token, conn)
    conn.close()


def test_memory_does_not_grow_with_requests():
    plan = lambda r, t: {"run": 0.002 if "3" in r["statement"] else 0}
    with House("--set", "cache.memory_limit=4MiB", "--set", "cache.max_entry=64KiB", plan=plan) as p:
        sizes = []
        for n in range(ROUNDS):
            threads = [threading.Thread(target=mix, args=(p, n * CLIENTS + i)) for i in range(CLIENTS)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            for seen in (p.up.runs, p.up.by_id, p.up.requests, p.up.bodies, p.up.executed, p.up.headers_seen):
                seen.clear()
            sizes.append(resident_kib(p))
        print("# KiB after each round:", *sizes)
        assert sizes[-1] < sizes[ROUNDS // 2] * 1.05, sizes


if __name__ == "__main__":
    sys.exit(main_of(globals()))
