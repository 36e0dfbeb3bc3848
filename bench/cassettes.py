#!/usr/bin/env python3
"""cassettes - pre-made answers for bench/mock: results of a warehouse as chunks of LZ4 frames around Arrow streams.

    cassettes.py DIR                    makes what is missing there; runs in the sandbox's Python environment
    cassettes.py DIR --csv NAME FILE    writes the rows of one of them as CSV, for databases to load

A cassette is a folder: manifest.json (columns as the REST API announces them, rows and bytes of each chunk) and chunks.bin
(the chunks one behind the other). The name of the folder is the name of the table that the statement asks for, unless
the manifest has a "match": a text that the statement contains.
"""
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import duckdb
import lz4.frame
import pyarrow as pa
from pyarrow import csv

CHUNK_BYTES = 20 << 20      # before compression, as warehouses cut them
BATCH_ROWS = 20000

# What DuckDB calls a type: its text and its name in the REST API.
TYPES = {"BIGINT": ("BIGINT", "LONG"), "INTEGER": ("INT", "INT"), "VARCHAR": ("STRING", "STRING"), "DATE": ("DATE", "DATE"),
         "DOUBLE": ("DOUBLE", "DOUBLE"), "TIMESTAMP": ("TIMESTAMP_NTZ", "TIMESTAMP_NTZ")}

LINEITEM = "SELECT l_orderkey::BIGINT l_orderkey, l_partkey::BIGINT l_partkey, l_suppkey::BIGINT l_suppkey, " \
    "l_linenumber::INTEGER l_linenumber, l_quantity::DECIMAL(18,2) l_quantity, l_extendedprice::DECIMAL(18,2) l_extendedprice, " \
    "l_discount::DECIMAL(18,2) l_discount, l_tax::DECIMAL(18,2) l_tax, l_returnflag::VARCHAR l_returnflag, " \
    "l_linestatus::VARCHAR l_linestatus, l_shipdate::DATE l_shipdate, l_commitdate::DATE l_commitdate, " \
    "l_receiptdate::DATE l_receiptdate, l_shipinstruct::VARCHAR l_shipinstruct, l_shipmode::VARCHAR l_shipmode, " \
    "l_comment::VARCHAR l_comment FROM '{parquet}/lineitem.parquet'"
UNICODE = "SELECT i::BIGINT id, 'Ωμέγα ' || (i * 7919 % 100003) || ' ñandú' greek, " \
    "repeat('漢字かな交じり文', 1 + i::INTEGER % 6) cjk, " \
    "'😀 smile ' || i || ' 👩‍👩‍👧‍👦' emoji, CASE WHEN i % 10 = 0 THEN NULL ELSE 'plain ascii text number ' || i END plain " \
    "FROM range(500000) t(i)"
NUMERIC = "SELECT i::BIGINT a, (i * 2654435761 % 2147483647)::INTEGER b, (i * 0.37)::DOUBLE c, sqrt(i)::DOUBLE d, " \
    "((i * 7919 % 100000000) / 100.0)::DECIMAL(18,2) e, (i * 1000003 % 1000000007)::DECIMAL(38,6) f, " \
    "CASE WHEN i % 5 = 0 THEN NULL ELSE i END::BIGINT g, TIMESTAMP '2020-01-01' + to_microseconds(i * 1234567) h FROM range(1000000) t(i)"

CASSETTES = {
    "lineitem_6m": LINEITEM,
    "lineitem_1m": LINEITEM + " LIMIT 1000000",
    "unicode_500k": UNICODE,
    "numeric_1m": NUMERIC,
    "select_1": "SELECT 1::INTEGER AS one",
}
MATCHES = {"select_1": "SELECT 1"}


def api_type(name, text):
    base = text.split("(")[0]
    if base != "DECIMAL":
        return {"name": name, "type_text": TYPES[base][0], "type_name": TYPES[base][1]}
    precision, scale = map(int, text[text.index("(") + 1:-1].split(","))
    return {"name": name, "type_text": text, "type_name": "DECIMAL", "type_precision": precision, "type_scale": scale}


