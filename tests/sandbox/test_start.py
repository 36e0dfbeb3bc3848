"""Starting and stopping: a killed first start, a quick second one, neighbours on the same data, TLS."""
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest

from sandbox import sampledata

ROOT = pathlib.Path(__file__).resolve().parents[2]


def start(tmp_path, *more, name="ready.json"):
    ready = tmp_path / name
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--quiet", "--ready-file", str(ready), *more], cwd=ROOT)
    return process, ready


def wait(process, ready, seconds=60):
    for _ in range(seconds * 20):
        if ready.exists():
            return json.loads(ready.read_text())
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("not ready")


def ask(info, sql, context=None):
    body = json.dumps({"statement": sql, "warehouse_id": info["warehouse_id"]}).encode()
    request = urllib.request.Request(info["url"] + "/api/2.0/sql/statements", body, {"Authorization": "Bearer " + info["token"]})
    return json.load(urllib.request.urlopen(request, timeout=30, context=context))


def test_a_killed_first_start_leaves_nothing_half_made(tmp_path):
    data = tmp_path / "data"
    process, ready = start(tmp_path, "--data", str(data))
    for _ in range(400):
        if list(data.glob(".making-*")):
            break
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (data / sampledata.file_name()).exists() and not ready.exists()
    process, ready = start(tmp_path, "--data", str(data))
    info = wait(process, ready)
    assert ask(info, "SELECT count(*) FROM samples.tpch.lineitem")["result"]["data_array"] == [["600572"]]
    process.terminate()
    assert process.wait(10) == 0 and not ready.exists()
    assert sorted(p.name for p in data.iterdir()) == [".lock", sampledata.file_name()]


def test_a_second_start_is_quick_and_neighbours_do_not_disturb_each_other(info, tmp_path):
    started = time.monotonic()
    process, ready = start(tmp_path)
    other = wait(process, ready)
    assert time.monotonic() - started < 3
    ask(other, "DELETE FROM samples.tpch.nation")
    assert ask(other, "SELECT count(*) FROM samples.tpch.nation")["result"]["data_array"] == [["0"]]
    assert ask(info, "SELECT count(*) FROM samples.tpch.nation")["result"]["data_array"] == [["25"]]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_tls_on_both_origins(info, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "1", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
    process, ready = start(tmp_path, "--tls-cert", str(cert), "--tls-key", str(key))
    other = wait(process, ready)
    assert other["url"].startswith("https://") and other["storage_url"].startswith("https://")
    context = ssl.create_default_context(cafile=str(cert))
    assert ask(other, "SELECT 1", context)["result"]["data_array"] == [["1"]]
    process.terminate()
    assert process.wait(10) == 0


def test_help_and_wrong_settings():
    out = subprocess.run([sys.executable, "-m", "sandbox", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0 and "--ready-file" in out.stdout
    out = subprocess.run([sys.executable, "-m", "sandbox", "--set", "nonsense=1"], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode != 0 and "unknown setting nonsense" in out.stderr


