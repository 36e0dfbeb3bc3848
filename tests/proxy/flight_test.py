"""Single flight: many ask at once, one statement runs, and nobody harms anybody. The daemon before a warehouse whose
statements take time. Prints TAP."""
import http.client
import json
import socket
import struct
import sys
import threading
import time

from daemon_test import STATEMENTS, Proxy, main_of
from fake_upstream import rows
from warehouse import Warehouse

RUNNING = ("PENDING", "RUNNING")


class House(Proxy):
    def __init__(self, *options, plan=None, snapshot=None):
        super().__init__(*options, upstream=Warehouse(plan, snapshot))

    def client(self, sql="SELECT 1", **kwargs):
        return Client(self, sql, **kwargs)

    def clients(self, n, sql="SELECT 1", **kwargs):
        return [Client(self, sql, **kwargs) for _ in range(n)]

    def path(self, sid, tail=""):
        return "%s/%s%s" % (STATEMENTS, sid, tail)

    def get(self, sid, token="alice"):
        return self.request("GET", self.path(sid), token=token)

    def chunk(self, sid, token="alice"):
        return self.request("GET", self.path(sid, "/result/chunks/0"), token=token)

    def cancel(self, sid, token="alice"):
        return self.request("POST", self.path(sid, "/cancel"), token=token)

    def close(self, sid, token="alice"):
        return self.request("DELETE", self.path(sid), token=token)

    def end_of(self, sid, token="alice", seconds=10):
        end = time.monotonic() + seconds
        while True:
            a = self.get(sid, token)
            if a.status != 200 or a.json["status"]["state"] not in RUNNING:
                return a
            assert time.monotonic() < end, "never ends"
            time.sleep(0.05)

    def settled(self, n):
        """n requests have arrived and take part."""
        end = time.monotonic() + 10
        while self.metric("dbxproxy_flight_waiters") < n and time.monotonic() < end:
            time.sleep(0.01)


class Client(threading.Thread):
    """One request in a thread; .leave() cuts its connection."""

    def __init__(self, p, sql, token="alice", **fields):
        super().__init__(daemon=True)
        self.p, self.sql, self.token, self.fields = p, sql, token, fields
        self.conn = p.connect()
        self.answer, self.ended = None, None
        self.start()

    def run(self):
        try:
            self.answer = self.p.execute(self.sql, self.token, self.conn, **self.fields)
        except (OSError, http.client.HTTPException):
            pass
        self.ended = time.monotonic()

    def got(self):
        self.join(30)
        assert self.answer is not None, "no answer"
        return self.answer

    def leave(self):
        self.conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.conn.sock.shutdown(socket.SHUT_RDWR)


def led(p, n=1, sql="SELECT 1", **kwargs):
    """One client whose statement runs, then n who join it."""
    first = p.client(sql, **kwargs)
    p.up.wait_runs(1)
    others = p.clients(n, sql, **kwargs)
    p.settled(n)
    return first, others


