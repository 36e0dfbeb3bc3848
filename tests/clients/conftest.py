"""Where the server under test is: $CLIENTS_SERVER names a JSON file with url, token, warehouse_id, control and, with a
proxy in front, upstream."""
import json
import os
import urllib.request
from dataclasses import dataclass, replace

import pytest

BIG = "samples.tpch_big.lineitem"
BIG_LIMIT = 1_000_000
# Long enough to be cancelled in the middle, whatever the machine.
ENDLESS = f"SELECT count(*) FROM {BIG} a CROSS JOIN {BIG} b WHERE a.l_comment < b.l_comment"


@dataclass(frozen=True)
class Server:
    url: str
    token: str
    warehouse_id: str
    control: str = None
    proxied: bool = False
    upstream: str = None    # where the workspace itself is, when url is that of a proxy

    @property
    def http_path(self):
        return f"/sql/1.0/warehouses/{self.warehouse_id}"

    def at(self, url):
        """The same workspace, reached another way."""
        return replace(self, url=url)

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def server():
    with open(os.environ["CLIENTS_SERVER"], encoding="utf-8") as f:
        return Server(**json.load(f))
