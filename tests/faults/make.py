#!/usr/bin/env python3
"""make - small cassettes for bench/mock whose every cell follows from the number of its row (rows.c knows the rule).

    make.py DIR             in the sandbox's Python environment

storm        Arrow, LZ4 frames with checksums as the service makes them, one per message
storm_json   the same rows as JSON_ARRAY, for whoever asks for that
storm_plain  Arrow, not compressed
storm_bare   a manifest that counts the chunks but does not list them
storm_frame  each chunk as one LZ4 frame, as the service makes large ones: its checksum comes after the last row
storm_many   many chunks, and no twin in JSON
large        numbers that do not compress, 250,000 rows in chunks of 1 MiB

No two chunks of a cassette have the same number of rows, but for large: the bytes of the wrong chunk are never the right ones.
"""
import datetime
import decimal
import json
import os
import sys

import lz4.frame
import pyarrow as pa

MASK = (1 << 64) - 1
BATCH_ROWS = 97
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def mix(x):
    """splitmix64"""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def signed(x):
    return x - (1 << 64) if x >> 63 else x


COLUMNS = [
    ("id", "BIGINT", pa.int64(), lambda r: r),
    ("n", "INT", pa.int32(), lambda r: None if r % 11 == 3 else r * 7919 % 100003),
    ("half", "DOUBLE", pa.float64(), lambda r: r * 0.5),
    ("text", "STRING", pa.string(), lambda r: None if r % 13 == 5 else f"row {r} Ωμέγα 😀 " + "x" * (r % 17)),
    ("price", "DECIMAL(18,2)", pa.decimal128(18, 2), lambda r: decimal.Decimal(r * 37 % 1000000) / 100),
    ("day", "DATE", pa.date32(), lambda r: datetime.date(1970, 1, 1) + datetime.timedelta(days=r % 20000)),
    ("moment", "TIMESTAMP_NTZ", pa.timestamp("us"),
     lambda r: datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=r, microseconds=r * 7 % 1000000)),
    ("third", "BOOLEAN", pa.bool_(), lambda r: r % 3 == 0),
    ("noise", "STRING", pa.string(), lambda r: f"{mix(r):016x}"),
]
LARGE = [(f"m{i}", "BIGINT", pa.int64(), lambda r, i=i: signed(mix(4 * r + i))) for i in range(4)]


def announced(columns):
    out = []
    for i, (name, text, _, _) in enumerate(columns):
        column = {"name": name, "type_text": text, "type_name": text.split("(")[0], "position": i}
        if "(" in text:
            column["type_precision"], column["type_scale"] = map(int, text[text.index("(") + 1:-1].split(","))
        out.append(column)
    return out


def frame(message):
    return lz4.frame.compress(message, block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB, content_checksum=True,
                              store_size=False)


def arrow(columns, rows, batch_rows, pack):
    """One chunk: its bytes on the wire, for which pack makes one of the messages, and its size before compression."""
    schema = pa.schema([pa.field(name, kind) for name, _, kind, _ in columns])
    messages = [schema.serialize()]
    for at in range(rows.start, rows.stop, batch_rows):
        part = range(at, min(at + batch_rows, rows.stop))
        arrays = [pa.array([value(r) for r in part], kind) for _, _, kind, value in columns]
        messages.append(pa.RecordBatch.from_arrays(arrays, schema=schema).serialize())
    messages.append(END)
    messages = [bytes(m) for m in messages]
    return pack(messages), sum(len(m) for m in messages)


def frames(messages):
    return b"".join(frame(m) for m in messages)


def cell_text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, decimal.Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return str(value)


def json_array(columns, rows):
    body = json.dumps([[cell_text(value(r)) for _, _, _, value in columns] for r in rows], ensure_ascii=False).encode()
    return body, len(body)


def write(folder, columns, counts, encode, **more):
    work = folder + ".new"
    os.makedirs(work)
    chunks, row = [], 0
    with open(work + "/chunks.bin", "wb") as out:
        for n in counts:
            body, size = encode(columns, range(row, row + n))
            out.write(body)
            chunks.append({"row_count": n, "byte_count": size, "wire_bytes": len(body)})
            row += n
    with open(work + "/manifest.json", "w") as out:
        json.dump({"columns": announced(columns), "rows": row, "chunks": chunks, **more}, out)
    os.rename(work, folder)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    at = sys.argv[1] + "/"
    os.makedirs(at, exist_ok=True)

    def packed(columns, rows):
        return arrow(columns, rows, BATCH_ROWS, frames)

    storm = [200 + 37 * i for i in range(12)]
    write(at + "storm", COLUMNS, storm, packed)
    write(at + "storm_json", COLUMNS, storm, json_array, format="JSON_ARRAY")
    write(at + "storm_plain", COLUMNS, [300 + 51 * i for i in range(7)], lambda c, r: arrow(c, r, 201, b"".join), compression="none")
    write(at + "storm_bare", COLUMNS, [150 + 41 * i for i in range(9)], packed, unlisted=True)
    write(at + "storm_frame", COLUMNS, [170 + 29 * i for i in range(10)], lambda c, r: arrow(c, r, 50, lambda m: frame(b"".join(m))))
    write(at + "storm_many", COLUMNS, [20 + 5 * i for i in range(30)], packed)
    write(at + "large", LARGE, [31250] * 8, lambda c, r: arrow(c, r, 8000, frames))


main()
