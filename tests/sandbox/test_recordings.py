"""The sandbox's answers beside real ones: every recorded conversation is replayed, and shapes, types and Arrow schemas must agree."""
import json
import re

import pyarrow as pa
from lib import unlz4

VOLATILE = {"testcatalogandschemainformation"}          # lists somebody else's catalogs: shapes only
GROUP_SETUP = ["CREATE CATALOG IF NOT EXISTS uc_volume_test_catalog", "CREATE SCHEMA IF NOT EXISTS uc_volume_test_catalog.uc_volume_test_schema",
               "CREATE VOLUME IF NOT EXISTS uc_volume_test_catalog.uc_volume_test_schema.test_volume1"]
GROUP_SETUP += ["CREATE TABLE IF NOT EXISTS main.jdbc_test_schema.catalog_and_schema_test_table (id INT)"]


class Exchange:
    """One recorded request and its answer; `order` puts a conversation back into time order."""

    def __init__(self, path):
        d = json.loads(path.read_text())
        self.method, self.url = d["request"]["method"], d["request"].get("url") or d["request"].get("urlPath") or ""
        patterns = [p["equalToJson"] for p in d["request"].get("bodyPatterns", []) if "equalToJson" in p]
        self.body = json.loads(patterns[0]) if patterns else None
        self.status = d["response"]["status"]
        try:
            self.answer = json.loads(d["response"].get("body") or "null")
        except ValueError:
            self.answer = None
        ids = re.findall(r"01[ef][0-9a-f]{5}-[0-9a-f]{4}-1[0-9a-f]{3}", (json.dumps(self.answer) or "") + self.url)
        closing = self.method == "DELETE" and "/sessions/" in self.url
        self.order = (closing, ids[0] if ids else "", ["POST", "GET", "DELETE"].index(self.method) if self.method != "PUT" else 0)


def conversations(recordings):
    for folder in sorted((recordings / "databricks-jdbc" / "sqlexecapi").glob("*/*/mappings")):
        yield folder.parent.name, sorted((Exchange(p) for p in folder.glob("*.json")), key=lambda e: e.order)


