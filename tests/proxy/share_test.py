"""share=tenant and share=group: a result goes to another user only when tables are plain and the user may read them."""
import sys
import time

from daemon_test import STATEMENTS, Proxy, Upstream, main_of
from fake_upstream import rows

SELECT = "SELECT * FROM main.sales.orders"


class Catalog(Upstream):
    """A workspace with Unity Catalog: what tables are, and who may read them."""

    def __init__(self):
        super().__init__()
        self.tables = {"main.sales.orders": {"table_type": "MANAGED", "columns": [{"name": "a"}]}}
        self.may_read = {"alice", "bob", "carol"}
        self.explained = []
        self.script = self.answer
        self.get = {}

    def answer(self, handler, request):
        text, user = request["statement"], self.user_of(handler.token())
        if text.startswith("EXPLAIN "):
            self.executed.remove(text)
            self.explained.append((user, text))
            plan = "== Physical Plan ==\nScan parquet" if user in self.may_read else \
                "== Physical Plan ==\norg.apache.spark.sql.AnalysisException: [INSUFFICIENT_PERMISSIONS]"
            return rows([[plan, ""]])
        if text.startswith("SELECT") and user not in self.may_read:
            return {"statement_id": "s", "status": {"state": "FAILED", "error": {
                "error_code": "BAD_REQUEST", "message": "[INSUFFICIENT_PERMISSIONS]"}}}
        return None


def shared(*options, share="tenant", tables="main.sales.*", **more):
    upstream = Catalog()
    keys = {"principal": "user", "share": share, "share_tables": tables, **more}
    sets = [arg for k, v in keys.items() for arg in ("--set", "tenant.default.%s=%s" % (k, v))]
    return Proxy(*sets, *options, upstream=upstream)


def run(p, token, text=SELECT, **fields):
    return p.execute(text, token=token, catalog="main", schema="sales", **fields)


def warm(p):
    """The first sight of a table only teaches what it is."""
    run(p, "alice", SELECT + " LIMIT 0")
    deadline = time.monotonic() + 5
    while not any("/unity-catalog/tables/" in path for _, path in p.up.requests) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)


def test_a_result_is_shared_with_who_may_read_its_tables():
    with shared() as p:
        warm(p)
        assert not run(p, "alice").hit
        other = run(p, "bob")
        assert other.hit and p.up.count(SELECT) == 1
        assert p.up.explained == [("bob", "EXPLAIN " + SELECT)]
        assert run(p, "bob").hit and len(p.up.explained) == 1, "a right that was shown is believed for authz_ttl"
        assert other.json["statement_id"] != run(p, "alice").json["statement_id"]


def test_who_may_not_read_gets_the_workspaces_refusal_and_nothing_else():
    with shared() as p:
        warm(p)
        run(p, "alice")
        p.up.may_read.discard("mallory")
        for _ in range(2):
            refused = run(p, "mallory")
            assert not refused.hit and refused.json["status"]["state"] == "FAILED", refused.body
        assert "data_array" not in refused.body.decode()


def test_ids_of_a_shared_result_are_their_holders_own():
    with shared() as p:
        warm(p)
        run(p, "alice")
        sid = run(p, "bob").json["statement_id"]
        assert p.request("GET", STATEMENTS + "/" + sid, token="bob").status == 200
        assert p.request("GET", STATEMENTS + "/" + sid, token="alice").status == 404


def test_a_filtered_masked_or_hidden_table_is_nobodys_but_ones_own():
    filtered = {"table_type": "MANAGED", "columns": [{"name": "a"}], "row_filter": {"function_name": "f"}}
    masked = {"table_type": "MANAGED", "columns": [{"name": "a", "mask": {"function_name": "f"}}]}
    view = {"table_type": "VIEW", "columns": [{"name": "a"}], "view_definition": "SELECT 1"}
    silent = {"table_type": "MANAGED"}
    for table in (filtered, masked, view, silent, None):
        with shared() as p:
            p.up.tables["main.sales.orders"] = table
            warm(p)
            run(p, "alice")
            assert not run(p, "bob").hit and p.up.count(SELECT) == 2, table
            assert run(p, "bob").hit and run(p, "alice").hit, "each has a result of its own"
            assert not p.up.explained


