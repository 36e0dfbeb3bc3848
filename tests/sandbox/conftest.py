"""One sandbox for all tests here, in a process of its own; its sample data is shared with other runs."""
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib import Client  # noqa: E402


def recordings_dir():
    for place in (os.environ.get("DBX_RECORDINGS"), ROOT / "tests" / "recordings"):
        if place and pathlib.Path(place).is_dir():
            return pathlib.Path(place)
    return None


@pytest.fixture(scope="session")
def info(tmp_path_factory):
    ready = tmp_path_factory.mktemp("sandbox") / "ready.json"
    log = open(ready.with_suffix(".log"), "w+")
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--ready-file", str(ready), "--start-delay", "0.3"], cwd=ROOT, stderr=log)
    for _ in range(1200):
        if ready.exists():
            break
        assert process.poll() is None, "the sandbox did not start: " + open(log.name).read()
        time.sleep(0.05)
    yield json.loads(ready.read_text())
    process.terminate()
    assert process.wait(10) == 0
    log.seek(0)
    assert "Traceback" not in log.read()


@pytest.fixture
def box(info):
    """A client as alice; faults and settings are put back afterwards."""
    client = Client(info)
    client.control("POST", "restore")
    yield client
    client.control("POST", "restore")
    client.close()


@pytest.fixture(scope="session")
def recordings():
    found = recordings_dir()
    if found is None:
        pytest.skip("no recordings here")
    return found
