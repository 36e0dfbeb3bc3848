"""The proof that nothing which may change something runs twice: a workspace that counts executions by a number in the
statement and fails at random, before and after it executed; clients that never repeat. Prints TAP.

count_test.py DBXPROXYD [FAULTS [SEED]]"""
import asyncio
import collections
import json
import os
import random
import socket
import struct
import sys
import time

from fake_upstream import rows

FAULTS = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else int.from_bytes(os.urandom(4), "big")
sys.argv[2:] = []
from daemon_test import Proxy  # noqa: E402

CLIENTS = 24
ANSWER = json.dumps(rows([["1", "2"]])).encode()
BUSY = [(429, b""), (429, b"Retry-After: 0\r\n"), (503, b"Retry-After: 0\r\n")]


def head(status, length, more=b""):
    return b"HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n" % (status, length, more)


class Server:
    """Faults by name: what is done of a statement, and what is said."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.executions = collections.Counter()
        self.faults = collections.Counter()
        self.url = None

    def choose(self):
        return None if self.random.random() < 0.3 else self.random.choice((
            "reset-unread", "reset-undone", "busy", "error-undone", "reset-done", "close-done", "reset-in-head",
            "reset-after-head", "reset-in-body", "error-done", "close-later", "close-at-once", "slow"))

    async def serve(self, reader, writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # abort() sends RST
        try:
            while await self.one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.transport.abort()

    async def one(self, reader, writer):
        text = await reader.readuntil(b"\r\n\r\n")
        fault = self.choose()
        self.faults[fault] += 1
        if fault == "reset-unread":
            return False
        length = next(int(h[15:]) for h in text.split(b"\r\n") if h.lower().startswith(b"content-length:"))
        number = json.loads(await reader.readexactly(length))["statement"].split("#")[1]
        if fault == "reset-undone":
            return False
        if fault == "busy":
            status, more = self.random.choice(BUSY)
            writer.write(head(status, 2, more) + b"{}")
            return True
        if fault != "error-undone":
            self.executions[number] += 1
        return await self.say(fault, writer)

    async def say(self, fault, writer):
        if fault in ("error-done", "error-undone"):
            writer.write(head(self.random.choice((500, 502, 503, 504)), 2) + b"{}")
            return True
        if fault == "reset-done":
            return False
        if fault == "close-done":
            writer.write_eof()
            await asyncio.sleep(0.001)
            return False
        part = {"reset-in-head": 20, "reset-after-head": len(head(200, len(ANSWER))), "reset-in-body": 300}.get(fault)
        if fault == "slow":
            await asyncio.sleep(self.random.random() * 0.02)
        writer.write((head(200, len(ANSWER)) + ANSWER)[:part])
        if part:
            await asyncio.sleep(0.001)
            return False
        if fault == "close-later":  # the next request may be on its way
            await asyncio.sleep(self.random.random() * 0.004)
            return False
        return fault != "close-at-once"

    # what Proxy ends
    def shutdown(self):
        pass

    def server_close(self):
        pass


async def client(address, server, outcomes, numbers, until):
    host, port = address.rsplit(":", 1)
    reader = writer = None
    while sum(server.faults.values()) - server.faults[None] < FAULTS and time.monotonic() < until:
        number = next(numbers)
        write = number % 2
        sql = ("INSERT INTO t VALUES (1) --#%d" if write else "SELECT rand() --#%d") % number
        body = json.dumps({"statement": sql, "warehouse_id": "w"}).encode()
        if not writer:
            reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /api/2.0/sql/statements HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        status = 0  # no whole answer
        try:
            text = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            length = next(int(h[15:]) for h in text.split(b"\r\n") if h.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            status = int(text.split()[1])
        except asyncio.IncompleteReadError:
            writer.close()
            writer = None
        outcomes.append((str(number), bool(write), status))
    if writer:
        writer.close()


async def storm(options, seconds):
    server, outcomes = Server(SEED), []
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=1024)
    server.url = "http://127.0.0.1:%d" % listener.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    proxy = await loop.run_in_executor(None, lambda: Proxy(*options, upstream=server))
    numbers, until = iter(range(1, 1 << 40)), time.monotonic() + seconds
    await asyncio.gather(*(client(proxy.address, server, outcomes, numbers, until) for _ in range(CLIENTS)))
    await asyncio.sleep(0.2)
    await loop.run_in_executor(None, lambda: proxy.__exit__(None, None, None))
    listener.close()
    return server, outcomes


def judge(server, outcomes):
    wrong = []
    for number, write, status in outcomes:
        n = server.executions[number]
        if write and n > 1:
            wrong.append(("a write ran %d times" % n, number, status))
        if status == 200 and n < 1:
            wrong.append(("a success that did not run", number, status))
        if write and status in (429, 503) and n:
            wrong.append(("clients repeat on this status, but it ran", number, status))
    return wrong


def main():
    cases = (("breakers off, many repetitions", ("--set", "breaker.enabled=no", "--set", "retry.base=1ms",
                                                 "--set", "retry.budget_floor=10000", "--set", "retry.max=4"), 3600),
             ("breakers that open and close", ("--set", "retry.base=1ms", "--set", "breaker.open=100ms"), 5 + FAULTS / 1000))
    print("1..%d" % len(cases))
    failed = 0
    for i, (name, options, seconds) in enumerate(cases, 1):
        start = time.monotonic()
        server, outcomes = asyncio.run(storm(options, seconds))
        wrong = judge(server, outcomes)
        seen = collections.Counter((w, s) for _, w, s in outcomes)
        reads = sum(server.executions[n] - 1 for n, w, _ in outcomes if not w and server.executions[n] > 1)
        print("# seed %d: %d faults, %d statements, %d reads repeated after they ran, %.0f s" % (
            SEED, sum(server.faults.values()) - server.faults[None], len(outcomes), reads, time.monotonic() - start))
        print("# writes by status: %s" % {s: n for (w, s), n in sorted(seen.items()) if w})
        print("# reads by status: %s" % {s: n for (w, s), n in sorted(seen.items()) if not w})
        for what in wrong[:10]:
            print("# %s: statement %s, status %d" % what)
        enough = seen[True, 200] > (len(outcomes) / 50 if i == 1 else 0) and (i > 1 or reads > 0)
        failed += bool(wrong) or not enough
        print("%sok %d - no write runs twice: %s" % ("not " if wrong or not enough else "", i, name), flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
