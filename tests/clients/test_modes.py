"""Only with dbxproxyd in front: every client sees the same bytes direct, from a cold and a warm cache, from the cache of another
instance, without the Redis that the instances share (hung, then dead), and while the warehouse sleeps. The tests build on each
other in this order: what one of them fills is what the next one reads."""
import json
import os
import shutil
import time
import urllib.request

import pytest

from conftest import BIG
from instances import Instance, Redis, until
from readers import READERS

RUN = time.time_ns()
# More than one chunk, links and a stream of batches for the large ones; none of it at the limit of what is kept.
QUERIES = {
    "all-types": "SELECT * FROM main.default.all_types WHERE {nonce} > 0 ORDER BY id",
    "empty": "SELECT * FROM main.default.all_types WHERE {nonce} < 0",
    "1000-rows": "SELECT l_orderkey, if(l_linenumber = 1, NULL, l_comment) AS c, l_extendedprice, {nonce} AS n "
                 f"FROM {BIG} ORDER BY l_orderkey, l_linenumber LIMIT 1000",
    "200000-rows": "SELECT l_orderkey, l_linenumber, if(l_linenumber = 1, NULL, l_extendedprice) AS p, l_shipdate "
                   f"FROM {BIG} WHERE {{nonce}} > 0 ORDER BY l_orderkey, l_linenumber LIMIT 200000",
}
ROWS = {"all-types": "26", "empty": "0", "1000-rows": "1000", "200000-rows": "200000"}

every_client = pytest.mark.parametrize("client", READERS)
every_query = pytest.mark.parametrize("query", QUERIES)


