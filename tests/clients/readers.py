"""readers: the clients that test_modes.py compares, each as read(url) -> "ROWS DIGEST" over everything the client shows of a
result: names, types, values. Two digests are equal when the client saw the same."""
import hashlib
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow
import pyarrow.ipc
from databricks.sdk.service.sql import Disposition, Format

from test_connector import connect
from test_sdk import all_links, client, fetch

HERE = Path(__file__).parent
ANSWER_SECONDS = 90


def add_values(seen, table):
    """Schema and values of a table. pyarrow cannot show year-month intervals; the other clients do."""
    seen.update(str(table.schema).encode())
    shown = [n for n, field in enumerate(table.schema) if "interval" not in str(field.type)]
    for batch in table.select(shown).to_batches():
        for row in batch.to_pylist():
            seen.update(repr(row).encode("utf-8", "surrogatepass"))


class Connector:
    """databricks-sql-connector: Arrow, small results with the answer, large ones behind links."""

    def __init__(self, server):
        self.server, self.open = server, {}

    def read(self, url, sql):
        if url not in self.open:
            self.open[url] = connect(self.server.at(url))
        with self.open[url].cursor() as cursor:
            cursor.execute(sql)
            table, seen = cursor.fetchall_arrow(), hashlib.sha256(repr(cursor.description).encode())
        add_values(seen, table)
        return f"{table.num_rows} {seen.hexdigest()}"

    def close(self):
        for connection in self.open.values():
            try:
                connection.close()
            except Exception:  # pylint: disable=broad-except # its proxy may be gone by now
                pass


class SdkInline:
    """databricks-sdk: the JSON texts in the answers, chunk by chunk."""

    def __init__(self, server):
        self.server = server

    def execute(self, url, sql, **how):
        workspace = client(self.server.at(url))
        answer = workspace.statement_execution.execute_statement(sql, self.server.warehouse_id, wait_timeout="50s", **how)
        assert answer.manifest, answer.status
        return workspace, answer, hashlib.sha256(repr(shape(answer.manifest)).encode())

    def read(self, url, sql):
        workspace, answer, seen = self.execute(url, sql)
        part = answer.result
        while True:
            for row in part.data_array or []:
                seen.update(repr(row).encode("utf-8", "surrogatepass"))
            if part.next_chunk_index is None:
                return f"{answer.manifest.total_row_count} {seen.hexdigest()}"
            part = workspace.statement_execution.get_statement_result_chunk_n(answer.statement_id, part.next_chunk_index)

    def close(self):
        pass


class SdkLinks(SdkInline):
    """databricks-sdk: the Arrow streams behind the links. Their bytes are not compared between two runs: what lies under a NULL is
    chance."""

    def read(self, url, sql):
        return self.read_links(url, sql, lambda seen, data: add_values(seen, pyarrow.ipc.open_stream(data).read_all()))

    def read_bytes(self, url, sql):
        return self.read_links(url, sql, lambda seen, data: seen.update(data))

    def read_links(self, url, sql, add):
        workspace, answer, seen = self.execute(url, sql, disposition=Disposition.EXTERNAL_LINKS, format=Format.ARROW_STREAM)
        for link in all_links(workspace, answer):
            seen.update(f"{link.chunk_index} {link.row_offset} {link.row_count} {link.byte_count}\n".encode())
            add(seen, fetch(link))
        return f"{answer.manifest.total_row_count} {seen.hexdigest()}"


def shape(manifest):
    """Of a manifest everything that speaks of the result."""
    return {k: v for k, v in manifest.as_dict().items() if k != "format"} | {"format": str(manifest.format)}


class Worker:
    """A client in a process of its own that answers line by line."""

    def __init__(self, command, env=None):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True,
                                        encoding="utf-8", bufsize=1, env=env)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            if line.startswith("answer "):
                self.lines.put(line.rstrip("\n").removeprefix("answer "))

    def read(self, url, sql):
        self.process.stdin.write(f"{url}\t{sql}\n")
        self.process.stdin.flush()
        return self.lines.get(timeout=ANSWER_SECONDS)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Jdbc(Worker):
    def __init__(self, server):
        super().__init__(["java", "-Xmx512m", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8",
                          "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", os.environ["CLIENTS_JDBC"],
                          str(HERE / "JdbcRows.java"), server.token, server.http_path])


class Odbc(Worker):
    """Our driver. It goes to the workspace and is told of the proxy, as Proxy= has it."""

    def __init__(self, server):
        self.workspace = server.upstream
        env = dict(os.environ, ODBCSYSINI="/nonexistent", ODBCINI="/nonexistent")
        super().__init__([os.environ["CLIENTS_ODBC_PYTHON"], str(HERE / "odbc_rows.py"), os.environ["DBX_DRIVER"], server.token,
                          server.http_path], env)

    def read(self, url, sql):
        return super().read(url if url == self.workspace else f"{self.workspace} {url}", sql)


READERS = {"connector": Connector, "sdk-inline": SdkInline, "sdk-links": SdkLinks, "jdbc": Jdbc, "odbc": Odbc}
