"""Every line of the tables that translate a server's SQLSTATEs and error classes, provoked by a statement that fails so."""
import ctypes
import re

import pyodbc
import pytest

# What the server says and what a program must see (fact: ODBC reference, appendix A). (state, word of the message) -> ours
STATES = {
    ("42704", "[NO_SUCH_CATALOG_EXCEPTION]"): "3D000", ("42704", "[CATALOG_NOT_FOUND]"): "3D000",
    ("42704", "[SCHEMA_NOT_FOUND]"): "3F000", ("42704", "[NO_SUCH_DATABASE]"): "3F000", ("42704", "[NO_SUCH_SCHEMA]"): "3F000",
    ("42P01", ""): "42S02", ("42S02", ""): "42S02", ("42P07", ""): "42S01", ("42710", ""): "42S01", ("42S01", ""): "42S01",
    ("42703", ""): "42S22", ("42S22", ""): "42S22", ("42711", ""): "42S21", ("42S21", ""): "42S21",
    ("42P02", ""): "07002", ("07001", ""): "07002", ("07002", ""): "07002", ("3D000", ""): "3D000", ("3F000", ""): "3F000",
    ("57014", ""): "HY008", ("08006", ""): "08S01", ("0A000", ""): "HYC00", ("23502", ""): "23000", ("23505", ""): "23000",
    ("40001", ""): "40001", ("40P01", ""): "40001", ("42601", ""): "42000", ("42501", ""): "42000", ("42704", ""): "42000",
    ("2BP01", ""): "42000", ("XX000", ""): "HY000", ("XXKD0", ""): "HY000", ("53000", ""): "HY000", ("54000", ""): "HY000",
    ("22P02", ""): "HY000",
}
SAME = """21S01 21S02 21000 22001 22002 22003 22007 22008 22012 22015 22018 22019 22025 22026 24000 25000 28000 34000 40003
          44000 HY008 HYT00 HYT01"""
STATES |= {(state, ""): state for state in SAME.split()}


def refusal(db, sandbox, state, message):
    action = {"type": "fail_statement", "error_code": "BAD_REQUEST", "message": message, "sql_state": state}
    with sandbox.fault({"route": "execute"}, action):
        with pytest.raises(pyodbc.Error) as caught:
            db.execute("SELECT 'a statement that fails'")
    return caught.value.args


def table(repo, name):
    return (repo / "include" / "tbl" / name).read_text()


def test_every_line_of_the_table_has_a_case_here(repo):
    text = table(repo, "sqlstates.h")
    for state, _ in re.findall(r'^SERVER_STATE\("(\w+)", "(\w+)"\)', text, re.M):
        assert (state, "") in STATES, f"SERVER_STATE {state} has no case"
    for state, word, _ in re.findall(r'^SERVER_WORD\("(\w+)", "([^"]+)", "(\w+)"\)', text, re.M):
        assert any(s == state and w.startswith(word) for s, w in STATES), f"SERVER_WORD {word} has no case"
    for kind, _ in re.findall(r'^SERVER_CLASS\("(\w+)", "(\w+)"\)', text, re.M):
        assert any(s.startswith(kind) for s, _ in STATES), f"SERVER_CLASS {kind} has no case"


def test_a_servers_state_becomes_the_one_of_odbc(direct, sandbox):
    wrong = []
    for (state, word), want in STATES.items():
        got, text = refusal(direct, sandbox, state, f"{word} it went wrong".strip())
        if got != want or "it went wrong" not in text:
            wrong.append((state, word, want, got, text))
    assert not wrong


def test_an_error_class_without_a_state_gets_its_own(repo, direct, sandbox):
    classes = re.findall(r'^ERROR_CLASS\("(\w+)", "(\w+)"\)', table(repo, "error_classes.h"), re.M)
    assert len(classes) > 50
    wrong = []
    for name, state in classes:
        words = next((w for (s, w) in STATES if s == state and w and w.strip("[]") == name), "")
        kinds = [(s, o) for (s, w), o in STATES.items() if s[:2] == state[:2] and not w]
        same = [o for s, o in kinds if s == state]
        odbc_class = {"08": "08S01", "0A": "HYC00", "23": "23000", "40": "40001", "42": "42000", "2B": "42000"}
        want = STATES.get((state, words)) if words else same[0] if same else odbc_class.get(state[:2], "HY000")
        got, text = refusal(direct, sandbox, "", f"[{name}] it went wrong")
        if got != want or name not in text:
            wrong.append((name, state, want, got, text[:80]))
    assert not wrong


def all_records(connection_string, sql):
    """Every diagnostic record of a statement that fails, through the driver manager and nothing else."""
    odbc = ctypes.CDLL("libodbc.so.2")
    env, dbc, stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    text = connection_string.encode()
    assert odbc.SQLAllocHandle(1, None, ctypes.byref(env)) == 0
    assert odbc.SQLSetEnvAttr(env, 200, ctypes.c_void_p(380), 0) == 0
    assert odbc.SQLAllocHandle(2, env, ctypes.byref(dbc)) == 0
    assert odbc.SQLDriverConnect(dbc, None, text, len(text), None, 0, None, 0) in (0, 1)
    assert odbc.SQLAllocHandle(3, dbc, ctypes.byref(stmt)) == 0
    assert odbc.SQLExecDirect(stmt, sql.encode(), -3) == -1
    records, state, got, length = [], ctypes.create_string_buffer(6), ctypes.create_string_buffer(32767), ctypes.c_short()
    while odbc.SQLGetDiagRec(3, stmt, len(records) + 1, state, None, got, 32767, ctypes.byref(length)) == 0:
        assert length.value == len(got.value)
        records.append((state.value.decode(), got.value.decode()))
    odbc.SQLFreeHandle(3, stmt)
    odbc.SQLDisconnect(dbc)
    odbc.SQLFreeHandle(2, dbc)
    odbc.SQLFreeHandle(1, env)
    return records


@pytest.mark.parametrize("size", [5_000, 100_000])
def test_a_long_message_arrives_whole_in_as_many_records_as_it_takes(odbc, sandbox, size):
    body = "".join(f"<{i:06}é>" for i in range(size // 10))
    action = {"type": "fail_statement", "message": f"[PARSE_SYNTAX_ERROR] {body} THE END", "sql_state": "42601"}
    with sandbox.fault({"route": "execute"}, action):
        records = all_records(odbc.sandbox_string(), "SELECT 1")
    assert {state for state, _ in records} == {"42000"}
    prefix = re.compile(r"^(\[[^]]+\])*\[dbx-odbc\]\[server\] (\(part \d+\) )?")
    assert all(prefix.match(text) for _, text in records)
    whole = "".join(prefix.sub("", text) for _, text in records)
    assert body in whole and "THE END" in whole
    assert len(records) == (1 if size < 16_000 else 7)
