"""Nobody sees another's rows: two tenants of one workspace, three principals each, every route, with ids stolen from
the others. The daemon before a warehouse that answers with the token it was asked with. Prints TAP."""
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

from daemon_test import DBXPROXYD, STATEMENTS, Answer, main_of
from fake_upstream import rows
from warehouse import Warehouse

PRINCIPALS = [(t, p) for t in ("one", "two") for p in ("alice", "bob", "carol")]
TEXT = """
[server]
admin = 127.0.0.1:0
[listen.one]
address = 127.0.0.1:0
tenant = one
[listen.two]
address = 127.0.0.1:0
tenant = two
[listen.host]
address = 127.0.0.1:0
[tenant.one]
upstream = w
hosts = one.test
[tenant.two]
upstream = w
hosts = two.test
[upstream.w]
url = %s
[cache]
admit_after_external = 1
"""


def until(true, what, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain waited for: " + what
        time.sleep(0.02)


class Two:
    """Two tenants before one workspace."""

    def __init__(self, plan=None, more="", text=TEXT):
        self.house = Warehouse(plan)
        self.dir = tempfile.TemporaryDirectory()
        at = lambda name: os.path.join(self.dir.name, name)
        with open(at("ini"), "w") as f:
            f.write(text % self.house.url + more)
        self.log = open(at("log"), "w+b")
        self.process = subprocess.Popen([DBXPROXYD, "-c", at("ini"), "--ready-file", at("ready")], stderr=self.log)
        until(lambda: os.path.exists(at("ready")) or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.stderr()
        with open(at("ready")) as f:
            self.at = dict(zip(("one", "two", "host"), json.load(f)["listen"]))

    def stderr(self):
        with open(self.log.name, "rb") as f:
            return f.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.process.terminate()
        code = self.process.wait(20)
        text = self.stderr()
        self.log.close()
        self.dir.cleanup()
        self.house.shutdown()
        self.house.server_close()
        assert kind or (code == 0 and "ERROR: " not in text and "runtime error" not in text), (code, text)

    def ask(self, who, method, path, body=None, headers=()):
        tenant, token = who
        conn = http.client.HTTPConnection(self.at[tenant], timeout=30)
        conn.request(method, path, json.dumps(body) if body is not None else None,
                     {"Authorization": "Bearer " + token, **dict(headers)})
        answer = Answer(conn.getresponse())
        conn.close()
        return answer

    def execute(self, who, sql="SELECT 1", headers=(), **fields):
        return self.ask(who, "POST", STATEMENTS, {"statement": sql, "warehouse_id": "w", **fields}, headers)


def owner(answer):
    return answer.json["result"]["data_array"][0][1]


def routes(sid):
    return (("GET", "%s/%s" % (STATEMENTS, sid)), ("GET", "%s/%s/result/chunks/0" % (STATEMENTS, sid)),
            ("POST", "%s/%s/cancel" % (STATEMENTS, sid)), ("DELETE", "%s/%s" % (STATEMENTS, sid)))


def test_hits_and_misses_are_each_principals_own():
    with Two() as d:
        for round_ in range(3):
            for who in PRINCIPALS:
                a = d.execute(who)
                assert owner(a) == who[1] and a.hit == (round_ > 0), (who, a.cache)
        assert len(d.house.runs) == 6, "the tenants share nothing either"


def test_joined_runs_are_each_principals_own():
    with Two(lambda r, t: {"run": 0.5}) as d:
        got = []
        threads = [threading.Thread(target=lambda w=w: got.append((w, d.execute(w)))) for w in PRINCIPALS * 4]
        for t in threads:
            t.start()
        for t in threads:
            t.join(20)
        assert len(got) == 24 and all(owner(a) == w[1] for w, a in got) and len(d.house.runs) == 6


def test_stolen_ids_of_hits_are_404_everywhere_and_all_alike():
    with Two() as d:
        ids = {}
        for who in PRINCIPALS:
            d.execute(who)
            ids[who] = d.execute(who).json["statement_id"]
            assert ids[who].startswith("dbxp1.")
        for victim in PRINCIPALS:
            forged = ids[victim][:60] + ("A" if ids[victim][60] != "A" else "B") + ids[victim][61:]
            refusals = set()
            for thief in PRINCIPALS:
                for method, path in routes(forged) + (routes(ids[victim]) if thief != victim else ()):
                    a = d.ask(thief, method, path)
                    refusals.add((a.status, a.body))
            assert len(refusals) == 1 and next(iter(refusals))[0] == 404, refusals
            assert owner(d.ask(victim, "GET", routes(ids[victim])[0][1])) == victim[1], "nothing was closed"


def test_stolen_ids_of_running_statements_show_and_end_nothing():
    with Two(lambda r, t: {"run": 2}) as d:
        ids = {}
        for who in PRINCIPALS:
            ids[who] = [d.execute(who, wait_timeout="0s").json["statement_id"] for _ in range(2)]
        for victim in PRINCIPALS:
            for thief in PRINCIPALS:
                for sid in ids[victim] if thief[1] != victim[1] else ids[victim][1:] if thief != victim else ():
                    for method, path in routes(sid):
                        a = d.ask(thief, method, path)
                        assert a.status == 404, (victim, thief, method, path, a.status, a.body)
        assert not any(s.cancels or s.closes for s in d.house.runs)
        time.sleep(2)
        for who in PRINCIPALS:
            for sid in ids[who]:
                assert owner(d.ask(who, "GET", routes(sid)[0][1])) == who[1]


def test_links_open_only_with_their_seal():
    with Two() as d:
        answer = rows([["1", "2"]])
        answer["manifest"]["format"] = "ARROW_STREAM"
        answer["result"] = {"external_links": [{"chunk_index": 0, "row_offset": 0, "row_count": 1, "byte_count": 7,
                                                "expiration": "2030-01-01T00:00:00.000Z", "external_link": d.house.url + "/storage/0"}]}
        d.house.plan = lambda r, t: {"answer": answer}
        who, fields = ("one", "alice"), {"disposition": "EXTERNAL_LINKS", "format": "ARROW_STREAM"}
        d.execute(who, **fields)
        until(lambda: d.execute(who, **fields).hit, "kept")
        link = d.execute(who, **fields).json["result"]["external_links"][0]["external_link"]
        path = link[link.index("/dbxp"):]
        seal = path.split("/")[4]
        assert d.ask(who, "GET", path).body == b"chunk 0"
        assert d.ask(("two", "alice"), "GET", path).status == 404, "another tenant's door"
        other = "A" if seal[50] != "A" else "B"
        assert d.ask(who, "GET", path.replace(seal, seal[:50] + other + seal[51:])).status == 404
        for method, at in routes(seal) + routes("dbxp1." + seal.removeprefix("dbxp1.")):
            assert d.ask(who, method, at).status == 404, "a link is no statement"
        sid = d.execute(who, **fields).json["statement_id"]
        assert d.ask(who, "GET", path.replace(seal, sid)).status == 404, "a statement is no link"


def test_a_host_chooses_the_tenant_and_an_unknown_one_is_nobodys():
    with Two() as d:
        for tenant in ("one", "two"):
            d.execute((tenant, "alice"))
            a = d.execute(("host", "alice"), headers={"Host": tenant + ".test"})
            assert a.hit and owner(a) == "alice", (tenant, a.cache)
        before = len(d.house.requests)
        for host in ("three.test", "one.test.evil", "", "one"):
            for method, path in (("POST", STATEMENTS), ("GET", STATEMENTS + "/x"), ("GET", "/oidc/x")):
                assert d.ask(("host", "alice"), method, path, {}, {"Host": host}).status == 404, host
        assert len(d.house.requests) == before, "nothing was sent anywhere"


def test_sessions_of_others_are_of_no_use():
    with Two() as d:
        alice, bob = ("one", "alice"), ("one", "bob")
        sid = d.ask(alice, "POST", "/api/2.0/sql/sessions", {"warehouse_id": "w"}).json["session_id"]
        d.execute(alice, session_id=sid)
        assert d.execute(alice, session_id=sid).hit
        for thief in (bob, ("two", "alice"), ("two", "bob")):
            for _ in range(2):
                a = d.execute(thief, session_id=sid)
                assert not a.hit and owner(a) == thief[1], (thief, a.cache)


def test_tokens_of_one_user_share_and_those_of_others_do_not():
    text = TEXT.replace("hosts = one.test", "hosts = one.test\nprincipal = user")
    with Two(text=text) as d:
        d.house.user_of = lambda token: token.split("-")[0]
        first = d.execute(("one", "ann-1"))
        assert d.execute(("one", "ann-2")).hit and owner(d.execute(("one", "ann-2"))) == "ann-1"
        assert not d.execute(("one", "eve-1")).hit and owner(d.execute(("one", "eve-1"))) == "eve-1"
        hit = d.execute(("one", "ann-1")).json["statement_id"]
        assert d.ask(("one", "ann-2"), "GET", routes(hit)[0][1]).status == 200
        assert d.ask(("one", "eve-1"), "GET", routes(hit)[0][1]).status == 404
        assert not d.execute(("two", "ann-2")).hit, first.cache


def test_a_revoked_token_is_served_nothing_on_any_route():
    with Two(more="[security]\nauth_ttl = 1s\n") as d:
        who = ("one", "alice")
        d.execute(who)
        sid = d.execute(who).json["statement_id"]
        d.house.refused.add("alice")
        time.sleep(1.1)
        for method, path in routes(sid)[:2]:
            assert d.ask(who, method, path).status == 403, (method, path)
        a = d.execute(who)
        assert a.status == 403 and b"Invalid access token" in a.body
        d.house.refused.clear()
        assert owner(d.execute(who)) == "alice"


def test_without_a_token_nothing_is_shared():
    with Two() as d:
        d.execute(("one", "alice"))
        conn = http.client.HTTPConnection(d.at["one"], timeout=10)
        for _ in range(2):
            conn.request("POST", STATEMENTS, json.dumps({"statement": "SELECT 1", "warehouse_id": "w"}))
            a = Answer(conn.getresponse())
            assert not a.hit and owner(a) == ""


if __name__ == "__main__":
    sys.exit(main_of(globals(), at_once=3))
