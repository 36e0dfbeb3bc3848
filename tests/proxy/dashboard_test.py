"""The dashboard and the alerts name only series and labels that dbxproxyd has. Prints TAP."""
import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SUFFIXES = ("_bucket", "_sum", "_count")


def slurp(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def series():
    """Name -> {label: allowed values, or None for any}, from the tables."""
    words = lambda path, macro: set(re.findall(r'^%s\(\w+,\s*"([^"]+)"' % macro, slurp("include", "tbl", path), re.M))
    outcomes = words("requests.h", "REQUEST_OUTCOME")
    found = {"dbxproxy_requests_total": {"class": words("requests.h", "REQUEST_CLASS"), "outcome": outcomes},
             "dbxproxy_request_duration_seconds": {"outcome": outcomes},
             "dbxproxy_cache_bypass_total": {"reason": words("bypass.h", "BYPASS")}}
    for name, labels in re.findall(r'^METRIC\(\w+,\s*\w+,\s*"(\w+)",\s*"((?:[^"\\]|\\.)*)"', slurp("include", "tbl", "metrics.h"), re.M):
        known = found.setdefault(name, {})
        for label in filter(None, labels.replace('\\"', '"').split(",")):
            key, value = label.split("=", 1)
            if value == "*":
                known[key] = None
            elif known.get(key, 1) is not None:
                known.setdefault(key, set()).add(value.strip('"'))
    return found


def check(expression, known):
    names = re.findall(r"\bdbxproxy_\w+", expression)
    assert names or "up{" in expression or not expression, expression
    for name in names:
        base = next((name[:-len(s)] for s in SUFFIXES if name.endswith(s) and name[:-len(s)] in known), name)
        assert base in known, "%s is no series of ours: %s" % (name, expression)
    for name, selector in re.findall(r"\b(dbxproxy_\w+)\{([^}]*)\}", expression):
        base = next((name[:-len(s)] for s in SUFFIXES if name.endswith(s) and name[:-len(s)] in known), name)
        for label, op, value in re.findall(r'(\w+)(=~|=|!=)"([^"]*)"', selector):
            if label in ("tenant", "instance", "job", "le") or known[base].get(label, set()) is None:
                continue
            assert label in known[base], (label, expression)
            for word in value.split("|") if op == "=~" else [value]:
                assert word in known[base][label], (word, expression)
    for by in re.findall(r"by \(([^)]*)\)", expression):
        allowed = {"tenant", "instance", "le"}.union(*(known.get(n, known.get(re.sub("_bucket$", "", n), {})) for n in names))
        assert {b.strip() for b in by.split(",")} <= allowed, (by, expression)


def test_dashboard_is_json_and_names_what_there_is():
    known = series()
    dashboard = json.loads(slurp("contrib", "grafana", "dbxproxy.json"))
    panels = [p for p in dashboard["panels"] if p["type"] != "row"]
    assert len(panels) >= 15 and len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["targets"] and panel["title"], panel
        for target in panel["targets"]:
            check(target["expr"], known)
    text = json.dumps(dashboard)
    for name in ("hit", "dbxproxy_added_latency_seconds", "dbxproxy_warehouse_seconds_saved_total", "dbxproxy_breaker_state",
                 "dbxproxy_redis_up", "dbxproxy_memory_bytes"):
        assert name in text, name


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in json.loads(slurp("contrib", "grafana", "dbxproxy.json"))["panels"]:
        g = panel["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        assert not cells & taken and g["x"] + g["w"] <= 24, panel["title"]
        taken |= cells


def test_alerts_name_what_there_is():
    known = series()
    text = slurp("contrib", "prometheus", "alerts.yml")
    expressions = re.findall(r"expr: (?:>\n((?:          .*\n)+)|(.*)\n)", text)
    assert len(expressions) >= 6
    for folded, plain in expressions:
        check(" ".join((folded or plain).split()), known)


def test_every_series_of_the_tables_is_printed_or_bounded():
    for name, labels in series().items():
        assert re.fullmatch(r"dbxproxy_[a-z0-9_]+", name), name
        assert not {"text", "table", "principal", "statement", "token"} & set(labels), name


if __name__ == "__main__":
    tests = [(n, f) for n, f in list(globals().items()) if n.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (i, name[5:]))
        except Exception as e:
            failed += 1
            print("# %r" % e)
            print("not ok %d - %s" % (i, name[5:]))
    sys.exit(failed > 0)
