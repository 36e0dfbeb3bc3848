#!/usr/bin/env python3
"""peer_python - a Databricks client in Python reads one result; prints the JSON that bench/fetch prints.

    peer_python.py CLIENT HOST PORT HTTP_PATH TOKEN SQL

CLIENT is connector (databricks-sql-connector on this REST API, fetchall_arrow), cells (the same, and every cell becomes a
Python value), or kernel (databricks-sql-kernel, the Rust client that the connector's newest backend stands on, asked directly;
it only hands over Arrow).
"""
import json
import logging
import resource
import sys
import time


def connector_tables(host, port, http_path, token, sql):
    from databricks import sql as connector
    logging.disable(logging.CRITICAL)
    c = connector.connect(server_hostname="http://" + host, _port=port, http_path=http_path, access_token=token, use_sea=True,
                          enable_telemetry=False, _retry_stop_after_attempts_count=3)
    begin = time.monotonic(), cpu_seconds()    # importing is not reading
    cursor = c.cursor()
    cursor.execute(sql)
    yield begin
    yield cursor.fetchall_arrow()
    c.close()


def kernel_batches(host, port, http_path, token, sql):
    import databricks_sql_kernel as kernel
    session = kernel.Session(host=f"http://{host}:{port}", http_path=http_path, auth_type="pat", access_token=token)
    begin = time.monotonic(), cpu_seconds()    # importing is not reading
    statement = session.statement()
    statement.set_sql(sql)
    result = statement.execute()
    yield begin
    while (batch := result.fetch_next_batch()) is not None:
        yield batch
    result.close()
    session.close()


def as_python(part):
    """Every cell, a batch at a time, as a program that walks over rows would hold them."""
    for batch in part.to_batches():
        for column in batch.columns:
            column.to_pylist()


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mib():
    with open("/proc/self/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) / 1024


def main():
    client, host, port, http_path, token, sql = sys.argv[1:]
    parts = (kernel_batches if client == "kernel" else connector_tables)(host, int(port), http_path, token, sql)
    (begin, cpu), first, rows, columns = next(parts), None, 0, 0
    for part in parts:
        first = first or time.monotonic()
        rows += part.num_rows
        columns = part.num_columns
        if client == "cells":
            as_python(part)
        end = time.monotonic()
    print(json.dumps({"rows": rows, "columns": columns, "first_rowset_s": round(first - begin, 6), "seconds": round(end - begin, 6),
                      "peak_rss_mib": round(peak_mib(), 1), "cpu_s": round(cpu_seconds() - cpu, 3)}))


main()