class World:
    def __init__(self, server, folder):
        self.server, self.direct = server, server.upstream
        key = folder / "key"
        key.write_text("k" * 32)
        key.chmod(0o600)
        self.redis = Redis(folder)
        room = ("cache.max_entry=64MiB", "cache.memory_limit=512MiB")
        shared = room + ("redis.url=" + self.redis.url, f"redis.master_key=file:{key}", "redis.budget=1s", "redis.large_budget=2s")
        self.alone = Instance(folder, "alone", self.direct, *room)
        self.first, self.second = (Instance(folder, name, self.direct, *shared) for name in ("first", "second"))
        for instance in (self.first, self.second):
            until(lambda i=instance: i.metric("dbxproxy_redis_up") == 1, "Redis is seen")
        self.readers = {name: make(server) for name, make in READERS.items()}
        self.known = {}

    def read(self, client, query, where, nonce=0):
        """What this client sees of this query there; every client has texts of its own, so that each begins cold."""
        return self.readers[client].read(where, self.text(client, query, nonce))

    @staticmethod
    def text(client, query, nonce=0):
        return QUERIES[query].format(nonce=RUN + 100 * nonce + list(READERS).index(client))

    def want(self, client, query, nonce=0):
        if (client, query, nonce) not in self.known:
            self.known[client, query, nonce] = self.read(client, query, self.direct, nonce)
        return self.known[client, query, nonce]

    def control(self, method, path, body=None):
        request = urllib.request.Request(f"{self.server.control}/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ran(self):
        return self.control("GET", "counters?last=0")["statements_executed"]

    def close(self):
        for reader in self.readers.values():
            reader.close()
        for instance in (self.alone, self.first, self.second):
            instance.stop()
        self.redis.kill()
        self.control("POST", "restore", {})


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    if not server.proxied:
        pytest.skip("no proxy in front of this server")
    if not os.path.exists(os.environ["DBX_DRIVER"]) or not shutil.which("redis-server"):
        pytest.skip("our driver or redis-server is missing")
    w = World(server, tmp_path_factory.mktemp("modes"))
    yield w
    w.close()


def check_hits(instance, known, count=1):
    """All statements after the first known ones were hits; the log has their lines soon after the client has its answer."""
    until(lambda: len(instance.executed()) >= known + count, "a line in the access log")
    new = instance.executed()[known:]
    assert all("; hit" in line.get("cache", "") for line in new), new


# ---- a proxy alone, and two with a Redis --------------------------------------------------------------------------------

@every_query
@every_client
def test_direct_has_all_rows(world, client, query):
    assert world.want(client, query).split()[0] == ROWS[query]


@every_query
@every_client
def test_cold_is_equal(world, client, query):
    """Twice: a result behind links is loaded when it is asked for again."""
    for instance in (world.alone, world.first):
        for _ in range(2):
            known = len(instance.executed())
            assert world.read(client, query, instance.url) == world.want(client, query)
            until(lambda: len(instance.executed()) > known, "a line in the access log")  # pylint: disable=cell-var-from-loop


@every_query
@every_client
def test_warm_is_equal_and_runs_nothing(world, client, query):
    for instance in (world.alone, world.first):
        known, before = len(instance.executed()), world.ran()
        assert world.read(client, query, instance.url) == world.want(client, query)
        assert world.ran() == before
        check_hits(instance, known)


@every_query
@every_client
def test_another_instance_has_it_from_redis(world, client, query):
    known, before = len(world.second.executed()), world.ran()
    assert world.read(client, query, world.second.url) == world.want(client, query)
    assert world.ran() == before
    check_hits(world.second, known)


@every_query
def test_links_of_every_hit_lead_to_the_very_same_bytes(world, query):
    text, links = world.text("sdk-links", query), world.readers["sdk-links"]
    before = world.ran()
    seen = {links.read_bytes(i.url, text) for i in (world.first, world.second, world.first)}
    assert len(seen) == 1 and world.ran() == before


@every_query
@every_client
def test_a_sleeping_warehouse_is_not_woken_by_a_warm_read(world, client, query):
    world.control("POST", f"warehouses/{world.server.warehouse_id}", {"state": "STOPPED"})
    assert world.read(client, query, world.alone.url) == world.known[client, query, 0]
    assert world.control("GET", "")["warehouses"][world.server.warehouse_id]["state"] == "STOPPED"


# ---- without Redis ------------------------------------------------------------------------------------------------------

def check_degraded(world, client, query, nonce):
    """Warm where it was warm; new on one instance and again on the other, which cannot know of it."""
    begin = time.monotonic()
    want = world.want(client, query, nonce)
    direct, begin = time.monotonic() - begin, time.monotonic()
    for instance in (world.first, world.second):
        assert world.read(client, query, instance.url) == world.known[client, query, 0]
        assert world.read(client, query, instance.url, nonce) == want
    assert time.monotonic() - begin < 10 + 6 * direct, "Redis kept it waiting"


@every_query
@every_client
def test_redis_hangs_and_nothing_changes(world, client, query):
    world.redis.hang()
    check_degraded(world, client, query, 1)


@every_query
@every_client
def test_redis_dies_and_nothing_changes(world, client, query):
    world.redis.kill()
    check_degraded(world, client, query, 2)


# ---- what one client cannot read ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("rows", (1000, 20_000, 200_000))
def test_an_attachment_is_never_one_of_several_chunks(world, rows):
    """JDBC reads the first attachment of a hybrid answer and no other: a result is attached whole, or it is behind links."""
    body = {"warehouse_id": world.server.warehouse_id, "disposition": "INLINE_OR_EXTERNAL_LINKS", "format": "ARROW_STREAM",
            "wait_timeout": "50s", "result_compression": "LZ4_FRAME",
            "statement": f"SELECT l_orderkey, l_comment, {RUN} AS n FROM {BIG} ORDER BY 1, 2 LIMIT {rows}"}
    for turn in range(4):
        known = len(world.alone.executed())
        request = urllib.request.Request(world.alone.url + "/api/2.0/sql/statements/", json.dumps(body).encode(),
                                         {"Authorization": "Bearer " + world.server.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        if "attachment" in told["result"]:
            assert told["manifest"]["total_chunk_count"] == 1 and told["manifest"]["total_row_count"] == rows
            assert "next_chunk_index" not in told["result"] and "external_links" not in told["result"]
        else:
            assert told["result"]["external_links"]
        if turn == 3:
            check_hits(world.alone, known)
