"""databricks-sdk as published: statement execution inline and by links, warehouses."""
import json
import time
import urllib.request

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import DatabricksError, NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service.sql import Disposition, ExecuteStatementRequestOnWaitTimeout as OnTimeout, Format, State
from databricks.sdk.service.sql import StatementParameterListItem, StatementState

import all_types
from conftest import BIG, BIG_LIMIT, ENDLESS
from expected import SKIP, VALUES, select_list


def client(server, token=None):
    return WorkspaceClient(config=Config(host=server.url, token=token or server.token, auth_type="pat",
                                         retry_timeout_seconds=20, http_timeout_seconds=60))


@pytest.fixture(scope="module")
def workspace(server):
    return client(server)


@pytest.fixture
def run(workspace, server):
    def run(text, **options):
        options.setdefault("wait_timeout", "50s")
        answer = workspace.statement_execution.execute_statement(text, server.warehouse_id, **options)
        while answer.status.state in (StatementState.PENDING, StatementState.RUNNING):
            time.sleep(0.2)
            answer = workspace.statement_execution.get_statement(answer.statement_id)
        return answer
    return run


def rows(answer):
    assert answer.status.state == StatementState.SUCCEEDED, answer.status
    return answer.result.data_array


def fetch(link):
    """Links are fetched without credentials, as the documentation demands."""
    request = urllib.request.Request(link.external_link, headers=link.http_headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def all_links(workspace, answer):
    links = answer.result.external_links or []
    while links:
        yield from links
        following = links[-1].next_chunk_index
        links = [] if following is None else \
            workspace.statement_execution.get_statement_result_chunk_n(answer.statement_id, following).external_links


def test_select_one(run):
    answer = run("SELECT 1 AS one")
    assert rows(answer) == [["1"]]
    column = answer.manifest.schema.columns[0]
    assert (column.name, column.type_text, column.position) == ("one", "INT", 0)


def test_wrong_token_is_refused(server):
    with pytest.raises((PermissionDenied, Unauthenticated)):
        client(server, "dapi-wrong").statement_execution.execute_statement("SELECT 1", server.warehouse_id)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: v.name)
def test_value_inline(run, value):
    answer = run(select_list([value]))
    cell = rows(answer)[0][0]
    assert answer.manifest.schema.columns[0].type_text == value.type
    if value.json is not SKIP:
        assert cell == value.json
    elif value.type.startswith(("ARRAY", "MAP", "STRUCT")):
        json.loads(cell)


@pytest.fixture(scope="module")
def all_types_answer(workspace, server):
    columns = ", ".join(all_types.NAMES)
    return workspace.statement_execution.execute_statement(f"SELECT {columns} FROM main.default.all_types ORDER BY id",
                                                           server.warehouse_id, wait_timeout="50s")


def test_all_types_table_schema(all_types_answer):
    got = {c.name: c.type_text for c in all_types_answer.manifest.schema.columns}
    assert got == all_types.TYPES


@pytest.mark.parametrize("row_id", all_types.ROWS, ids=lambda i: all_types.ROWS[i][0].replace(" ", "-"))
def test_all_types_table_inline(all_types_answer, row_id):
    got = {r[0]: r for r in rows(all_types_answer)}[str(row_id)]
    wrong = []
    for name, cell in zip(all_types.NAMES, got):
        kind = all_types.TYPES[name]
        if kind.startswith("INTERVAL"):
            continue        # no source says how intervals look in JSON
        if kind.startswith(("ARRAY", "MAP", "STRUCT")) and cell is not None:
            equal = struct_equal if kind.startswith("STRUCT") else list.__eq__ if kind.startswith("ARRAY") else dict.__eq__
            good = equal(all_types.nested_json(cell), all_types.nested_want(row_id, name))
        else:
            good = cell == all_types.json_text(row_id, name)
        if not good:
            wrong.append(f"{name}: {cell!r:.200} is not {all_types.json_text(row_id, name)!r:.200}")
    assert not wrong


def struct_equal(got, want):
    """A server may leave null fields out of the JSON of a struct."""
    return {k: v for k, v in got.items() if v is not None} == {k: v for k, v in want.items() if v is not None}


def test_precision_and_scale_are_in_the_manifest(run):
    column = run("SELECT CAST(1 AS DECIMAL(38,18)) AS d").manifest.schema.columns[0]
    assert (column.type_precision, column.type_scale) == (38, 18)


def test_named_parameters(run):
    answer = run("SELECT :n + 1, :s, :d, :none", parameters=[
        StatementParameterListItem(name="n", value="41", type="INT"),
        StatementParameterListItem(name="s", value="it's"),
        StatementParameterListItem(name="d", value="2024-02-29", type="DATE"),
        StatementParameterListItem(name="none", type="STRING")])
    assert rows(answer) == [["42", "it's", "2024-02-29", None]]


def test_catalog_and_schema_of_the_request(run):
    assert rows(run("SELECT count(*) FROM nation", catalog="samples", schema="tpch")) == [["25"]]


def test_row_limit_is_reported_as_truncation(run):
    answer = run("SELECT id FROM range(100)", row_limit=10)
    assert len(rows(answer)) == 10 and answer.manifest.truncated is True


def test_dml_counts(run):
    table = f"main.default.sdk_{time.time_ns()}"
    run(f"CREATE TABLE {table} (id INT)")
    try:
        answer = run(f"INSERT INTO {table} VALUES (1), (2)")
        assert answer.manifest.schema.columns[0].name == "num_affected_rows" and rows(answer)[0][0] == "2"
        assert rows(run(f"DELETE FROM {table}"))[0][0] == "2"
    finally:
        assert run(f"DROP TABLE {table}").status.state == StatementState.SUCCEEDED


