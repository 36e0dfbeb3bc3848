"""Recorded answers of a real warehouse go through the driver: every value, count and error must come out as recorded."""
import json
import urllib.parse
from datetime import date, datetime
from decimal import Decimal

import pyodbc
import pytest

from replay import Recording, ReplayServer, recordings_root

NAMES = [
    "testintervaltypes", "testtimestamp", "testnullhandling.invocation1", "testinsertstatement", "testcomplexquerysubqueries",
    "testcomplexqueryjoins", "testcatalogandschemainformation", "testgetmetadata_noresultset",
    "testhandlingnullvalueswithpreparedstatement", "testpreparedstatementexecution",
    "testpreparedstatementsetbytesvalidarray.invocation1", "testsetobject.invocation1", "testsetobject.invocation3",
    "testsetobject.invocation5", "testsetobject.invocation7", "testretrievalofbasicdatatypes", "testretrievalofcomplexdatatypes",
    "testhybridsmallquery",
]


@pytest.fixture
def replay(odbc, repo, environ):
    """Opens a connection to a server that repeats the named recording."""
    opened = []

    def start(name):
        server = ReplayServer(Recording(recordings_root(repo, environ), name)).__enter__()
        opened.append(server)
        return server, odbc.connect_to("127.0.0.1", server.port, "dd43ee29fedd958d", "any-token")

    yield start
    for server in opened:
        server.__exit__()


@pytest.fixture(scope="session")
def decoded(repo, environ):
    """Independent decodes of the recorded bodies: by storage path, or by statement id for answers that carry their data."""
    root = recordings_root(repo, environ)
    by_key = {}
    for path in (root.parent / "bodies").glob("*.rows.json"):
        rows = json.loads(path.read_text())
        if not (root / rows["source"]).exists():  # a recording that is not among ours
            continue
        stub = json.loads((root / rows["source"]).read_text())
        if rows["source"].startswith("cloudfetchapi"):
            by_key[urllib.parse.urlsplit(stub["request"].get("url") or stub["request"]["urlPath"]).path] = rows
        else:
            by_key[json.loads(stub["response"]["body"])["statement_id"]] = rows
    return by_key


def interval_text(micros):
    """Day-time intervals as the vendor's server words them: D HH:MM:SS.nnnnnnnnn."""
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1_000_000)
    return f"{sign}{seconds // 86400} {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micros * 1000:09}"


def as_recorded(value, wanted):
    """What the driver delivered, in the notation of the decodes."""
    if isinstance(wanted, dict) and "hex" in wanted:
        return {"hex": value.hex()}
    if isinstance(wanted, dict) and "months" in wanted:
        years, months = value.split("-")
        return {"months": int(years) * 12 + int(months)}
    if isinstance(wanted, dict) and "us" in wanted:
        return wanted if value == interval_text(wanted["us"]) else value
    if isinstance(value, datetime):  # wall time of the session's zone: the zone itself is not ODBC's to give
        return wanted if datetime.fromisoformat(wanted).replace(tzinfo=None) == value else value
    if isinstance(value, (Decimal, date)):
        return str(value)
    return value


def as_python(parameter):
    """A recorded parameter as the value that a Python program would bind."""
    if parameter.get("value") is None:
        return None
    return {"INT": int, "DECIMAL": Decimal}.get(parameter["type"].split("(")[0], str)(parameter["value"])


def same_parameters(sent, recorded):
    def key(p):
        return p["ordinal"], p["type"], p.get("value")
    return [key(p) for p in sent] == [key(p) for p in recorded]


def expected_rows(answer, decoded):
    result = answer.get("result", {})
    if "data_array" in result:
        return None
    links = result.get("external_links")
    return decoded.get(urllib.parse.urlsplit(links[0]["external_link"]).path if links else answer["statement_id"])


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_answer_comes_out_as_recorded(name, replay, decoded):
    server, db = replay(name)
    compared = 0
    for text, answers in list(server.recording.statements.items()):
        recorded = server.recording.parameters[text]
        for _, body in list(answers):
            answer = json.loads(body)
            cursor = db.cursor().execute(text, [as_python(p) for p in recorded])
            assert same_parameters(server.sent[-1][1], recorded)
            columns = answer["manifest"]["schema"].get("columns", [])
            wanted = expected_rows(answer, decoded)
            if columns and columns[0]["name"] == "num_affected_rows":
                assert cursor.description is None
                if wanted:
                    assert cursor.rowcount == wanted["rows_first_60"][0][0]
            elif not columns:
                assert cursor.description is None
            else:
                assert [c[0] for c in cursor.description] == [c["name"] for c in columns]
                rows = cursor.fetchall()
                assert len(rows) == answer["manifest"]["total_row_count"]
                if wanted:
                    for got, want in zip(rows, wanted["rows_first_60"]):
                        assert [as_recorded(g, w) for g, w in zip(got, want)] == want
            compared += 1
    db.close()
    # types of parameters were asked for, which the recorded client did not do
    assert compared and not [t for t in server.unknown if not t.startswith("DESCRIBE TABLE ")]
    assert not [r for r in server.requests if "storage" not in r[1] and r[0] == "GET" and "Authorization" in r[2]
                and r[1] in server.recording.storage], "a download carried the token"


def test_timestamps_inline_keep_their_instant(replay):
    server, db = replay("testtimestamp")
    for text in server.recording.statements:
        if text.startswith("SELECT"):
            first = db.cursor().execute(text).fetchall()
            second = db.cursor().execute(text).fetchall()
            assert [tuple(r) for r in first] == [tuple(r) for r in second], "Arrow and JSON_ARRAY answers differ"
            assert first[0][1] == datetime(2021, 1, 1, 10, 0)


def test_a_syntax_error_has_the_servers_words_and_state_42000(replay):
    server, db = replay("testquerysyntaxerror")
    text = next(t for t in server.recording.statements if t.startswith("INSER "))
    with pytest.raises(pyodbc.Error) as caught:
        db.cursor().execute(text)
    assert caught.value.args[0] == "42000"
    assert "PARSE_SYNTAX_ERROR" in caught.value.args[1] and "42601" in caught.value.args[1]
    assert "01ef9de4-091e-1cca-a458-a00ed5ab7b11" in caught.value.args[1], "the statement id is missing"


def test_a_refused_token_is_28000_when_connecting(replay):
    with pytest.raises(pyodbc.Error) as caught:
        replay("testincorrectcredentialsforoauth")
    assert caught.value.args[0] == "28000" and "Invalid access token" in caught.value.args[1]
    assert "any-token" not in caught.value.args[1]


def test_a_missing_chunk_is_an_error_and_never_an_early_end(replay):
    server, db = replay("testmultichunkselect")  # the recording lacks the body of chunk 0
    text = next(t for t, a in server.recording.statements.items() if "chunk" in a[0][1])
    with pytest.raises(pyodbc.Error) as caught:
        db.cursor().execute(text).fetchall()
    assert caught.value.args[0] in ("08S01", "HY000") and "chunk 0" in caught.value.args[1]
