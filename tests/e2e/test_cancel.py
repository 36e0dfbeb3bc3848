"""Cancelling from another thread through pyodbc: at once here, and at the server as soon as it has named the statement."""
import threading
import time

import pyodbc
import pytest

SLOW = {"type": "slow_statement", "ms": 30000}


def wait_until(true, seconds):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()


def run_cancelled(cursor, sandbox):
    """Executes something slow, cancels it once it runs; the error and the seconds from the cancel to it."""
    seen = {}

    def execute():
        try:
            cursor.execute("SELECT 'slow'").fetchall()
        except pyodbc.Error as e:
            seen["error"] = e
        seen["ended"] = time.monotonic()

    with sandbox.fault({"route": "execute", "body": "slow"}, SLOW, count=1):
        thread = threading.Thread(target=execute)
        thread.start()
        wait_until(lambda: sandbox.counters()["active_statements"], 10)
        began = time.monotonic()
        cursor.cancel()
        thread.join(10)
    return seen["error"], seen["ended"] - began


def test_cancelling_returns_within_a_second_with_HY008_and_the_cursor_goes_on(direct, sandbox):
    cursor = direct.cursor()
    error, seconds = run_cancelled(cursor, sandbox)
    assert error.args[0] == "HY008"
    assert seconds < 1
    assert cursor.execute("SELECT 3").fetchval() == 3


@pytest.mark.parametrize("closed", [False, True], ids=["connected", "disconnected"])
def test_a_cancelled_statement_ends_at_the_server(odbc, sandbox, closed):
    connection = odbc.connect()
    run_cancelled(connection.cursor(), sandbox)
    if closed:
        connection.close()
    wait_until(lambda: not sandbox.counters()["active_statements"], 15)
    if not closed:
        connection.close()