def frames(*messages):
    return b"".join(lz4.frame.compress(m, block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB, content_checksum=True,
                                       store_size=False) for m in messages)


def stream(schema, batches):
    """One chunk: its bytes on the wire, and its size before compression."""
    messages = [schema.serialize()] + [b.serialize() for b in batches] + [b"\xff\xff\xff\xff\x00\x00\x00\x00"]
    return frames(*messages), sum(len(m) for m in messages)


def chunks_of(reader):
    """Lists of batches of about CHUNK_BYTES together."""
    pending, size = [], 0
    for batch in reader:
        pending.append(batch)
        size += batch.nbytes
        if size + batch.nbytes > CHUNK_BYTES:
            yield pending
            pending, size = [], 0
    if pending:
        yield pending


def plain(schema):
    """DuckDB marks every column as nullable and may announce string views; the wire knows plain strings."""
    return pa.schema([pa.field(f.name, pa.string() if pa.types.is_string_view(f.type) else f.type) for f in schema])


def make(folder, db, sql):
    work = folder + ".new"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    described = db.execute("DESCRIBE " + sql).fetchall()
    columns = [dict(api_type(r[0], r[1]), position=i) for i, r in enumerate(described)]
    reader = db.sql(sql).to_arrow_reader(BATCH_ROWS)
    schema = plain(reader.schema)
    chunks, rows = [], 0
    with open(work + "/chunks.bin", "wb") as out:
        for batches in chunks_of(reader):
            body, size = stream(schema, [b.cast(schema) for b in batches])
            n = sum(b.num_rows for b in batches)
            out.write(body)
            chunks.append({"row_offset": rows, "row_count": n, "byte_count": size, "wire_bytes": len(body)})
            rows += n
    with open(work + "/manifest.json", "w") as out:
        match = {"match": MATCHES[os.path.basename(folder)]} if os.path.basename(folder) in MATCHES else {}
        json.dump({**match, "columns": columns, "rows": rows, "chunks": chunks}, out)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(work, folder)
    print(f"  {os.path.basename(folder)}: {rows} rows, {len(chunks)} chunks, {sum(c['wire_bytes'] for c in chunks) >> 20} MiB", flush=True)


def write_csv(folder, path):
    with open(folder + "/manifest.json", encoding="utf-8") as f:
        chunks = json.load(f)["chunks"]
    writer = None
    with open(folder + "/chunks.bin", "rb") as tape:
        for chunk in chunks:
            with pa.ipc.open_stream(plain_bytes(tape.read(chunk["wire_bytes"]))) as batches:
                writer = writer or csv.CSVWriter(path, batches.schema, write_options=csv.WriteOptions(include_header=False))
                for batch in batches:
                    writer.write_batch(batch)
    writer.close()


def plain_bytes(body):
    """Of all the frames, one behind the other."""
    out = []
    while body:
        frame = lz4.frame.LZ4FrameDecompressor()
        out.append(frame.decompress(body))
        body = frame.unused_data
    return b"".join(out)


def make_missing(folder):
    missing = [n for n in CASSETTES if not os.path.exists(f"{folder}/{n}/manifest.json")]
    if not missing:
        return
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as parquet:
        if any("lineitem" in n for n in missing):
            tool = os.path.join(sysconfig.get_path("scripts"), "tpchgen-cli")
            subprocess.run([tool, "parquet", "-s", "1", "--tables", "lineitem", "--output-dir", parquet, "--num-threads", "2"],
                           check=True, stdout=subprocess.DEVNULL)
        db = duckdb.connect()
        db.execute("SET threads = 2; SET preserve_insertion_order = true")
        for name in missing:
            make(os.path.join(folder, name), db, CASSETTES[name].format(parquet=parquet))


def main():
    if len(sys.argv) == 5 and sys.argv[2] == "--csv":
        write_csv(os.path.join(sys.argv[1], sys.argv[3]), sys.argv[4])
    elif len(sys.argv) == 2:
        make_missing(sys.argv[1])
    else:
        raise SystemExit(__doc__)


main()
