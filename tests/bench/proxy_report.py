"""bench/proxy/report from results that are known: which rounds it compares, what it calls reached, what it says of what failed.

Speaks TAP. Usage: proxy_report.py REPORT
"""
import copy
import json
import subprocess
import sys
import tempfile
import xml.dom.minidom as dom
from pathlib import Path

REPORT = sys.argv[1]
TESTS = []


def runs(field, *values):
    return [{"round": i, field: v, "cpu_us": v / 10} for i, v in enumerate(values, 1)]


RESULTS = {
    "when": "2026-11-21T20:00:00Z", "rounds": 3, "minutes": 1.5, "method": "By turns.",
    "machine": {"cores": 2, "cpu": "a cpu", "memory_gib": 8, "system": "Linux", "load_before": 0.1, "realtime": True},
    "versions": {"nginx": "1.22"},
    "cases": [
        {"id": "hit/1024/32", "what": "hits", "rows": {"dbxproxyd": runs("rate", 90, 9, 90), "nginx POST cache": runs("rate", 100, 10, 100)}},
        {"id": "miss/1", "what": "misses", "rows": {"dbxproxyd": runs("p50_us", 300, 310, 320), "nginx passing on": runs("p50_us", 310, 320, 330)}},
        {"id": "l2", "what": "with Redis", "rows": {"dbxproxyd, Redis": [{"round": 1, "failed": "no <Redis>"}]}},
    ],
}


def test(function):
    TESTS.append(function)
    return function


class Report:
    def __init__(self, results):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "r.json"
            source.write_text(json.dumps(results), encoding="utf-8")
            self.said = subprocess.run([sys.executable, REPORT, source], capture_output=True, text=True, check=True).stdout
            self.text, self.picture = ((Path(folder) / f"r.{kind}").read_text(encoding="utf-8") for kind in ("md", "svg"))

    def line(self, part):
        found = [line for line in self.text.splitlines() if line.startswith("|") and part in line]
        assert found, f"no line with {part}"
        return found[0]


@test
def ratios_are_taken_round_by_round():
    """The second round was ten times slower for both, which does not count."""
    assert "| ≥ 0.8 | 0.90 × of nginx | ✔ |" in Report(RESULTS).line("32 connections")


@test
def an_aim_is_judged_by_the_median():
    results = copy.deepcopy(RESULTS)
    for rate, verdict in ((80, "✔"), (79, "✘")):
        for r, share in zip(results["cases"][0]["rows"]["dbxproxyd"], (1, 0.1, 1)):
            r["rate"] = rate * share
        assert Report(results).line("32 connections").endswith(f"| {verdict} |")


@test
def where_less_is_better_the_limit_is_a_ceiling_also_below_zero():
    assert "| ≤ 0 | -10 µs | ✔ |" in Report(RESULTS).line("what a miss adds")


@test
def what_was_not_measured_says_why():
    report = Report(RESULTS)
    assert report.line("that only Redis has").endswith("not measured: no <Redis> |")
    assert report.line("idle connection").endswith("| not measured |")


@test
def failed_runs_are_named_and_not_counted():
    assert "**dbxproxyd, Redis** (failed: no <Redis>) | – |" in Report(RESULTS).line("**dbxproxyd, Redis**")


@test
def what_was_said_is_part_of_the_document():
    report = Report(RESULTS)
    assert report.said.splitlines()[4] in report.text


@test
def the_picture_has_a_bar_for_each_the_fastest_first_and_is_well_formed():
    tree = dom.parseString(Report(RESULTS).picture)
    names = [t.firstChild.data for t in tree.getElementsByTagName("text") if t.getAttribute("text-anchor") == "end"]
    assert names == ["dbxproxyd", "nginx POST cache"]


@test
def the_committed_document_is_what_its_numbers_say():
    done = subprocess.run([sys.executable, REPORT, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for i, function in enumerate(TESTS, 1):
        try:
            function()
            print(f"ok {i} - {function.__name__}")
        except (AssertionError, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"not ok {i} - {function.__name__}")
            print("\n".join(f"# {line}" for line in f"{error}{getattr(error, 'stderr', '') or ''}".splitlines()))
    return failed > 0


sys.exit(main())
