"""The Databricks JDBC driver in its SEA mode, as published. JdbcCheck.java does the work in one JVM; each of its TAP
lines is a test here."""
import base64
import datetime as dt
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import all_types
from conftest import BIG, BIG_LIMIT, ENDLESS
from expected import SKIP, VALUES

HERE = Path(__file__).parent
SOURCE = HERE / "JdbcCheck.java"
ASKED = [v for v in VALUES if v.jdbc is not SKIP]
LIMIT_SECONDS = 420


def check_names():
    names = re.findall(r'^        check\("([^"]+)",', SOURCE.read_text(encoding="utf-8"), re.M)
    return names + [f"value {v.name}" for v in ASKED]


@pytest.fixture(scope="module")
def results(server, tmp_path_factory):
    """{name: (passed, remarks)}"""
    values = tmp_path_factory.mktemp("jdbc") / "values.tsv"
    values.write_text("".join(f"{v.name}\t{v.sql}\t{chr(92) + 'N' if v.jdbc is None else v.jdbc}\n" for v in ASKED), encoding="utf-8")
    command = ["java", "-Xmx512m", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "--add-opens=java.base/java.nio=ALL-UNNAMED",
               "-cp", os.environ["CLIENTS_JDBC"], str(SOURCE),
               server.url, server.token, server.http_path, BIG, str(BIG_LIMIT), str(values), ENDLESS]
    with open(values.with_name("out"), "w+", encoding="utf-8") as out:
        try:
            subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            out.write(f"\n# stopped after {LIMIT_SECONDS} s\n")
        out.seek(0)
        text = out.read()
    return parse_tap(text), text


def parse_tap(text):
    found, name = {}, None
    for line in text.splitlines():
        if m := re.match(r"(not )?ok \d+ - (.*?)( # \d+ ms)?$", line):
            name = m[2]
            found[name] = (not m[1], [])
        elif line.startswith("#") and name:
            found[name][1].append(line)
    return found


@pytest.mark.parametrize("name", check_names())
def test_jdbc(results, name):
    found, text = results
    assert name in found, "did not run; the end of the output:\n" + text[-1500:]
    passed, remarks = found[name]
    assert passed, "\n".join(remarks)


# ---- main.default.all_types: the JVM prints what it got, the comparison is made here ------------------------------

@pytest.fixture(scope="module")
def cells(results):
    lines = results[1].splitlines()
    found = {int(line.split()[2]): {} for line in lines if line.startswith("# row ")}
    for line in lines:
        if line.startswith("# cell "):
            _, _, row_id, column, text = (line + " ").split(" ")[:5]
            found[int(row_id)][column] = base64.b64decode(text).decode()
    return found


# What this driver makes of right answers (the Arrow bytes hold the values of all_types.py, as the connector shows).
DRIVERS_OWN = {
    (3, "c_interval_ds"): "-106751 23:47:16.854775807",      # it counts nanoseconds in 64 bits and stops at the end of them
    (4, "c_interval_ds"): "106751 23:47:16.854775807",
    (3, "c_map"): "[]",                                      # an empty map is written as an empty list
    (17, "c_map"): "[]",
    (19, "c_timestamp_ntz"): "1582-10-20T00:00",             # java.sql.Timestamp has no days in the gap of 1582
}


def same_text(row_id, column, got):
    """Is the driver's text that of the value? The driver's own style is allowed where it says the same."""
    if (row_id, column) in DRIVERS_OWN:
        return got == DRIVERS_OWN[row_id, column]
    want, kind = all_types.value(row_id, column), all_types.TYPES[column]
    if want is None or got is None:
        return want is got
    if kind.startswith("INTERVAL"):
        return got == all_types.interval_text(want)
    if kind.startswith(("ARRAY", "MAP", "STRUCT")):
        return all_types.nested_json(got) == all_types.nested_want(row_id, column)
    if kind.startswith("TIMESTAMP"):
        return dt.datetime.fromisoformat(got) == want.replace(tzinfo=None)
    if kind == "BINARY":
        return got == want.hex()
    if kind == "VARIANT":
        return json.loads(got) == json.loads(want)
    return got == all_types.json_text(row_id, column)


def test_all_types_table_has_all_rows(cells):
    assert sorted(cells) == sorted(all_types.ROWS)


@pytest.mark.parametrize("row_id", all_types.ROWS, ids=lambda i: all_types.ROWS[i][0].replace(" ", "-"))
def test_all_types_table(cells, row_id):
    wrong = [f"{c}: got {cells[row_id].get(c)!r:.200}, want {all_types.value(row_id, c)!r:.200}" for c in all_types.NAMES
             if not same_text(row_id, c, cells[row_id].get(c))]
    assert not wrong
