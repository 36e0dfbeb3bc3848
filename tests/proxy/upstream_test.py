"""What dbxproxyd does when its workspace misbehaves: repetitions, breakers, places, turns, fail-over. Prints TAP."""
import email.utils
import socket
import os
import sys
import tempfile
import threading
import time

from daemon_test import Proxy, main_of
from raw_h2 import BREAK, GO_AFTER, GO_BEFORE, REFUSE, H2Upstream, make_tls
from raw_upstream import CLOSE, HANG, RESET, RESET_AFTER_HEAD, RESET_IN_BODY, RESET_IN_HEAD, RawUpstream

READ, WRITE = "SELECT rand()", "INSERT INTO t VALUES (1)"
UNKNOWN = b"outcome unknown"
UP, TENANT = "upstream.default.", "tenant.default."
ID = "01ef0000-0000-1000-8000-000000000001"


def sets(**settings):
    """upstream__x=1 → --set upstream.default.x=1; breaker__x → --set breaker.x."""
    out = []
    for key, value in settings.items():
        section, name = key.split("__")
        named = ".default" if section in ("upstream", "tenant") else ""
        out += ["--set", "%s%s.%s=%s" % (section, named, name, value)]
        if section == "tenant":
            out += ["--set", "tenant.default.upstream=default"]
    return out


NO_BREAKER = sets(breaker__enabled="no")


def first(n, what):
    """The first n executes meet this, the others are answered."""
    count = [0]
    lock = threading.Lock()

    def script(request):
        if not request.is_execute:
            return None
        with lock:
            count[0] += 1
            return what if count[0] <= n else None
    return script


def many(n, function):
    """n at once; their results in order."""
    out = [None] * n

    def run(i):
        out[i] = function(i)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


def proxy(script, *options, tls=None):
    return Proxy(*options, upstream=RawUpstream(script, tls))


# ---- repetitions ------------------------------------------------------------------------------------------------------


def misfortune(what, sql, times=1):
    """Status of the client's answer, and how often the statement was executed."""
    with proxy(first(times, what), *NO_BREAKER) as p:
        a = p.execute(sql)
        return a, len(p.up.executed(sql))


def test_a_read_without_an_answer_is_repeated_once():
    for what in (RESET, CLOSE, RESET_IN_HEAD, RESET_AFTER_HEAD):
        a, n = misfortune(what, READ)
        assert (a.status, n) == (200, 2), (what, a.status, a.body, n)
    a, n = misfortune(RESET, READ, times=9)
    assert (a.status, n) == (503, 2) and "retry-after" in a.headers, (a.status, n)


def test_a_write_without_an_answer_is_never_repeated():
    for what in (RESET, CLOSE, RESET_IN_HEAD, RESET_AFTER_HEAD, RESET_IN_BODY):
        a, n = misfortune(what, WRITE)
        assert (a.status, n) == (502, 1) and UNKNOWN in a.body, (what, a.status, a.body, n)


def test_a_read_cut_in_its_body_is_not_shown_as_whole():
    a, n = misfortune(RESET_IN_BODY, READ)
    assert a.status == 503 and n == 1, (a.status, n)


def test_server_errors_repeat_a_read_once_and_leave_a_write_unknown():
    for status in (500, 502, 503, 504):
        error = (status, {}, {"error_code": "INTERNAL_ERROR", "message": "it broke"})
        a, n = misfortune(error, READ)
        assert (a.status, n) == (200, 2), (status, a.status, n)
        a, n = misfortune(error, READ, times=9)
        assert (a.status, n) == (status, 2) and a.json["message"] == "it broke", (status, a.status, n)
        a, n = misfortune(error, WRITE)
        assert (a.status, n) == (502, 1) and UNKNOWN in a.body and b"it broke" in a.body, (status, a.status, a.body)


