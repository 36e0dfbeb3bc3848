"""catalog - cassettes for catalog functions: what the sandbox answers to the statements that our driver sends for them."""
import argparse
import json
import shutil
import subprocess
import time

from recorder import Recorder, save_cassette
from servers import Missing, Mock, run

STATEMENTS = {"catalog_tables": "SHOW TABLES", "catalog_columns": "information_schema.columns"}
N_TABLES, N_COLUMNS = 1000, 20


def ask_sandbox(sandbox, sql):
    body = json.dumps({"warehouse_id": sandbox["warehouse_id"], "statement": sql, "wait_timeout": "50s"})
    return run("curl", "-sS", "--fail", "-H", f"Authorization: Bearer {sandbox['token']}", "--json", body, f"{sandbox['url']}/api/2.0/sql/statements")


def record_catalog(lab, driver, cases):
    """Starts a sandbox, fills it with tables, and keeps what it answers to our own catalog functions."""
    print(f"  recording catalog answers of {N_TABLES} tables x {N_COLUMNS} columns", flush=True)
    ready = lab.scratch / "sandbox.json"
    with open(lab.scratch / "sandbox.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([lab.python, "-m", "sandbox", "--host", "127.0.0.1", "--port", "0", "--storage-port", "0",
                                    "--ready-file", ready, "--quiet"], cwd=lab.root, stdout=log, stderr=log)
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise Missing("the sandbox did not start")
            time.sleep(0.1)
        sandbox = json.loads(ready.read_text())
        ask_sandbox(sandbox, "CREATE SCHEMA main.bench")
        columns = ", ".join(f"column_{i} {'BIGINT STRING DECIMAL(18,2) DATE'.split()[i % 4]}" for i in range(N_COLUMNS))
        for i in range(N_TABLES):
            ask_sandbox(sandbox, f"CREATE TABLE main.lab.table_{i:04d} ({columns})")
        recorder = Recorder("127.0.0.1", sandbox["port"])
        seen = argparse.Namespace(host=recorder.host, port=recorder.port, http_path=sandbox["http_path"], token=sandbox["token"])
        for case in cases:
            driver.measure(case, seen)
            save_cassette(recorder.asked(STATEMENTS[case.table]), lab.data / case.table)
        recorder.stop()
    finally:
        process.terminate()
        process.wait()


def is_recorded(lab, driver, cases):
    """Are there cassettes for what the driver asks today?"""
    try:
        mock = Mock(lab.build / "bench/mock", lab.data, lab.scratch, "try", [])
        try:
            return all(driver.measure(c, mock)["rows"] >= N_TABLES for c in cases)
        finally:
            mock.stop()
    except (Missing, OSError):
        return False


def prepare_catalog(lab, driver, cases):
    cases = [c for c in cases if c.table in STATEMENTS]
    if cases and not is_recorded(lab, driver, cases):
        for case in cases:
            shutil.rmtree(lab.data / case.table, ignore_errors=True)
        record_catalog(lab, driver, cases)
