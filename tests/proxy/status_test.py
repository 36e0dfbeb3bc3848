"""The status page in a real browser, against a running dbxproxyd. Prints TAP; skipped where there is no browser."""
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile

import daemon_test
from daemon_test import Proxy

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proxy", "daemon", "status.html")


def browse(url, width=1200, dark=False, script_ms=4000):
    """The document as it stands after the page had time to ask, and what its console said."""
    with tempfile.TemporaryDirectory() as profile:
        args = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
                "--user-data-dir=" + profile, "--window-size=%d,900" % width, "--virtual-time-budget=%d" % script_ms]
        if dark:
            args.append("--blink-settings=preferredColorScheme=0")
        run = subprocess.run([*args, "--dump-dom", url], capture_output=True, text=True, timeout=80)
        console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
        return run.stdout, console


def text_of(dom, element_id):
    found = re.search(r'<(\w+)[^>]*id="%s"[^>]*>(.*?)</\1>' % element_id, dom, re.S)
    assert found, element_id
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(2))).strip()


def test_empty_page_says_so_and_is_ready():
    with Proxy() as p:
        dom, console = browse("http://%s/" % p.admin)
        assert not console, console
        assert text_of(dom, "state") == "ready" and "No cacheable statement" in text_of(dom, "rate"), dom[-3000:]
        assert "None since the start" in text_of(dom, "errors")


def test_busy_page_shows_hit_rate_reasons_and_bars():
    with Proxy() as p:
        p.execute("SELECT 1")
        for _ in range(3):
            p.execute("SELECT 1")
        p.execute("SELECT now()")
        p.execute("SELECT <b>rand()")
        for width, dark in ((1200, False), (400, True)):
            dom, console = browse("http://%s/" % p.admin, width, dark)
            assert not console, console
            assert text_of(dom, "rate").startswith("75.0") and "of 4 cacheable" in text_of(dom, "rate"), text_of(dom, "rate")
            assert "clock" in text_of(dom, "why") and "not kept yet" in text_of(dom, "why"), text_of(dom, "why")
            assert "<rect" in dom and "3 from the cache" in dom


def test_page_tells_when_the_daemon_is_gone():
    with Proxy() as p:
        with open(PAGE) as f:
            page = f.read().replace('"admin/v1/status.json"', '"http://127.0.0.1:1/status.json"')
        with tempfile.NamedTemporaryFile("w", suffix=".html") as f:
            f.write(page)
            f.flush()
            dom, _ = browse("file://" + f.name)
        assert "no answer" in text_of(dom, "state")


def test_page_loads_nothing_from_elsewhere_and_is_labelled():
    with Proxy() as p:
        conn = http.client.HTTPConnection(p.admin, timeout=30)
        conn.request("GET", "/")
        answer = conn.getresponse()
        page = answer.read().decode()
        assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r'(src|href)="(https?:)?//', page) and "@import" not in page and "url(" not in page
        for section in re.findall(r"<section[^>]*>", page):
            assert "aria-labelledby" in section, section
        assert 'role="img"' in page and "prefers-color-scheme: dark" in page and "innerHTML" not in page


if __name__ == "__main__":
    if not BROWSER:
        print("1..0 # SKIP no Chromium here")
        sys.exit(0)
    sys.exit(daemon_test.main_of(globals()))