def test_busy_answers_repeat_a_read_and_reach_a_writer():
    for status, headers in ((429, {}), (429, {"Retry-After": "1"}), (503, {"Retry-After": "1"})):
        error = (status, headers, {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"})
        start = time.monotonic()
        a, n = misfortune(error, READ)
        assert (a.status, n) == (200, 2), (status, a.status, n)
        if headers:
            assert time.monotonic() - start >= 1
        a, n = misfortune(error, WRITE)
        assert (a.status, n) == (status, 1) and a.json["message"] == "slow down", (status, a.status, n)
        assert a.headers["retry-after"] == "1"


def test_retry_after_may_be_a_date_and_too_late_is_passed_on():
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    start = time.monotonic()
    a, n = misfortune((503, {"Retry-After": date}, {}), READ)
    assert (a.status, n) == (200, 2) and time.monotonic() - start >= 0.9
    start = time.monotonic()
    a, n = misfortune((503, {"Retry-After": "30"}, {}), READ)  # more than wait_timeout + 10 s
    assert (a.status, n) == (503, 1) and a.headers["retry-after"] == "30" and time.monotonic() - start < 5


def test_polls_chunks_cancels_and_closes_are_repeated():
    for method, tail in (("GET", ""), ("GET", "/result/chunks/0"), ("POST", "/cancel"), ("DELETE", "")):
        path = "/api/2.0/sql/statements/" + ID + tail
        seen = []

        def script(request):
            seen.append(request)
            return [RESET, (503, {}, {})][len(seen) - 1] if len(seen) < 3 else None
        with proxy(script, *NO_BREAKER) as p:
            a = p.request(method, path)
            assert a.status == 200 and len(seen) == 3, (method, tail, a.status, len(seen))


def test_what_is_not_ours_is_never_repeated():
    for what in (RESET, CLOSE, (503, {}, {})):
        with proxy(lambda r: what, *NO_BREAKER) as p:
            for method in ("GET", "POST"):
                before = len(p.up.requests)
                a = p.request(method, "/api/2.1/unity-catalog/catalogs", body=None if method == "GET" else "{}")
                assert a.status in (502, 503) and len(p.up.requests) == before + 1, (what, method, a.status)


def test_a_kept_connection_that_dies_costs_no_second_write():
    """The server closes exactly when the next request arrives: on a connection that was good a moment ago."""
    def script(request):
        return RESET if request.nth > 0 and request.is_execute else None
    with proxy(script, *NO_BREAKER) as p:
        for i in range(20):
            a = p.execute(WRITE + " -- %d" % i)
            n = len(p.up.executed(WRITE + " -- %d" % i))
            assert n == 1 and (a.status == 200) == (p.up.requests[-1].nth == 0), (i, a.status, n)
            a = p.execute(READ + " -- %d" % i)
            assert a.status == 200, (i, a.status)


def test_a_write_takes_no_connection_that_rested():
    with proxy(None, *NO_BREAKER) as p:
        p.execute(WRITE)
        time.sleep(2.5)
        p.execute(READ)
        assert p.up.connections == 1
        time.sleep(3.2)
        p.execute(WRITE)
        assert p.up.connections == 2


def test_a_refused_connection_is_repeated_for_writes_too():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    with Proxy(*NO_BREAKER, *sets(retry__base="800ms"), upstream="http://127.0.0.1:%d" % port) as p:
        a = p.execute(WRITE)
        assert a.status == 503 and b"nothing was sent" in a.body, (a.status, a.body)
        assert p.metric('dbxproxy_retries_total{reason="not-sent"}') == 2


def test_the_budget_ends_repetitions():
    with proxy(lambda r: RESET if r.is_execute else None, *NO_BREAKER,
               *sets(retry__budget_floor="2", retry__budget="20", retry__base="1ms")) as p:
        for i in range(50):
            p.execute(READ + " -- %d" % i)
        n = len(p.up.executed())
        assert 52 <= n <= 50 + 10 + 2 + 6, n
        assert p.metric("dbxproxy_retry_budget_exhausted_total") > 20


# ---- breakers ---------------------------------------------------------------------------------------------------------


def breaker(p, warehouse=""):
    host = p.up.url.split("//")[1]
    return p.metric('dbxproxy_breaker_state{target="%s%s"}' % (host, "/" + warehouse if warehouse else ""))


def test_a_breaker_opens_refuses_at_once_and_closes_again():
    broken = [True]
    with proxy(lambda r: RESET if broken[0] and r.is_execute else None, *sets(breaker__open="1s", retry__max="0")) as p:
        for i in range(5):
            assert p.execute(WRITE).status == 502
        n = len(p.up.requests)
        a = p.execute(WRITE)
        assert a.status == 503 and int(a.headers["retry-after"]) >= 1, (a.status, a.headers)
        assert a.cache.endswith("detail=breaker-open") and a.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert len(p.up.requests) == n
        broken[0] = False
        deadline = time.monotonic() + 10
        while p.execute(WRITE).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for _ in range(5):
            assert p.execute(WRITE).status == 200


def test_a_cancel_passes_an_open_breaker():
    with proxy(lambda r: RESET if r.is_execute else None, *sets(breaker__open="30s", retry__max="0")) as p:
        for i in range(6):
            p.execute(WRITE)
        assert p.execute(WRITE).status == 503
        assert p.request("POST", "/api/2.0/sql/statements/%s/cancel" % ID).status == 200


def test_errors_of_one_warehouse_leave_the_others_alone():
    def script(request):
        bad = request.is_execute and request.json["warehouse_id"] == "bad"
        return (500, {}, {"error_code": "INTERNAL_ERROR", "message": "no"}) if bad else None
    with proxy(script, *sets(retry__max="0", breaker__open="30s")) as p:
        statuses = [p.execute(READ, warehouse_id="bad").status for _ in range(25)]
        assert statuses[:20] == [500] * 20 and statuses[20:] == [503] * 5, statuses
        assert p.execute(READ, warehouse_id="good").status == 200
        assert p.execute(WRITE, warehouse_id="good").status == 200


def test_client_errors_open_no_breaker():
    for status in (400, 401, 403, 404, 429):
        with proxy(lambda r: (status, {}, {"error_code": "X", "message": "x"}), *sets(retry__max="0")) as p:
            assert [p.execute(WRITE).status for _ in range(30)] == [status] * 30


# ---- places and turns -------------------------------------------------------------------------------------------------


def test_a_cancel_passes_when_statements_hold_all_places():
    """PENDING forever: statements that do not answer may take three quarters of the places."""
    done = threading.Event()

    def script(request):
        if request.is_execute:
            done.wait(20)
        return None
    with proxy(script, *sets(upstream__max_connections="8", tenant__queue_timeout="30s")) as p:
        waiting = threading.Thread(target=lambda: many(30, lambda i: p.execute(READ + " -- %d" % i)))
        waiting.start()
        time.sleep(1)
        assert len(p.up.executed()) == 6, len(p.up.executed())
        start = time.monotonic()
        assert p.request("POST", "/api/2.0/sql/statements/%s/cancel" % ID).status == 200
        assert p.request("GET", "/api/2.0/sql/statements/" + ID).status == 200
        assert time.monotonic() - start < 1
        assert p.metric("dbxproxy_upstream_requests_total") == 8
        done.set()
        waiting.join()
        assert len(p.up.executed()) == 30


def test_waiting_too_long_is_503_with_retry_after():
    done = threading.Event()
    with proxy(lambda r: done.wait(10) and None, *sets(upstream__max_connections="4", tenant__queue_timeout="500ms",
                                                       tenant__max_queued="5")) as p:
        start = time.monotonic()
        threading.Timer(2, done.set).start()
        answers = many(20, lambda i: p.execute(READ + " -- %d" % i))
        words = [a.cache.rsplit("=", 1)[-1] if a.status == 503 else a.status for a in answers]
        assert words.count(200) == 3 and words.count("queue-timeout") == 5 and words.count("queue-full") == 12, words
        assert all(int(a.headers["retry-after"]) >= 1 for a in answers if a.status == 503)
        assert time.monotonic() - start < 5


def test_a_principal_that_floods_delays_another_by_its_share_only():
    def script(request):
        time.sleep(0.05 if request.is_execute else 0)
        return None
    with proxy(script, *sets(upstream__max_connections="4", tenant__queue_timeout="60s")) as p:
        flood = threading.Thread(target=lambda: many(120, lambda i: p.execute(READ + " -- %d" % i, token="noisy")))
        flood.start()
        time.sleep(0.4)
        start = time.monotonic()
        assert p.execute(READ, token="quiet").status == 200
        waited = time.monotonic() - start
        left = 120 - len(p.up.executed())
        flood.join()
        assert waited < 0.6 and left > 40, (waited, left)  # 120 statements at three places: two seconds


def test_a_tenant_that_floods_delays_another_by_its_share_only():
    def script(request):
        time.sleep(0.05 if request.is_execute else 0)
        return None
    tenants = [["--set", "tenant.%s.%s" % (name, setting)] for name in ("noisy", "quiet") for setting in
               ("upstream=default", "hosts=%s.test" % name, "queue_timeout=60s")]
    with proxy(script, *sets(upstream__max_connections="4"), *sum(tenants, [])) as p:
        ask = lambda host, who, i: p.execute(READ + " -- %d" % i, token=who, headers={"Host": host})
        flood = threading.Thread(target=lambda: many(120, lambda i: ask("noisy.test", "user%d" % (i % 20), i)))
        flood.start()
        time.sleep(0.4)
        start = time.monotonic()
        assert ask("quiet.test", "someone", 0).status == 200
        waited, left = time.monotonic() - start, 120 - len(p.up.executed())
        flood.join()
        assert waited < 0.6 and left > 40, (waited, left)
        assert ask("nobody.test", "someone", 0).status == 404


def test_rates_are_429_with_retry_after_and_hits_have_their_own():
    with proxy(None, *sets(tenant__misses_per_s="5")) as p:
        assert p.execute("SELECT 1").status == 200
        answers = [p.execute(READ + " -- %d" % i) for i in range(20)]
        refused = [a for a in answers if a.status == 429]
        assert len(refused) >= 10, [a.status for a in answers]
        for a in refused:
            assert int(a.headers["retry-after"]) >= 1 and a.cache.endswith("detail=rate-limit")
        assert all(p.execute("SELECT 1").hit for _ in range(50))
    with proxy(None, *sets(tenant__requests_per_s="5")) as p:
        statuses = [p.execute("SELECT 1").status for _ in range(20)]
        assert statuses.count(429) >= 10, statuses
        assert p.request("POST", "/api/2.0/sql/statements/%s/cancel" % ID).status == 200


# ---- fail-over --------------------------------------------------------------------------------------------------------


def test_a_read_moves_to_a_warehouse_that_is_well_and_a_write_does_not():
    def script(request):
        if request.is_execute and request.json["warehouse_id"] == "one":
            return 500, {}, {"error_code": "INTERNAL_ERROR", "message": "no"}
        return None
    with proxy(script, *sets(upstream__failover="one,two", breaker__open="30s")) as p:
        text = READ + " -- Ä \\u0041"
        a = p.execute(text, warehouse_id="one", catalog="c")
        assert a.status == 200 and a.json["result"]["data_array"][0][1] == "two"
        sent = p.up.executed()[-1].json
        assert sent == {"statement": text, "warehouse_id": "two", "catalog": "c"}, sent
        assert p.execute(WRITE, warehouse_id="one").status == 502
        assert p.execute(READ, warehouse_id="one", session_id="s").status in (500, 503)
        assert p.metric("dbxproxy_failovers_total") == 1


def test_a_warehouse_that_is_refused_reports_the_first_error():
    def script(request):
        if not request.is_execute:
            return None
        if request.json["warehouse_id"] == "one":
            return 503, {"Retry-After": "0"}, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "one is full"}
        return 403, {}, {"error_code": "PERMISSION_DENIED", "message": "not you"}
    with proxy(script, *sets(upstream__failover="one,two", retry__base="1ms")) as p:
        for _ in range(2):
            a = p.execute(READ, warehouse_id="one")
            assert a.status == 503 and a.json["message"] == "one is full", (a.status, a.body)
        asked = [r.json["warehouse_id"] for r in p.up.executed()]
        assert asked.count("two") == 1, asked
        assert p.execute(READ, warehouse_id="two").status == 403


def test_a_read_that_failed_by_infrastructure_runs_once_more_elsewhere():
    failed = {"statement_id": ID, "status": {"state": "FAILED", "error": {"error_code": "TEMPORARILY_UNAVAILABLE",
                                                                          "message": "the cluster went away"}}}

    def script(request):
        return (200, {}, failed) if request.is_execute and request.json["warehouse_id"] == "one" else None
    with proxy(script, *sets(upstream__failover="one,two")) as p:
        a = p.execute("SELECT 1", warehouse_id="one")
        asked = [r.json["warehouse_id"] for r in p.up.executed()]
        assert a.json["status"]["state"] == "SUCCEEDED" and asked == ["one", "two"], (a.body, asked)
        a = p.execute(WRITE, warehouse_id="one")
        assert a.json["status"]["state"] == "FAILED" and len(p.up.executed(WRITE)) == 1, a.body


def test_when_all_are_open_a_tenth_goes_all_the_same():
    def script(request):
        return (500, {}, {"error_code": "INTERNAL_ERROR", "message": "no"}) if request.is_execute else None
    with proxy(script, *sets(upstream__failover="one,two", breaker__open="60s", retry__max="0")) as p:
        for _ in range(20):
            p.execute(WRITE, warehouse_id="one")
            p.execute(WRITE, warehouse_id="two")
        before = len(p.up.executed())
        many(20, lambda i: [p.execute(READ, warehouse_id="one") for _ in range(20)])
        went = len(p.up.executed()) - before
        assert 10 <= went <= 90, went  # 400 x 10 %


def test_health_is_asked_by_rest_and_decides_who_stands_in():
    states = {"one": "DELETED", "two": "STOPPED", "three": "RUNNING"}

    def script(request):
        if request.path.startswith("/api/2.0/sql/warehouses/"):
            name = request.path.split("/")[5]
            return 200, {}, {"id": name, "state": states[name]}
        return None
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("secret-health\n")
        f.flush()
        check_health(script, states, f.name)


def check_health(script, states, token_file):
    with proxy(script, *sets(upstream__failover="one,two,three", upstream__health_token="file:" + token_file,
                             upstream__health_interval="1s")) as p:
        time.sleep(0.5)
        asked = [r for r in p.up.requests if "/warehouses/" in r.path]
        assert {r.path.split("/")[5] for r in asked} == set(states)
        assert all(r.method == "GET" and r.headers["authorization"] == "Bearer secret-health" for r in asked)
        a = p.execute(READ, warehouse_id="one")
        assert a.json["result"]["data_array"][0][1] == "three", a.body
        assert p.execute(READ, warehouse_id="two").json["result"]["data_array"][0][1] == "two"
        states["three"] = "STOPPED"
        time.sleep(1.6)
        assert len([r for r in p.up.requests if "/warehouses/" in r.path]) >= 6
        assert p.execute(READ, warehouse_id="one").json["result"]["data_array"][0][1] == "two"
        assert not p.up.executed("SELECT 1")


# ---- warehouses -------------------------------------------------------------------------------------------------------

WAREHOUSE = "/api/2.0/sql/warehouses/w"


def slow_warehouses(seconds, answer=None):
    def script(request):
        if request.path.startswith("/api/2.0/sql/warehouses/"):
            time.sleep(seconds)
            return answer
        return None
    return script


def test_forty_who_ask_after_a_warehouse_ask_once_per_token():
    with proxy(slow_warehouses(0.5)) as p:
        answers = many(40, lambda i: p.request("GET", WAREHOUSE, token="a" if i % 2 else "b"))
        assert all(a.status == 200 and a.json == {"id": "w", "state": "RUNNING"} for a in answers)
        assert sorted(r.headers["authorization"] for r in p.up.requests) == ["Bearer a", "Bearer b"]
        a = p.request("GET", WAREHOUSE, token="a")
        assert a.cache.startswith("dbxproxyd; hit") and a.headers["age"] in ("0", "1") and len(p.up.requests) == 2
        p.request("GET", WAREHOUSE + "2", token="a")
        p.request("GET", WAREHOUSE, token="c")
        assert len(p.up.requests) == 4
        time.sleep(2.1)
        assert not p.request("GET", WAREHOUSE, token="a").cache
        assert len(p.up.requests) == 5


def test_many_starts_are_one_call_and_end_what_was_known():
    with proxy(slow_warehouses(0.4)) as p:
        p.request("GET", WAREHOUSE)
        assert [a.status for a in many(40, lambda i: p.request("POST", WAREHOUSE + "/start"))] == [200] * 40
        starts = [r for r in p.up.requests if r.path.endswith("/start")]
        assert len(starts) == 1 and starts[0].method == "POST"
        assert not p.request("GET", WAREHOUSE).cache
        p.request("POST", WAREHOUSE + "/stop", body="{}")
        assert not p.request("GET", WAREHOUSE).cache
        p.request("POST", WAREHOUSE + "/start")
        assert len([r for r in p.up.requests if r.path.endswith("/start")]) == 2


def test_an_error_about_a_warehouse_reaches_all_and_is_not_kept():
    refusal = 403, {}, {"error_code": "PERMISSION_DENIED", "message": "not you"}
    with proxy(slow_warehouses(0.4, refusal)) as p:
        answers = many(10, lambda i: p.request("POST", WAREHOUSE + "/start"))
        assert all(a.status == 403 and a.json["message"] == "not you" for a in answers) and len(p.up.requests) == 1
        many(10, lambda i: p.request("GET", WAREHOUSE))
        p.request("GET", WAREHOUSE)
        assert len(p.up.requests) == 3


def test_who_leaves_takes_no_start_from_the_others():
    with proxy(slow_warehouses(0.8)) as p:
        first_one = p.connect()
        first_one.request("POST", WAREHOUSE + "/start", headers={"Authorization": "Bearer alice"})
        time.sleep(0.2)
        got = []
        other = threading.Thread(target=lambda: got.append(p.request("POST", WAREHOUSE + "/start").status))
        other.start()
        time.sleep(0.2)
        first_one.close()
        other.join()
        assert got == [200] and len(p.up.requests) == 1


# ---- TLS and HTTP/2 ---------------------------------------------------------------------------------------------------


def h2(script, *options, folder):
    up = H2Upstream(make_tls(folder), script)
    return Proxy("--ca-file", os.path.join(folder, "ca.pem"), *NO_BREAKER, *options, upstream=up)


def test_an_untrusted_or_broken_server_is_told_nothing():
    with tempfile.TemporaryDirectory() as folder:
        up = RawUpstream(None, make_tls(folder, alpn=("http/1.1",)))
        with Proxy(*NO_BREAKER, upstream=up) as p:
            a = p.execute(WRITE)
            assert a.status == 503 and b"nothing was sent" in a.body and not p.up.requests, (a.status, a.body)
    with socket.create_server(("127.0.0.1", 0)) as s:  # no TLS at all
        threading.Thread(target=lambda: [c.sendall(b"HTTP/1.1 400 no TLS here\r\n\r\n") or c.close()
                                         for c, _ in iter(s.accept, None)], daemon=True).start()
        with Proxy(*NO_BREAKER, upstream="https://127.0.0.1:%d" % s.getsockname()[1]) as p:
            a = p.execute(WRITE)
            assert a.status == 503 and b"nothing was sent" in a.body, (a.status, a.body)


def test_http1_over_tls_works():
    with tempfile.TemporaryDirectory() as folder:
        up = RawUpstream(None, make_tls(folder, alpn=("http/1.1",)))
        with Proxy("--ca-file", os.path.join(folder, "ca.pem"), upstream=up) as p:
            assert many(12, lambda i: p.execute(WRITE).status) == [200] * 12


def test_http2_carries_many_statements_on_few_connections():
    with tempfile.TemporaryDirectory() as folder:
        with h2(lambda body, n: time.sleep(1), folder=folder) as p:
            p.execute(READ)
            assert many(100, lambda i: p.execute(READ + " -- %d" % i).status) == [200] * 100
            assert p.up.connections <= 4 and p.up.most_at_once > 48, (p.up.connections, p.up.most_at_once)


def test_a_refused_stream_is_repeated_for_writes_too():
    with tempfile.TemporaryDirectory() as folder:
        for what in (REFUSE, GO_BEFORE):
            with h2(lambda body, n: what if n in (0, 2, 3) else None, folder=folder) as p:
                for i in range(3):
                    a = p.execute(WRITE + " -- %d" % i)
                    assert a.status == 200, (what, i, a.status, a.body)
                    assert p.up.executed.count(WRITE + " -- %d" % i) == 1, (what, p.up.executed)
                assert len(p.up.seen) == 6, (what, len(p.up.seen))


def test_a_stream_that_breaks_is_not_repeated_for_writes():
    with tempfile.TemporaryDirectory() as folder:
        for what in (BREAK, GO_AFTER):
            with h2(lambda body, n: what if n == 0 else None, folder=folder) as p:
                a = p.execute(WRITE)
                assert a.status == 502 and UNKNOWN in a.body, (what, a.status, a.body)
                time.sleep(0.3)
                assert p.up.executed == [WRITE], (what, p.up.executed)
            with h2(lambda body, n: what if n == 0 else None, folder=folder) as p:
                assert p.execute(READ).status == 200, what
                assert p.up.executed == [READ, READ], (what, p.up.executed)


if __name__ == "__main__":
    sys.exit(main_of(globals()))
