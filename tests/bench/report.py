"""bench/report from results that are known: what it calls reached, which rounds it compares, what it says of failed runs.

Speaks TAP. Usage: report.py REPORT
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

REPORT = sys.argv[1]
TESTS = []


def run_of(number, seconds, **more):
    return dict({"round": number, "rows": 1000, "columns": 10, "seconds": seconds, "cpu_s": seconds, "first_rowset_s": 0.012, "peak_rss_mib": 50.0}, **more)


def case(id_, client, *runs, label=None):
    return {"id": id_, "what": id_, "client": client, "label": label or client, "runs": list(runs)}


RESULTS = {
    "when": "2026-11-21T20:00:00Z", "rounds": 3, "minutes": 1.5, "method": "In rounds.", "kernels": {}, "skipped": {"oracle": "not here"},
    "machine": {"cores": 2, "cpu": "a cpu", "memory_gib": 8, "system": "Linux", "load_before": 0.1},
    "versions": {"dbx-odbc": "0.1.0"},
    "cases": [
        case("lineitem_1m/model", "model", run_of(1, 1.0), run_of(2, 10.0), run_of(3, 1.0)),
        case("lineitem_1m/driver", "driver", run_of(1, 1.5), run_of(2, 15.0), run_of(3, 1.5)),
        case("lineitem_1m/mariadb", "odbc", run_of(1, 13.5), run_of(2, 60.0), {"round": 3, "failed": "lost <rows>"}, label="MariaDB & co"),
    ],
}


def test(function):
    TESTS.append(function)
    return function


class Report:
    def __init__(self, results):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "r.json")
            with open(source, "w", encoding="utf-8") as out:
                json.dump(results, out)
            done = subprocess.run([sys.executable, REPORT, source], capture_output=True, text=True, check=True)
            self.said = done.stdout
            with open(os.path.join(folder, "r.md"), encoding="utf-8") as f:
                self.text = f.read()
            with open(os.path.join(folder, "r.svg"), encoding="utf-8") as f:
                self.picture = f.read()

    def line(self, part):
        """Of a table."""
        found = [line for line in self.text.splitlines() if line.startswith("|") and part in line]
        assert len(found) == 1, f"{part!r} is in {found}"
        return found[0]


@test
def ratios_are_taken_round_by_round():
    """The second round was ten times slower for both, which does not count."""
    assert "| 1.50 (1.50…1.50) × its time | ✔ must |" in Report(RESULTS).line("against a pipeline written by hand")


@test
def a_goal_is_aim_must_or_missed_by_the_median():
    results = copy.deepcopy(RESULTS)
    for seconds, verdict in ((1.25, "✔ aim"), (1.6, "✔ must"), (1.61, "✘")):
        for r, base in zip(results["cases"][1]["runs"], (1, 10, 1)):
            r["seconds"] = seconds * base
        assert Report(results).line("against a pipeline written by hand").endswith(f"| {verdict} |")


@test
def where_more_is_better_the_limit_is_a_floor():
    assert "≥ 5 | ≥ 8 | 6.50 (4.00…9.00) × faster | ✔ must |" in Report(RESULTS).line("against MariaDB ODBC on")


@test
def what_was_not_measured_is_said_and_not_judged():
    report = Report(RESULTS)
    assert "– × faster | not measured |" in report.line("against Databricks JDBC")
    assert "Not measured: oracle (not here)." in report.text


@test
def failed_runs_are_named_and_not_counted():
    assert "MariaDB & co (failed in 1 of 3 runs: lost <rows>) | 36.8 (13.5…60.0) |" in Report(RESULTS).line("MariaDB & co")


@test
def what_was_said_is_part_of_the_document():
    report = Report(RESULTS)
    assert report.said.splitlines()[0] in report.text


@test
def the_picture_has_a_bar_for_each_the_fastest_first_and_is_well_formed():
    import xml.dom.minidom as dom
    tree = dom.parseString(Report(RESULTS).picture)
    names = [t.firstChild.data for t in tree.getElementsByTagName("text") if t.getAttribute("text-anchor") == "end"]
    assert names == ["model", "driver", "MariaDB & co"]
    assert len(tree.getElementsByTagName("rect")) == 3


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
