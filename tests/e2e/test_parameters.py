"""Parameters from Python: every type, in pieces, in arrays; and how many statements they cost at the server."""
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import pyodbc
import pytest

TABLE = "main.default.e2e_parameters"
TEXTS = ["", " ", "abc", "O'Neill says \"\\'hi\\'\" \\", "\\", "'", "''", "\n\t\r\0x", "Zürich 東京 😀 𠮷", "?",
         ":p1 {fn x()} -- /* */", "e" * 4000, "ü" * 5000, "😀" * 2500]


def statements(sandbox):
    return sandbox.counters()["statements_executed"]


@pytest.fixture
def table(direct):
    cursor = direct.cursor()
    cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
    cursor.execute(f"CREATE TABLE {TABLE} (id BIGINT, s STRING, n DECIMAL(12,3), d DATE, t TIMESTAMP_NTZ, b BINARY, "
                   "ok BOOLEAN, f DOUBLE)")
    yield cursor
    cursor.execute(f"DROP TABLE {TABLE}")


@pytest.mark.parametrize("value", [
    True, False, 0, 1, -1, 2**31 - 1, 2**31, -2**63, 2**63 - 1, 1.5, -0.0, 1e300, 5e-324, Decimal("0.00"),
    Decimal("-1.2345"), Decimal("1E+5"), Decimal("0.000000000000000001"),
    Decimal("12345678901234567890123456789012345678"),
    date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), datetime(2024, 2, 29, 12, 34, 56, 123456),
    datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31, 23, 59, 59), b"", b"\x00\xff'\\?",
    bytes(range(256))], ids=repr)
def test_a_value_comes_back_as_it_was_sent(db, value):
    got = db.cursor().execute("SELECT ? AS v", value).fetchone()[0]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_comes_back_as_it_was_sent(db, text):
    row = db.cursor().execute("SELECT ?, length(?)", text, text).fetchone()
    assert row[0] == text and row[1] == len(text)


def test_none_is_null_of_any_type(db):
    row = db.cursor().execute("SELECT ?, CAST(? AS INT) + 1, coalesce(?, 'x')", None, None, None).fetchone()
    assert tuple(row) == (None, None, "x")


def test_time_and_uuid_travel_as_text(direct):
    u = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    row = direct.cursor().execute("SELECT CAST(? AS STRING), CAST(? AS STRING)", time(1, 2, 3), u).fetchone()
    assert row[0].startswith("01:02:03") and row[1].lower() == str(u)


@pytest.mark.parametrize("value", ["x" * 100_000, "😀" * 50_000 + "'\\?", b"\x00\xfe" * 50_000],
                         ids=["ascii", "emoji", "bytes"])
def test_long_values_are_sent_in_pieces_and_arrive_whole(direct, value):
    row = direct.cursor().execute("SELECT ? AS v, ? AS n", value, 7).fetchone()
    assert row[0] == value and row[1] == 7


def test_markers_in_strings_comments_and_names_are_none(direct):
    sql = "SELECT '?', \"?\", r'\\', ? AS `?`, /* ? /* ? */ */ '\\'?' -- ?\n, ?"
    assert tuple(direct.cursor().execute(sql, 1, 2).fetchone()) == ("?", "?", "\\", 1, "'?", 2)


def test_three_hundred_parameters_are_all_taken(direct):
    values = [i if i % 2 else f"v'{i}" for i in range(300)]
    row = direct.cursor().execute("SELECT " + ", ".join("?" * 300), values).fetchone()
    assert list(row) == values


def test_a_prepared_statement_runs_again_with_other_values(direct, sandbox):
    cursor = direct.cursor()
    before = statements(sandbox)
    for i in range(5):
        assert tuple(cursor.execute("SELECT ? + 1, ?", i, str(i)).fetchone()) == (i + 1, str(i))
    assert statements(sandbox) - before == 5