def test_failure_has_code_and_message(run):
    answer = run("SELECT * FROM main.default.no_such_table")
    assert answer.status.state == StatementState.FAILED
    assert "TABLE_OR_VIEW_NOT_FOUND" in answer.status.error.message and "42P01" in answer.status.error.message


def test_unknown_statement_and_warehouse_are_not_found(workspace):
    with pytest.raises(NotFound):
        workspace.statement_execution.get_statement("01f00000-0000-1000-8000-000000000000")
    with pytest.raises(NotFound):
        workspace.warehouses.get("ffffffffffffffff")


def test_illegal_combination_is_refused(workspace, server):
    with pytest.raises(DatabricksError):
        workspace.statement_execution.execute_statement("SELECT 1", server.warehouse_id, disposition=Disposition.INLINE,
                                                        format=Format.ARROW_STREAM)


def test_polling_after_an_immediate_return(workspace, server):
    answer = workspace.statement_execution.execute_statement("SELECT 7", server.warehouse_id, wait_timeout="0s")
    deadline = time.monotonic() + 60
    while answer.status.state != StatementState.SUCCEEDED and time.monotonic() < deadline:
        time.sleep(0.1)
        answer = workspace.statement_execution.get_statement(answer.statement_id)
    assert rows(answer) == [["7"]]


@pytest.mark.parametrize("format", [Format.ARROW_STREAM, Format.JSON_ARRAY, Format.CSV], ids=lambda f: f.value)
def test_links(workspace, run, format):
    answer = run("SELECT id, 'r' || id AS t FROM range(1000) ORDER BY id", disposition=Disposition.EXTERNAL_LINKS, format=format)
    assert answer.manifest.total_row_count == 1000
    got = [row for link in all_links(workspace, answer) for row in decode(format, fetch(link))]
    assert got == [(i, f"r{i}") for i in range(1000)]


def decode(format, body):
    if format == Format.ARROW_STREAM:
        import pyarrow as pa
        table = pa.ipc.open_stream(body).read_all()
        return list(zip(*(c.to_pylist() for c in table.columns)))
    if format == Format.JSON_ARRAY:
        return [(int(a), b) for a, b in json.loads(body)]
    import csv
    import io
    lines = list(csv.reader(io.StringIO(body.decode())))
    return [(int(a), b) for a, b in lines if a != "id"]


def test_a_million_rows_by_links(workspace, run):
    import pyarrow as pa
    import pyarrow.compute as pc
    query = f"SELECT l_orderkey, l_linenumber, l_extendedprice FROM {BIG} ORDER BY l_orderkey, l_linenumber LIMIT {BIG_LIMIT}"
    want = rows(run(f"SELECT count(*), sum(l_orderkey), sum(l_linenumber), sum(l_extendedprice) FROM ({query})"))[0]
    answer = run(query, disposition=Disposition.EXTERNAL_LINKS, format=Format.ARROW_STREAM)
    assert answer.status.state == StatementState.SUCCEEDED
    assert answer.manifest.total_chunk_count > 1
    count, sums, chunks = 0, [0, 0, 0], []
    for link in all_links(workspace, answer):
        table = pa.ipc.open_stream(fetch(link)).read_all()
        assert (link.row_offset, link.row_count) == (count, table.num_rows)
        count += table.num_rows
        sums = [a + pc.sum(c).as_py() for a, c in zip(sums, table.columns)]
        chunks.append(link.chunk_index)
    assert chunks == list(range(answer.manifest.total_chunk_count))
    assert [str(v) for v in (count, *sums)] == want


def test_inline_chunks(workspace, run):
    answer = run(f"SELECT l_orderkey, l_linenumber FROM {BIG} ORDER BY l_orderkey, l_linenumber LIMIT 200000")
    got, chunk = list(rows(answer)), answer.result
    while chunk.next_chunk_index is not None:
        chunk = workspace.statement_execution.get_statement_result_chunk_n(answer.statement_id, chunk.next_chunk_index)
        got += chunk.data_array
    keys = [(int(a), int(b)) for a, b in got]
    assert len(keys) == 200000 and keys == sorted(keys)


def test_cancel(workspace, server):
    execution = workspace.statement_execution
    answer = execution.execute_statement(ENDLESS, server.warehouse_id, wait_timeout="0s")
    time.sleep(0.5)
    execution.cancel_execution(answer.statement_id)
    deadline = time.monotonic() + 20
    while (state := execution.get_statement(answer.statement_id).status.state) != StatementState.CANCELED:
        assert time.monotonic() < deadline, state
        time.sleep(0.1)


def test_on_wait_timeout_cancel(run):
    answer = run(ENDLESS, wait_timeout="5s", on_wait_timeout=OnTimeout.CANCEL)
    assert answer.status.state == StatementState.CANCELED


def test_warehouses_are_listed(workspace, server):
    found = {w.id: w for w in workspace.warehouses.list()}
    assert server.warehouse_id in found
    assert found[server.warehouse_id].odbc_params.path == server.http_path


def test_warehouse_stops_and_starts(workspace, server):
    warehouses = workspace.warehouses
    assert warehouses.stop(server.warehouse_id).result().state == State.STOPPED
    assert warehouses.start(server.warehouse_id).result().state == State.RUNNING


def test_a_stopped_warehouse_wakes_for_a_statement(workspace, server, run):
    workspace.warehouses.stop(server.warehouse_id).result()
    assert rows(run("SELECT 'awake ' || CAST(uuid() AS STRING) IS NOT NULL")) == [["true"]]
    assert workspace.warehouses.get(server.warehouse_id).state == State.RUNNING
