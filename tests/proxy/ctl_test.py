"""dbxproxyctl against a running dbxproxyd. Prints TAP."""
import json
import os
import subprocess
import sys

import daemon_test
from admin_test import Operated

CTL = os.path.join(os.path.dirname(sys.argv[1]), "dbxproxyctl")


def ctl(p, *args, env=None, stdin=None):
    where = {"DBXPROXY_ADMIN": "unix:" + p.socket} if p else {}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DBXPROXY") and k != "XDG_RUNTIME_DIR"}
    return subprocess.run([CTL, *args], capture_output=True, text=True, timeout=60, input=stdin,
                          env={**clean, **where, **(env or {})})


def test_status_and_hit_rates_read_well():
    with Operated() as p:
        p.execute("SELECT 1")
        for _ in range(3):
            p.execute("SELECT 1")
        p.execute("SELECT now()")
        status = ctl(p, "status")
        assert status.returncode == 0 and not status.stderr, status
        assert "ready" in status.stdout and "75.0 % of 4 cacheable" in status.stdout, status.stdout
        rates = ctl(p, "hit-rates").stdout
        assert "75.0 %" in rates and "clock" in rates and "depends on the time" in rates, rates
        assert json.loads(ctl(p, "status", "--json").stdout)["status"]["totals"]["hit"] == 3


def test_flush_makes_the_next_request_a_miss():
    with Operated() as p:
        p.execute("SELECT 1")
        assert p.execute("SELECT 1").hit
        done = ctl(p, "flush", "--all")
        assert done.returncode == 0 and "unusable" in done.stdout, done
        assert not p.execute("SELECT 1").hit
        refused = ctl(p, "flush", "--all", "--tenant", "nobody-of-this-name")
        assert refused.returncode == 1 and "nobody-of-this-name" in refused.stderr, refused
        assert ctl(p, "flush").returncode == 2
        assert ctl(p, "flush", "--all", "--tag", "x").returncode == 2


def test_explain_reads_arguments_and_standard_input():
    with Operated() as p:
        said = ctl(p, "explain", "SELECT rand()")
        assert said.returncode == 0 and "random" in said.stdout, said
        assert "cacheable            no" in said.stdout, said.stdout
        piped = ctl(p, "explain", "-", "--catalog", "main", "--schema", "s", "--json", stdin="SELECT a FROM t")
        assert json.loads(piped.stdout)["cacheable"] is True, piped
        token = ctl(p, "explain", "SELECT 1", "--token-env", "T", env={"T": "alice"})
        assert token.returncode == 0 and "alice" not in token.stdout, token
        assert ctl(p, "explain", "SELECT 1", "--token-env", "NOT_SET").returncode == 2
        assert ctl(p, "explain").returncode == 2
        assert not p.up.executed


def test_loglevel_reload_metrics_and_top_work():
    with Operated() as p:
        p.execute("SELECT 1")
        assert ctl(p, "loglevel").stdout.strip() == "WARNING"
        assert ctl(p, "loglevel", "debug").stdout.strip() == "DEBUG"
        assert ctl(p, "loglevel", "loud").returncode == 1
        assert ctl(p, "reload").stdout == "reloaded\n"
        assert "dbxproxy_requests_total" in ctl(p, "metrics").stdout
        assert ctl(p, "top", "--by", "saved").stdout.startswith("DIGEST")
        assert ctl(p, "top", "--by", "beauty").returncode == 2


def test_a_configuration_that_became_bad_is_told_and_not_used():
    with Operated() as p:
        with open(os.path.join(p.folder.name, "dbxproxy.ini"), "a") as f:
            f.write("[cache]\nttl = soon\n")
        refused = ctl(p, "reload")
        assert refused.returncode == 1 and "dbxproxy.ini" in refused.stderr and "ttl" in refused.stderr, refused
        assert p.execute("SELECT 1").status == 200


def test_tcp_needs_the_token_and_the_socket_does_not():
    with Operated() as p:
        refused = ctl(None, "--admin", p.admin, "status")
        assert refused.returncode == 1 and "token" in refused.stderr, refused
        assert ctl(None, "--admin", p.admin, "status", env={"DBXPROXY_ADMIN_TOKEN": "s3cret-admin-token"}).returncode == 0
        assert ctl(None, "--admin", p.socket, "status").returncode == 0


def test_drain_ends_the_daemon():
    with Operated() as p:
        assert ctl(p, "drain").returncode == 0
        assert p.process.wait(20) == 0
        assert ctl(p, "status").returncode == 3


def test_mistakes_have_a_sentence_and_a_status():
    assert ctl(None, "--help").returncode == 0 and "flush" in ctl(None, "--help").stdout
    assert "dbxproxyctl" in ctl(None, "--version").stdout
    for args, status in (((), 2), (("dance",), 2), (("status", "x"), 2), (("status", "--all"), 2), (("--nonsense",), 2),
                         (("--admin", "/nonexistent/sock", "status"), 3), (("--admin", "127.0.0.1:1", "status"), 3)):
        run = ctl(None, *args)
        assert run.returncode == status and run.stderr, (args, run)


if __name__ == "__main__":
    sys.exit(daemon_test.main_of(globals()))