def until(true, what="", seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain waited for " + what
        time.sleep(0.01)


# ---- one run for all ---------------------------------------------------------------------------------------------------


def test_fifty_who_ask_at_once_share_one_run_and_end_together():
    with House(plan=lambda r, t: {"run": 0.6}) as p:
        first, others = led(p, 49)
        answers = [c.got() for c in [first] + others]
        assert len(p.up.runs) == 1
        ids = [a.json["statement_id"] for a in answers]
        assert len(set(ids)) == 50 and ids[0] == p.up.runs[0].id
        bodies = {a.body.replace(i.encode(), b"ID") for a, i in zip(answers, ids)}
        assert len(bodies) == 1 and all(a.status == 200 for a in answers)
        late = max(c.ended for c in others) - first.ended
        assert late < 0.3, late
        assert sum("collapsed" in a.cache for a in answers) == 49
        for i in ids[1:5]:
            assert p.get(i).json["result"] == answers[0].json["result"]
            assert p.chunk(i).json == answers[0].json["result"]
            assert p.close(i).status == 200 and p.get(i).json["status"]["state"] == "CLOSED"
        assert p.get(ids[6]).json["status"]["state"] == "SUCCEEDED"


def test_other_principals_and_other_statements_have_runs_of_their_own():
    with House(plan=lambda r, t: {"run": 0.3}) as p:
        cs = [p.client(token=t) for t in ("alice", "bob")] + [p.client("SELECT 2")]
        for c in cs:
            c.got()
        assert len(p.up.runs) == 3 and cs[1].answer.json["result"]["data_array"] == [["1", "bob"]]


def test_coalesce_off_runs_each():
    with House("--set", "cache.coalesce=no", plan=lambda r, t: {"run": 0.3}) as p:
        for c in p.clients(3):
            c.got()
        assert len(p.up.runs) == 3


def test_a_request_that_wants_news_does_not_join():
    with House(plan=lambda r, t: {"run": 0.6}) as p:
        first = p.client()
        p.up.wait_runs(1)
        fresh = p.client("/* dbxproxy: refresh */ SELECT 1")
        p.up.wait_runs(2)
        joiner = p.client()
        p.settled(1)
        for c in (first, fresh, joiner):
            assert c.got().status == 200
        assert len(p.up.runs) == 2


# ---- time is up --------------------------------------------------------------------------------------------------------


def test_a_waiter_that_waits_zero_gets_an_id_that_works_later():
    with House(plan=lambda r, t: {"run": 0.8}) as p:
        first = p.client()
        p.up.wait_runs(1)
        a = p.execute("SELECT 1", wait_timeout="0s")
        assert a.json["status"]["state"] in RUNNING and a.json["statement_id"].startswith("dbxp1."), a.body
        sid = a.json["statement_id"]
        assert p.get(sid).json["statement_id"] == sid
        end = p.end_of(sid)
        assert end.json["statement_id"] == sid and end.json["result"] == first.got().json["result"]
        assert p.chunk(sid).json == end.json["result"]
        assert p.close(sid).status == 200 and p.get(sid).json["status"]["state"] == "CLOSED"
        assert len(p.up.runs) == 1 and not p.up.runs[0].closes, "the leader may still want it"


def test_a_waiters_time_is_its_own():
    with House(plan=lambda r, t: {"run": 7}) as p:
        first = p.client(wait_timeout="30s")
        p.up.wait_runs(1)
        start = time.monotonic()
        goes_on, cancels = p.client(wait_timeout="5s"), p.client(wait_timeout="5s", on_wait_timeout="CANCEL")
        a, b = goes_on.got(), cancels.got()
        assert 4.5 < time.monotonic() - start < 6.5
        assert a.json["status"]["state"] in RUNNING and b.json["status"]["state"] == "CANCELED"
        assert p.get(b.json["statement_id"]).json["status"]["state"] == "CANCELED"
        assert p.end_of(a.json["statement_id"]).json["status"]["state"] == "SUCCEEDED"
        assert first.got().json["status"]["state"] == "SUCCEEDED"
        assert len(p.up.runs) == 1 and not p.up.runs[0].cancels


def test_the_firsts_cancel_on_timeout_is_not_the_others():
    with House(plan=lambda r, t: {"run": 7}) as p:
        first, others = led(p, 1, wait_timeout="5s", on_wait_timeout="CANCEL")
        third = p.client(wait_timeout="20s")
        a, b, c = first.got(), others[0].got(), third.got()
        assert a.json["status"]["state"] == "CANCELED" and b.json["status"]["state"] == "CANCELED", (a.body, b.body)
        assert c.json["status"]["state"] == "SUCCEEDED" and len(p.up.runs) == 1
        assert p.get(a.json["statement_id"]).json["status"]["state"] == "CANCELED"


def test_the_only_ones_cancel_on_timeout_reaches_the_upstream():
    with House(plan=lambda r, t: {"run": 60}) as p:
        a = p.execute("SELECT 1", wait_timeout="5s", on_wait_timeout="CANCEL")
        assert a.json["status"]["state"] == "CANCELED"
        until(lambda: p.up.runs[0].cancels, "the cancel")


def test_a_promoted_waiters_cancel_word_stays_here():
    """The one who takes over wants CANCEL: its neighbours' statement must not be sent so."""
    plans = [{"run": 0.5, "cut": True}, {"cut": True}]
    with House("--set", "retry.max=1", "--set", "retry.base=1ms", plan=lambda r, t: plans.pop(0) if plans else {"run": 5.5}) as p:
        first = p.client(wait_timeout="5s")
        p.up.wait_runs(1)
        heir = p.client(wait_timeout="5s", on_wait_timeout="CANCEL")
        p.settled(1)
        last = p.client(wait_timeout="20s")
        assert first.got().status == 503
        heir.got()
        assert last.got().json["status"]["state"] == "SUCCEEDED", last.answer.body
        assert p.up.runs[-1].request.get("on_wait_timeout") != "CANCEL"


# ---- cancel and close --------------------------------------------------------------------------------------------------


def pending(p, n, sql="SELECT 1"):
    """n ids of one running statement: the first is the upstream's."""
    ids = [p.execute(sql, wait_timeout="0s").json["statement_id"] for _ in range(n)]
    assert len(set(ids)) == n, ids
    return ids


def test_a_cancel_at_each_place_harms_nobody():
    for place in range(4):
        with House(plan=lambda r, t: {"run": 0.8}) as p:
            ids = pending(p, 4)
            assert ids[0] == p.up.runs[0].id and len(p.up.runs) == 1
            assert p.cancel(ids[place]).status == 200
            assert p.get(ids[place]).json["status"]["state"] == "CANCELED"
            for i in ids[:place] + ids[place + 1:]:
                assert p.end_of(i).json["status"]["state"] == "SUCCEEDED", place
            assert not p.up.runs[0].cancels


def test_the_last_cancel_and_only_that_reaches_the_upstream_once():
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        with House(plan=lambda r, t: {"run": 30}) as p:
            ids = pending(p, 3)
            for n, place in enumerate(order):
                assert not p.up.runs[0].cancels, (order, n)
                p.cancel(ids[place])
                if n < 2:
                    p.cancel(ids[place])  # again: still one part only
            until(lambda: p.up.runs[0].cancels, "the cancel")
            time.sleep(0.1)
            assert len(p.up.runs[0].cancels) == 1, order
            for i in ids:
                assert p.end_of(i).json["status"]["state"] == "CANCELED"


def test_closing_twice_is_one_part_only():
    for place in (0, 1):
        with House(plan=lambda r, t: {"run": 1}) as p:
            ids = pending(p, 3)
            assert p.close(ids[place]).status == 200 and p.close(ids[place]).status == 200
            p.cancel(ids[place])
            other = ids[1 - place]
            p.close(other)
            assert not p.up.runs[0].cancels and not p.up.runs[0].closes
            assert p.end_of(ids[2]).json["status"]["state"] == "SUCCEEDED"


def test_a_cancel_while_another_still_waits_harms_it_not():
    with House(plan=lambda r, t: {"run": 0.8}) as p:
        sid = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        waiter = p.client()
        p.settled(1)
        p.cancel(sid)
        assert waiter.got().json["status"]["state"] == "SUCCEEDED" and not p.up.runs[0].cancels


def test_who_comes_after_the_last_cancel_gets_a_run_of_its_own():
    with House(plan=lambda r, t: {"run": 0.5}) as p:
        ids = pending(p, 2)
        for i in ids:
            p.cancel(i)
        late = p.execute("SELECT 1")
        assert late.json["status"]["state"] == "SUCCEEDED" and len(p.up.runs) == 2
        assert p.execute("SELECT 1").hit


# ---- somebody leaves ---------------------------------------------------------------------------------------------------


def test_the_first_one_leaves_before_the_answer_and_the_others_get_it():
    with House(plan=lambda r, t: {"run": 0.6}) as p:
        first, others = led(p, 3)
        first.leave()
        assert all(c.got().json["status"]["state"] == "SUCCEEDED" for c in others)
        assert len(p.up.runs) == 1 and not p.up.runs[0].cancels


def test_the_first_one_leaves_while_it_is_polled_and_the_others_get_it():
    with House(plan=lambda r, t: {"run": 1}) as p:
        sid = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        others = p.clients(3)
        p.settled(3)
        poller = p.connect()
        poller.request("GET", p.path(sid), headers={"Authorization": "Bearer alice"})
        poller.close()
        assert all(c.got().json["status"]["state"] == "SUCCEEDED" for c in others) and len(p.up.runs) == 1


def test_a_read_that_everybody_left_is_cancelled_and_not_kept_running():
    with House(plan=lambda r, t: {"run": 6}) as p:
        cs = p.clients(3, wait_timeout="5s")
        p.settled(2)
        p.up.wait_runs(1)
        for c in cs:
            c.leave()
        until(lambda: p.up.runs[0].cancels, "the cancel", 9)
        assert len(p.up.runs) == 1 and p.metric("dbxproxy_flights") == 0


def test_a_read_that_everybody_left_while_polled_is_cancelled():
    with House(plan=lambda r, t: {"run": 20 if "1" in r["statement"] else 0}) as p:
        first = p.client(wait_timeout="5s", on_wait_timeout="CANCEL")
        p.up.wait_runs(1)
        other = p.client(wait_timeout="10s")
        assert first.got().json["status"]["state"] == "CANCELED"
        assert not p.up.runs[0].cancels
        other.leave()
        until(lambda: p.up.runs[0].cancels, "the cancel")


def test_cancel_orphans_off_leaves_it_running():
    with House("--set", "cache.cancel_orphans=no", plan=lambda r, t: {"run": 1.5}) as p:
        c = p.client(wait_timeout="5s")
        p.up.wait_runs(1)
        c.leave()
        time.sleep(2)
        assert not p.up.runs[0].cancels


def test_a_write_that_everybody_left_is_finished():
    with House(plan=lambda r, t: {"run": 0.8}) as p:
        c = p.client("INSERT INTO t VALUES (1)")
        p.up.wait_runs(1)
        c.leave()
        time.sleep(1.2)
        assert not p.up.runs[0].cancels and p.metric("dbxproxy_statements_followed") == 0


def test_an_id_that_nobody_asks_for_is_not_cancelled():
    with House(plan=lambda r, t: {"run": 1}) as p:
        sid = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        time.sleep(1.3)
        assert p.get(sid).json["status"]["state"] == "SUCCEEDED" and not p.up.runs[0].cancels
        assert p.execute("SELECT 1").hit


# ---- tokens ------------------------------------------------------------------------------------------------------------


def test_a_revoked_leaders_token_is_replaced_by_anothers_of_the_same_user():
    with House("--set", "tenant.default.principal=user", plan=lambda r, t: {"run": 1.2}) as p:
        p.up.user_of = lambda token: "one"
        sid = p.execute("SELECT 1", "t1", wait_timeout="0s").json["statement_id"]
        waiter = p.client(token="t2")
        p.settled(1)
        p.up.refused.add("t1")
        a = waiter.got()
        assert a.json["status"]["state"] == "SUCCEEDED", a.body
        assert len(p.up.runs) == 1 and "t2" in p.up.runs[0].polls
        assert p.get(sid, "t1").status in (401, 403)


def test_a_pollers_token_replaces_a_revoked_one_too():
    with House("--set", "tenant.default.principal=user", plan=lambda r, t: {"run": 1.2}) as p:
        p.up.user_of = lambda token: "one"
        sid = p.execute("SELECT 1", "t1", wait_timeout="0s").json["statement_id"]
        own = p.execute("SELECT 1", "t2", wait_timeout="0s").json["statement_id"]
        p.up.refused.add("t1")
        assert p.end_of(own, "t2").json["status"]["state"] == "SUCCEEDED"
        assert p.end_of(sid, "t2").json["status"]["state"] == "SUCCEEDED"


def test_a_leader_that_is_refused_costs_the_others_nothing():
    for code in (401, 403):
        plan = lambda r, t: {"run": 0.4, "status": code} if t == "t1" else {"run": 0.2}
        with House("--set", "tenant.default.principal=user", plan=plan) as p:
            p.up.user_of = lambda token: "one"
            first = p.client(token="t1")
            p.up.wait_runs(1)
            others = [p.client(token="t2") for _ in range(3)]
            p.settled(3)
            assert first.got().status == code
            assert all(c.got().status == 200 and c.answer.json["status"]["state"] == "SUCCEEDED" for c in others)
            assert len(p.up.runs) == 2


# ---- failures ----------------------------------------------------------------------------------------------------------


def failing(n, fail, then={"run": 0.2}):
    left = [n]

    def plan(r, t):
        left[0] -= 1
        return dict(fail) if left[0] >= 0 else dict(then)
    return plan


INFRA = {"failed": {"run": 0.4, "state": "FAILED", "error": "TEMPORARILY_UNAVAILABLE"}, "cut": {"run": 0.4, "cut": True},
         "500": {"run": 0.4, "status": 500}, "502": {"run": 0.4, "status": 502}, "504": {"run": 0.4, "status": 504}}


def test_an_infrastructure_failure_promotes_one_and_the_others_get_the_result():
    for name, fail in INFRA.items():
        with House("--set", "retry.max=1", "--set", "retry.base=1ms", plan=failing(1 if name == "failed" else 2, fail)) as p:
            first, others = led(p, 4)
            answers = [c.got() for c in others]
            assert all(a.status == 200 and a.json["status"]["state"] == "SUCCEEDED" for a in answers), (name, answers[0].body)
            got = first.got()
            if name == "failed":
                assert len(p.up.runs) == 2 and got.json["status"]["state"] == "SUCCEEDED", "nobody was told of the failure"
            else:
                assert len(p.up.runs) == 3 and got.status >= 500, (name, len(p.up.runs), got.status)
                assert p.metric("dbxproxy_flight_promotions_total") == 1


def test_a_second_infrastructure_failure_ends_all():
    for name, fail in INFRA.items():
        with House("--set", "retry.max=1", "--set", "retry.base=1ms", "--set", "breaker.enabled=no", plan=failing(99, fail)) as p:
            first, others = led(p, 4)
            answers = [c.got() for c in [first] + others]
            assert all(a.status >= 500 or a.json["status"]["state"] == "FAILED" for a in answers), (name, [a.body for a in answers])
            assert len(p.up.runs) == (2 if name == "failed" else 4), (name, len(p.up.runs))
            assert p.metric("dbxproxy_flights") == 0 and p.metric("dbxproxy_flight_waiters") == 0


def test_a_failure_while_polled_gives_ids_their_failure_and_waiters_a_second_run():
    fail = {"run": 1, "state": "FAILED", "error": "TEMPORARILY_UNAVAILABLE"}
    with House("--set", "retry.max=1", plan=failing(1, fail, {"run": 0.6})) as p:
        sid = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        waiter = p.client()
        p.settled(1)
        seen = []
        while waiter.is_alive():
            a = p.get(sid)
            seen.append((a.status, a.json["statement_id"] if a.status == 200 else None, a.json.get("status", {}).get("state")))
            time.sleep(0.03)
        assert waiter.got().json["status"]["state"] == "SUCCEEDED"
        assert all(s[:2] == (200, sid) for s in seen), [s for s in seen if s[:2] != (200, sid)]
        assert p.get(sid).json["status"]["state"] == "FAILED", "what upstream says about that id"


def test_a_failed_statement_fails_for_all_alike_and_is_not_kept():
    with House(plan=lambda r, t: {"run": 0.4, "state": "FAILED", "error": "BAD_REQUEST"}) as p:
        first, others = led(p, 4)
        answers = [c.got() for c in [first] + others]
        assert len({json.dumps(a.json["status"]) for a in answers}) == 1 and len(p.up.runs) == 1
        assert answers[0].json["status"]["state"] == "FAILED"
        assert not p.execute("SELECT 1").hit and len(p.up.runs) == 2


def test_a_bad_request_and_a_limit_reach_all():
    for code in (400, 429):
        with House("--set", "retry.max=1", plan=lambda r, t: {"run": 0.4, "status": code, "headers": [("Retry-After", "1")]}) as p:
            first, others = led(p, 3)
            assert all(c.got().status == code for c in [first] + others), [c.answer.status for c in [first] + others]
            assert p.metric("dbxproxy_flights") == 0 and len(p.up.runs) == (1 if code == 400 else 2), (code, p.up.runs)


def test_a_poll_that_fails_does_not_run_the_statement_again():
    with House("--set", "retry.max=1", plan=lambda r, t: {"run": 2, "poll": 500}) as p:
        p.execute("SELECT 1", wait_timeout="0s")
        waiter = p.client()
        p.settled(1)
        time.sleep(0.7)
        p.up.runs[0].plan.pop("poll")
        a = waiter.got()
        assert len(p.up.runs) == 1
        assert a.status >= 500 or a.json["status"]["state"] == "SUCCEEDED"


# ---- writes ------------------------------------------------------------------------------------------------------------


def test_after_a_write_nobody_joins_what_began_before_it():
    with House(plan=lambda r, t: {"run": 1 if "SELECT" in r["statement"] else 0}) as p:
        old = p.client("SELECT * FROM t")
        p.up.wait_runs(1)
        p.up.value = 2
        assert p.execute("INSERT INTO t VALUES (1)").status == 200
        new = [p.client("SELECT * FROM t") for _ in range(3)]
        assert old.got().json["result"]["data_array"][0][0] == "1"
        assert all(c.got().json["result"]["data_array"][0][0] == "2" for c in new)
        assert len(p.up.of("SELECT * FROM t")) == 2, "those after it share one"
        assert p.execute("SELECT * FROM t").json["result"]["data_array"][0][0] == "2"


def test_while_a_write_runs_readers_still_share():
    with House(plan=lambda r, t: {"run": 0.5 if "SELECT" in r["statement"] else 20}) as p:
        p.execute("INSERT INTO t VALUES (1)", wait_timeout="0s")
        for c in p.clients(5, "SELECT * FROM t"):
            assert c.got().status == 200
        assert len(p.up.of("SELECT * FROM t")) == 1


def test_a_session_that_changes_while_it_reads_shares_nothing():
    with House(plan=lambda r, t: {"run": 1 if "SELECT" in r["statement"] else 0}) as p:
        one, two = [p.request("POST", "/api/2.0/sql/sessions", {"warehouse_id": "w", "schema": "a"}).json["session_id"] for _ in "12"]
        first = p.client("SELECT * FROM t", session_id=one)
        p.up.wait_runs(1)
        other = p.client("SELECT * FROM t", session_id=two)
        p.settled(1)
        p.execute("USE SCHEMA b", session_id=one)
        assert first.got().status == 200 and other.got().status == 200
        runs = p.up.of("SELECT * FROM t")
        assert [r.request["session_id"] for r in runs] == [one, two], "the other asked in its own session"


# ---- too large, not to be kept -----------------------------------------------------------------------------------------


def test_an_answer_over_the_limit_streams_to_one_and_the_others_run_alone():
    big = rows([["x" * 1000, "y"]] * 300)
    with House("--set", "cache.max_entry=64KiB", "--set", "cache.max_entry_shared=64KiB",
               plan=lambda r, t: {"run": 0.4, "answer": big}) as p:
        first, others = led(p, 3)
        for c in [first] + others:
            assert c.got().json["result"] == big["result"], c.answer.cache
        assert len(p.up.runs) == 4
        start = time.monotonic()
        cs = p.clients(4)
        for c in cs:
            assert c.got().json["result"] == big["result"]
        assert len(p.up.runs) == 8 and time.monotonic() - start < 1.5, "in parallel, not one after the other"


def test_a_slow_reader_delays_nobody():
    big = rows([["x" * 1000, "y"]] * 3000)
    with House(plan=lambda r, t: {"run": 0.4, "answer": big}) as p:
        slow = socket.create_connection(p.address.rsplit(":", 1))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = json.dumps({"statement": "SELECT 1", "warehouse_id": "w"})
        slow.sendall(("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nContent-Length: %d\r\n\r\n%s"
                      % (STATEMENTS, len(body), body)).encode())
        p.up.wait_runs(1)
        cs = p.clients(3)
        start = time.monotonic()
        for c in cs:
            assert len(c.got().body) > 3000000
        assert time.monotonic() - start < 3 and p.execute("SELECT 1").hit
        slow.close()


def test_many_pollers_of_one_id_cost_few_polls():
    with House(plan=lambda r, t: {"run": 1.5}) as p:
        sid = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        own = p.execute("SELECT 1", wait_timeout="0s").json["statement_id"]
        asked = [0]
        stop = threading.Event()

        def poll(i):
            conn = p.connect()
            while not stop.is_set():
                a = p.request("GET", p.path(sid if i % 2 else own), conn=conn)
                asked[0] += 1
                assert a.status == 200
                if a.json["status"]["state"] == "SUCCEEDED":
                    return
                time.sleep(0.1)
        threads = [threading.Thread(target=poll, args=(i,)) for i in range(40)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(15)
        stop.set()
        polls = len(p.up.runs[0].polls)
        assert asked[0] > 80 and polls < asked[0] / 4, (asked, polls)


# ---- early and late ----------------------------------------------------------------------------------------------------


def test_stale_while_revalidate_serves_at_once_and_fetches_once():
    with House("--set", "cache.ttl=1s", "--set", "cache.stale_while_revalidate=60s", plan=lambda r, t: {"run": 0.3}) as p:
        p.execute("SELECT 1")
        time.sleep(1.1)
        p.up.value = 2
        start = time.monotonic()
        answers = [c.got() for c in p.clients(5)]
        assert time.monotonic() - start < 0.3 and all(a.hit and "stale" in a.cache for a in answers), answers[0].cache
        assert all(a.json["result"]["data_array"][0][0] == "1" and int(a.headers["age"]) >= 1 for a in answers)
        until(lambda: p.execute("SELECT 1").json["result"]["data_array"][0][0] == "2", "the new one", 3)
        assert len(p.up.runs) == 2


def test_stale_while_revalidate_has_an_end():
    with House("--set", "cache.ttl=1s", "--set", "cache.stale_while_revalidate=1s", "--set", "cache.stale_if_error=0") as p:
        p.execute("SELECT 1")
        p.up.value = 2
        time.sleep(2.1)
        a = p.execute("SELECT 1")
        assert not a.hit and a.json["result"]["data_array"][0][0] == "2"


def test_stale_if_error_within_its_bound_with_its_age():
    with House("--set", "cache.ttl=1s", "--set", "cache.stale_if_error=3s", "--set", "retry.max=1",
               "--set", "breaker.enabled=no") as p:
        p.execute("SELECT * FROM t")
        time.sleep(1.2)
        for fail in ({"cut": True}, {"status": 503}, {"state": "FAILED", "error": "TEMPORARILY_UNAVAILABLE"}):
            p.up.plan = lambda r, t: fail
            a = p.execute("SELECT * FROM t")
            assert a.status == 200 and a.hit and 1 <= int(a.headers["age"]) <= 4, (fail, a.status, a.cache)
            assert a.json["result"]["data_array"][0][0] == "1" and "upstream-error" in a.cache
        time.sleep(3)
        p.up.plan = lambda r, t: {"status": 503}
        assert p.execute("SELECT * FROM t").status == 503


def test_stale_if_error_for_all_who_wait():
    with House("--set", "cache.ttl=1s", "--set", "retry.max=1", "--set", "breaker.enabled=no") as p:
        p.execute("SELECT 1")
        time.sleep(1.1)
        p.up.plan = lambda r, t: {"run": 0.4, "cut": True}
        answers = [c.got() for c in p.clients(4)]
        assert all(a.status == 200 and "upstream-error" in a.cache for a in answers), [a.status for a in answers]


def test_nothing_stale_after_a_write():
    with House("--set", "cache.ttl=1s", "--set", "cache.stale_while_revalidate=60s", "--set", "retry.max=1") as p:
        p.execute("SELECT * FROM t")
        p.execute("INSERT INTO t VALUES (1)")
        p.up.plan = lambda r, t: {"status": 503}
        assert p.execute("SELECT * FROM t").status == 503
        time.sleep(1.1)
        assert p.execute("SELECT * FROM t").status == 503


def test_a_failure_of_the_statement_itself_is_no_reason_for_old_rows():
    with House("--set", "cache.ttl=1s") as p:
        p.execute("SELECT 1")
        time.sleep(1.1)
        p.up.plan = lambda r, t: {"state": "FAILED", "error": "BAD_REQUEST"}
        assert p.execute("SELECT 1").json["status"]["state"] == "FAILED"


def test_a_popular_dear_result_is_fetched_before_its_end():
    with House("--set", "cache.ttl=3s", "--set", "cache.early_refresh=1000", plan=lambda r, t: {"run": 0.5}) as p:
        p.execute("SELECT 1")
        end = time.monotonic() + 2.2
        while time.monotonic() < end:
            assert p.execute("SELECT 1").hit
            time.sleep(0.01)
        assert len(p.up.runs) >= 2, "early"


def test_admission_counts_requests_and_time():
    with House("--set", "cache.admit_after=3") as p:
        assert [p.execute("SELECT 1").hit for _ in range(5)] == [False, False, False, True, True]
    with House("--set", "cache.min_exec=200ms", plan=lambda r, t: {"run": 0.3 if "2" in r["statement"] else 0}) as p:
        assert [p.execute("SELECT 1").hit for _ in range(2)] == [False, False]
        assert [p.execute("SELECT 2").hit for _ in range(2)] == [False, True]


if __name__ == "__main__":
    sys.exit(main_of(globals(), at_once=4))
