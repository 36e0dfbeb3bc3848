#!/usr/bin/env python3
"""report.py [--build DIR] [--skipped 'a|b'] [--document FILE] RUN...: conformance.jsonl and conformance.md out of runs.

RUN is the path of a run's lines without ".jsonl"; "direct" and "routed" are ours. The result is 1 when ours fails a
rule."""
import argparse
import collections
import json
import os
import subprocess
import sys

OURS = ("direct", "routed")
NAMES = {"direct": "dbx-odbc, direct", "routed": "dbx-odbc, through dbxproxyd", "psqlodbc": "psqlODBC",
         "sqlite": "SQLite ODBC"}
OUTCOMES = ("pass", "fail", "unsupported", "skip")


METHOD = """{count} rules of the ODBC 3.80 reference, each with its section, checked one by one through unixODBC by
`tests/rules/rules`, a program that knows no driver: it links the driver manager alone, asks SQLGetInfo and
SQLGetFunctions what a driver can do, and takes from a small profile how a data source spells its types.
The same program, unchanged, ran against every driver below.

Versions: {known}. Our driver ran against the sandbox warehouse.
"""

NOTES = """- **Passed**: the call answered as the reference says. **Failed**: it did not, or the process crashed or hung
  (rules run in a child process; one that takes 15 seconds has failed).
- **Unsupported**: an optional feature that the driver does not claim, and refuses with a legitimate SQLSTATE or is not
  asked for. Claimed and refused is a failure. **Skipped**: the data source has no such type or statement.
  The score is passed / (passed + failed).
- The driver manager answers some rules by itself, for every driver alike: of the SQLSTATEs judged in the direct run
  {by_dm} were its own (`"by":"dm"` in the lines).

`make conformance` writes this to `conformance.md`, and every rule with its outcome to `conformance.jsonl`; the TAP of
a run is in `conformance-NAME.tap`. `tests/rules/run --document` replaces this file. Peers are installed by
`scripts/setup --peers`; a missing one is listed as not run.
"""


def read_run(path):
    with open(path + ".jsonl", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def package_version(*names):
    for name in names:
        try:
            text = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], capture_output=True, text=True,
                                  check=False)
        except OSError:
            return "?"
        if text.returncode == 0 and text.stdout:
            return text.stdout
    return "?"


def versions():
    return {"unixODBC": package_version("unixodbc"), "psqlODBC": package_version("odbc-postgresql"),
            "PostgreSQL": package_version("postgresql-15", "postgresql"),
            "SQLite ODBC": package_version("libsqliteodbc")}


def score_table(runs):
    yield "| Driver | Rules | Passed | Failed | Unsupported (SQLSTATE) | Skipped | Score |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, lines in runs.items():
        n = collections.Counter(line["outcome"] for line in lines)
        judged = n["pass"] + n["fail"]
        score = f"{100 * n['pass'] / judged:.1f} %" if judged else "-"
        cells = [NAMES.get(name, name), len(lines), *(n[o] for o in OUTCOMES), score]
        yield "| " + " | ".join(map(str, cells)) + " |"


def chapter_table(runs):
    chapters = list(dict.fromkeys(line["chapter"] for lines in runs.values() for line in lines))
    yield "| Chapter | Rules | " + " | ".join(NAMES.get(name, name) for name in runs) + " |"
    yield "|---|---:|" + "---:|" * len(runs)
    for chapter in chapters:
        cells = []
        total = 0
        for lines in runs.values():
            mine = [line["outcome"] for line in lines if line["chapter"] == chapter]
            total = max(total, len(mine))
            cells.append(f"{mine.count('pass')} of {mine.count('pass') + mine.count('fail')}")
        yield f"| {chapter} | {total} | " + " | ".join(cells) + " |"


def plain(text):
    return text.replace("|", "\\|").replace("\n", " ")


def rules_with(runs, outcome, skip_states=True):
    found = {}
    for name in OURS:
        for line in runs.get(name, []):
            if line["outcome"] == outcome:
                found.setdefault(line["id"], (line, []))[1].append(name)
    for line, names in found.values():
        state = f" `{line['sqlstate']}`" if skip_states and line["sqlstate"] else ""
        where = "" if len(names) == sum(n in runs for n in OURS) else f" ({', '.join(names)} only)"
        section, rule, reason = (plain(line[key]) for key in ("section", "rule", "reason"))
        yield f"- `{line['id']}`{state}{where} ({section}): {rule}. {reason}"


def document(runs, skipped):
    count = len(next(iter(runs.values()), []))
    by_dm = sum(line["by"] == "dm" for line in runs.get("direct", []))
    known = ", ".join(f"{name} {version}" for name, version in versions().items() if version != "?")
    yield "# Conformance"
    yield ""
    yield METHOD.format(count=count, known=known)
    yield from score_table(runs)
    for reason in skipped:
        yield f"\nNot run: {reason}."
    yield ""
    yield NOTES.format(by_dm=by_dm)
    yield "## Chapters"
    yield ""
    yield from chapter_table(runs)
    for title, outcome in (("Rules our driver fails", "fail"), ("Knowingly not supported", "unsupported"),
                           ("Skipped for our driver", "skip")):
        yield ""
        yield f"## {title}"
        yield ""
        lines = list(rules_with(runs, outcome))
        yield from lines or ["None."]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=".")
    parser.add_argument("--skipped", default="")
    parser.add_argument("--document")
    parser.add_argument("runs", nargs="*")
    args = parser.parse_args()
    runs = {os.path.basename(path): read_run(path) for path in args.runs}
    skipped = [reason for reason in args.skipped.split("|") if reason]
    with open(os.path.join(args.build, "conformance.jsonl"), "w", encoding="utf-8") as f:
        for lines in runs.values():
            for line in lines:
                f.write(json.dumps(line, ensure_ascii=False) + "\n")
    text = "\n".join(document(runs, skipped)) + "\n"
    for path in [os.path.join(args.build, "conformance.md")] + ([args.document] if args.document else []):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    print("\n".join(score_table(runs)))
    for reason in skipped:
        print(f"not run: {reason}")
    failed = list(rules_with(runs, "fail"))
    print("\n".join(failed))
    missing = [name for name in OURS if name not in runs and any(s.startswith(name) for s in skipped)]
    return 1 if failed or missing or "direct" not in runs else 0


if __name__ == "__main__":
    sys.exit(main())
