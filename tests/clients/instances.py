"""instances: dbxproxyd processes and a redis-server of a test's own, each to be stopped and killed at will."""
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request


def until(check, what, seconds=20):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, what + " did not happen"
        time.sleep(0.05)


class Redis:
    """The real one, empty, on a Unix socket in a folder of its own."""

    def __init__(self, folder):
        self.path = str(folder / "redis.sock")
        self.url = "unix:" + self.path
        self.process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly",
                                         "no", "--dir", str(folder)], stdout=subprocess.DEVNULL)
        until(self.answers, "redis-server")

    def answers(self):
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(self.path)
            s.sendall(command.encode() + b"\r\n")
            return s.recv(4096).decode().split("\r\n")[0]

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


class Instance:
    """One dbxproxyd, with settings as in "cache.ttl=5m"."""

    def __init__(self, folder, name, upstream, *settings):
        ready, self.access = folder / (name + ".json"), folder / (name + ".access")
        self.log = open(folder / (name + ".log"), "wb")
        command = [os.environ["DBX_PROXYD"], "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream", upstream,
                   "--ready-file", str(ready), "--access-log", str(self.access)]
        self.process = subprocess.Popen(command + [w for s in settings for w in ("--set", s)], stderr=self.log)
        until(lambda: ready.exists() and ready.stat().st_size, "dbxproxyd")
        told = json.loads(ready.read_text())
        self.url, self.admin = "http://" + told["listen"][0], "http://" + told["admin"][0]

    def metric(self, name):
        """The sum of all its samples."""
        with urllib.request.urlopen(self.admin + "/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))

    def executed(self):
        """What the access log says of the statements so far, latest last."""
        found = [json.loads(line) for line in self.access.read_text().splitlines()]
        return [line for line in found if line["route"] == "execute"]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.log.close()
