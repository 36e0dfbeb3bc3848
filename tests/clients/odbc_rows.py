"""What our ODBC driver makes of a result, as one digest, by pyodbc. A line "URL<tab>SQL" comes in, a line "answer ROWS DIGEST"
goes out, or "answer error TEXT". URL is the workspace, or "WORKSPACE PROXY". Run by a Python that has pyodbc: odbc_rows.py
DRIVER TOKEN HTTP_PATH"""
import hashlib
import sys
from urllib.parse import urlsplit

import pyodbc

pyodbc.pooling = False


def connect(where, driver, token, http_path):
    workspace, _, proxy = where.partition(" ")
    at = urlsplit(workspace)
    return pyodbc.connect(f"Driver={driver};Host={at.hostname};Port={at.port};SSL=0;HTTPPath={http_path};UID=token;PWD={token};"
                          + (f"Proxy={proxy};" if proxy else ""), autocommit=True)


def digest(connection, sql):
    cursor, count = connection.execute(sql), 0
    seen = hashlib.sha256(repr(cursor.description).encode())
    while rows := cursor.fetchmany(5000):
        count += len(rows)
        for row in rows:
            seen.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return f"{count} {seen.hexdigest()}"


def main():
    opened = {}
    for line in sys.stdin:
        where, sql = line.rstrip("\n").split("\t", 1)
        try:
            if where not in opened:
                opened[where] = connect(where, *sys.argv[1:])
            print("answer", digest(opened[where], sql), flush=True)
        except pyodbc.Error as e:
            print("answer error", str(e).replace("\n", " "), flush=True)


main()