def shape(value, key=""):
    """Keys and JSON types, recursively; a list is the shape of its first element."""
    if isinstance(value, dict):
        return {k: shape(v, k) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value and key != "data_array" else []
    return type(value).__name__


def settle(answer, ours=False):
    """Take away what may differ: the SQLSTATE that newer servers add, and details of columns beyond the first."""
    answer = json.loads(json.dumps(answer))
    if ours and isinstance(answer, dict):
        answer.get("status", {}).pop("sql_state", None)
    schema = (answer.get("manifest") or {}).get("schema") if isinstance(answer, dict) else None
    if schema:
        schema.pop("columns", None)
    return answer


class Replay:
    """Plays a conversation; ids of the recording are translated into ours."""

    def __init__(self, box):
        self.box, self.ids = box, {}

    def play(self, e):
        url, body = e.url, json.dumps(e.body) if e.body is not None else None
        for old, new in self.ids.items():
            url, body = url.replace(old, new), body.replace(old, new) if body else body
        if e.body and "warehouse_id" in e.body:
            body = body.replace(e.body["warehouse_id"], self.box.warehouse)
        if re.search(r"/01[ef][0-9a-f]{5}-", e.url) and url == e.url:
            return None                                  # its opening was not recorded
        if e.body and e.body.get("session_id") and e.body["session_id"] in body:
            body = json.dumps({k: v for k, v in json.loads(body).items() if k != "session_id"})
        r = self.box.api(e.method, url, body)
        out = r.json() if r.body else {}
        for key in ("session_id", "statement_id"):
            if e.answer and key in e.answer and key in out:
                self.ids[e.answer[key]] = out[key]
        return r.status, out


def setup(box, recordings):
    for sql in GROUP_SETUP:
        box.ok(sql)
    for name, exchanges in conversations(recordings):
        for e in exchanges:
            if name == "testhybridsmallquery" and e.answer and "manifest" in e.answer:
                columns = e.answer["manifest"]["schema"]["columns"]
                box.ok("CREATE SCHEMA IF NOT EXISTS main.tpcds_sf100_delta")
                box.ok("CREATE OR REPLACE TABLE main.tpcds_sf100_delta.catalog_sales (" +
                       ", ".join(f"{c['name']} {c['type_text']}" for c in columns) + ")")
                box.ok("INSERT INTO main.tpcds_sf100_delta.catalog_sales (cs_item_sk) SELECT id FROM range(20)")
    for name in ("#!#_file1.csv", "aBc.csv"):
        box.api("PUT", "/api/2.0/fs/files/Volumes/uc_volume_test_catalog/uc_volume_test_schema/test_volume1/" + name.replace("#", "%23"), "x")


def test_recorded_conversations_have_the_same_shape(box, recordings):
    setup(box, recordings)
    played, wrong = 0, []
    for name, exchanges in conversations(recordings):
        replay = Replay(box)
        for e in exchanges:
            if e.answer is None or "/oidc/" in e.url or e.status == 403 or "create-download" in e.url:
                continue
            got = replay.play(e)
            if got is None:
                continue
            played += 1
            status, ours = got
            if e.status != status:
                wrong.append((name, e.method, e.url, e.body, e.status, status, ours))
            elif shape(settle(e.answer)) != shape(settle(ours, True)):
                wrong.append((name, e.body or e.url, shape(settle(e.answer)), shape(settle(ours, True))))
            elif isinstance(e.answer, dict) and e.answer.get("manifest"):
                wrong += compare_manifest(name, e, ours)
    assert played > 100
    assert not wrong, "\n".join(map(str, wrong[:10]))


def compare_manifest(name, e, ours):
    theirs, mine, out = e.answer["manifest"], ours["manifest"], []
    if theirs["schema"] != {**mine["schema"], "columns": [{k: c[k] for k in c} for c in mine["schema"].get("columns", [])]} and \
            theirs["schema"] != mine["schema"]:
        out.append((name, e.body["statement"], theirs["schema"], mine["schema"]))
    stable = name not in VOLATILE and not e.body["statement"].startswith(("LIST", "SHOW"))
    if stable and theirs["total_row_count"] != mine["total_row_count"]:
        out.append((name, e.body["statement"], theirs["total_row_count"], mine["total_row_count"]))
    if stable and "data_array" in e.answer.get("result", {}) and "timestamp" not in name and \
            e.answer["result"]["data_array"] != ours["result"]["data_array"]:
        out.append((name, e.answer["result"]["data_array"], ours["result"]["data_array"]))
    if name not in VOLATILE and stable and theirs["total_chunk_count"] != mine["total_chunk_count"]:
        out.append((name, "chunks", theirs["total_chunk_count"], mine["total_chunk_count"]))
    return out


def arrow_bodies(recordings):
    """[(statement text, decoded body)] for links whose bytes were recorded."""
    bodies = {}
    for p in (recordings / "bodies").glob("*.rows.json"):
        d = json.loads(p.read_text())
        source = recordings / "databricks-jdbc" / d["source"]
        if source.exists():
            stub = json.loads(source.read_text())["request"]
            key = re.search(r"results_[^?]*", stub.get("url") or stub.get("urlPath"))
            if key:
                bodies[key.group(0)] = d
    for name, exchanges in conversations(recordings):
        for e in exchanges:
            for link in (e.answer or {}).get("result", {}).get("external_links", []) if isinstance(e.answer, dict) else []:
                key = re.search(r"results_[^?]*", link["external_link"]).group(0)
                if key in bodies and e.body:
                    yield name, exchanges, e, bodies[key]


def test_recorded_arrow_schemas_agree(box, recordings):
    setup(box, recordings)
    seen, wrong = 0, []
    for name, exchanges, wanted, body in arrow_bodies(recordings):
        replay = Replay(box)
        for e in exchanges:
            got = replay.play(e) if e.answer is not None and "/oidc/" not in e.url else None
            if e is wanted:
                break
        links = got[1]["result"].get("external_links") if got else None
        if not links:
            wrong.append((name, "no link", wanted.body["statement"], got))
            continue
        table = pa.ipc.open_stream(unlz4(box.download(links[0]))).read_all()
        mine = [{"name": f.name, "arrow": str(f.type), "nullable": f.nullable} for f in table.schema]
        theirs = [dict(c) for c in body["columns"]]
        for m, t in zip(mine, theirs):
            if t["arrow"].startswith("timestamp[us, tz="):
                m["arrow"] = t["arrow"]                  # the zone is the session's
        seen += 1
        plain = [i for i, t in enumerate(theirs) if t["arrow"] in ("int32", "int64", "string", "bool")]
        if plain and name not in VOLATILE and not wanted.body["statement"].startswith(("SHOW", "LIST", "SELECT * FROM samples")):
            rows = [list(r.values()) for r in table.select(plain).slice(0, 60).to_pylist()]
            if rows != [[r[i] for i in plain] for r in body["rows_first_60"]]:
                wrong.append((name, "rows", body["rows_first_60"], rows))
        if mine != theirs:
            wrong.append((name, wanted.body["statement"], theirs, mine))
    assert seen > 15
    assert not wrong, "\n".join(map(str, wrong[:10]))


def test_recorded_refusal_of_a_wrong_token(info, recordings):
    from lib import Client
    folder = recordings / "databricks-jdbc" / "sqlexecapi"
    real = [e for n, es in conversations(recordings) for e in es if e.status == 403 and n == "testincorrectcredentialsforoauth"]
    assert folder and real
    r = Client(info, "wrong").api("POST", "/api/2.0/sql/sessions/", real[0].body)
    assert r.status == 403 and r.json() == real[0].answer
    assert r.headers["x-databricks-reason-phrase"] == real[0].answer["message"]