def test_only_the_operators_tables_are_shared():
    with shared(tables="main.public.*") as p:
        warm(p)
        run(p, "alice")
        assert not run(p, "bob").hit and p.up.count(SELECT) == 2


def test_a_group_shares_among_its_members():
    with shared(share="group:sales", group_members="alice,bob") as p:
        warm(p)
        run(p, "alice")
        assert run(p, "bob").hit
        assert not run(p, "carol").hit and p.up.count(SELECT) == 2


def test_a_grant_makes_shown_rights_void():
    with shared() as p:
        warm(p)
        run(p, "alice")
        assert run(p, "bob").hit
        p.up.may_read.discard("bob")
        run(p, "alice", "REVOKE SELECT ON TABLE main.sales.orders FROM bob")
        warm(p)
        assert not run(p, "alice").hit, "everything kept is unusable"
        refused = run(p, "bob")
        assert refused.json["status"]["state"] == "FAILED" and not refused.hit


def test_what_depends_on_the_user_is_never_shared():
    with shared("--set", "cache.principal_functions=yes") as p:
        warm(p)
        text = "SELECT current_user(), a FROM main.sales.orders"
        run(p, "alice", text)
        assert run(p, "alice", text).hit and not run(p, "bob", text).hit


def test_without_a_wish_to_share_nothing_is_asked_and_nothing_shared():
    with shared("--set", "cache.relations=off", share="principal") as p:
        run(p, "alice")
        assert not run(p, "bob").hit and not p.up.explained
        assert not any("/unity-catalog/" in path for _, path in p.up.requests)


def test_a_write_drops_only_what_reads_its_table_where_the_catalog_knows_tables():
    with shared(share="principal") as p:
        warm(p)
        other = "SELECT * FROM main.sales.items"
        p.up.tables["main.sales.items"] = {"table_type": "VIEW", "columns": [{"name": "a"}], "view_definition": "…"}
        run(p, "alice"), run(p, "alice", other)
        assert run(p, "alice").hit and run(p, "alice", other).hit
        run(p, "alice", "INSERT INTO main.sales.customers VALUES (1)")
        assert run(p, "alice").hit, "a plain table, and not the one that was written"
        assert not run(p, "alice", other).hit, "a view may read what was written"
        run(p, "alice", "INSERT INTO main.sales.orders VALUES (1)")
        assert not run(p, "alice").hit


def test_versions_are_asked_for_only_where_they_are_wanted():
    for wanted in ("off", "history"):
        with shared("--set", "cache.versions=" + wanted, share="principal") as p:
            warm(p)
            run(p, "alice"), run(p, "alice")
            time.sleep(0.3)
            asked = [t for t in p.up.executed if t.startswith("DESCRIBE HISTORY")]
            assert bool(asked) == (wanted == "history"), asked
            assert all(t == "DESCRIBE HISTORY `main`.`sales`.`orders` LIMIT 1" for t in asked)


def test_a_name_that_becomes_a_view_is_one_at_once():
    with shared(share="principal") as p:
        warm(p)
        run(p, "alice")
        p.up.tables["main.sales.orders"] = {"table_type": "VIEW", "columns": [{"name": "a"}], "view_definition": "…"}
        run(p, "alice", "CREATE OR REPLACE VIEW main.sales.orders AS SELECT * FROM main.sales.customers")
        assert not run(p, "alice").hit
        run(p, "alice", "INSERT INTO main.sales.customers VALUES (1)")
        assert not run(p, "alice").hit


if __name__ == "__main__":
    sys.exit(main_of(dict(globals()), 2))