def test_update_and_delete_report_their_counts(table):
    table.execute(f"INSERT INTO {TABLE} (id, s) VALUES (?, ?)", 1, "a")
    assert table.rowcount == 1
    table.execute(f"UPDATE {TABLE} SET s = ? WHERE id = ?", "b", 1)
    assert table.rowcount == 1
    table.execute(f"DELETE FROM {TABLE} WHERE s = ?", "b")
    assert table.rowcount == 1


def row_of(i):
    return (i, None if i % 7 == 3 else f"row {i} O'\\é😀", Decimal(i) / 8 if i % 5 else None, date(2000, 1, 1 + i % 28),
            datetime(2020, 1, 1, 0, 0, i % 60, i), bytes([i % 256, 39, 92]) if i % 3 else None, i % 2 == 0, i / 3)


def expected(n):
    return [tuple(r) for r in map(row_of, range(n))]


INSERT = f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def test_executemany_inserts_row_by_row(table):
    table.executemany(INSERT, [row_of(i) for i in range(5)])
    assert [tuple(r) for r in table.execute(f"SELECT * FROM {TABLE} ORDER BY id")] == expected(5)


def test_fast_executemany_inserts_all_rows_in_one_statement(direct, table, sandbox):
    table.fast_executemany = True
    table.setinputsizes([None, (pyodbc.SQL_WVARCHAR, 100, 0)])
    before = statements(sandbox)
    table.executemany(INSERT, [row_of(i) for i in range(200)])
    spent = statements(sandbox) - before
    assert [tuple(r) for r in table.execute(f"SELECT * FROM {TABLE} ORDER BY id")] == expected(200)
    assert spent <= 2, "one DESCRIBE TABLE and one INSERT"


def test_fast_executemany_sends_long_values_in_pieces(table, sandbox):
    table.fast_executemany = True
    table.setinputsizes([None, (pyodbc.SQL_WVARCHAR, 0, 0), (pyodbc.SQL_VARBINARY, 0, 0)])
    rows = [(i, f"{i}" * 30_000, bytes([i]) * 10_000) for i in range(8)] + [(8, None, None), (9, "", b"")]
    before = statements(sandbox)
    table.executemany(f"INSERT INTO {TABLE} (id, s, b) VALUES (?, ?, ?)", rows)
    assert statements(sandbox) - before <= 2
    assert [tuple(r) for r in table.execute(f"SELECT id, s, b FROM {TABLE} ORDER BY id")] == rows


def test_fast_executemany_of_an_update_runs_once_per_row(table):
    table.executemany(f"INSERT INTO {TABLE} (id, f) VALUES (?, ?)", [(i, 0.0) for i in range(4)])
    table.fast_executemany = True
    table.executemany(f"UPDATE {TABLE} SET f = ? WHERE id = ?", [(i * 2.0, i) for i in range(4)])
    assert [r[0] for r in table.execute(f"SELECT f FROM {TABLE} ORDER BY id")] == [0.0, 2.0, 4.0, 6.0]


def test_a_refused_chunk_inserts_nothing_and_says_so(table):
    table.fast_executemany = True
    with pytest.raises(pyodbc.Error) as caught:
        table.executemany("INSERT INTO main.default.no_such_table (id) VALUES (?)", [(1,), (2,)])
    assert caught.value.args[0] == "42S02"


def test_too_few_values_for_the_markers_are_07002(direct):
    with pytest.raises(pyodbc.Error):
        direct.cursor().execute("SELECT ?, ?", 1)


def test_named_and_positional_markers_do_not_mix(direct):
    with pytest.raises(pyodbc.Error) as caught:
        direct.cursor().execute("SELECT :a, ?", 1)
    assert caught.value.args[0] == "07002"


def test_a_path_into_a_value_is_no_named_marker(direct):
    assert direct.cursor().execute("SELECT CAST('5' AS INT)::string, ?", 1).fetchone()[1] == 1


def test_a_value_that_does_not_fit_names_the_servers_state(direct):
    with pytest.raises(pyodbc.Error) as caught:
        direct.cursor().execute("SELECT CAST(? AS INT)", "twelve").fetchall()
    assert caught.value.args[0] == "22018"
