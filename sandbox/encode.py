"""Batches into chunks of bytes: Arrow stream (LZ4 frame by frame), JSON array, CSV.

A chunk's body is kept without the Arrow schema message and the end marker; these are added when it is served, so the same body
serves a complete stream (external link) and a piece of one stream cut over several attachments.
"""
import csv
import io
import json
import os
import tempfile
import threading

import lz4.frame

from . import text
from .result import schema

EOS = b"\xff\xff\xff\xff\x00\x00\x00\x00"
MEMORY_LIMIT = 4 << 20


class Spool:
    """Append-only bytes: in memory while small, then in an unlinked temporary file. Reads may come from any thread."""

    def __init__(self):
        self.parts, self.size, self.file, self.lock = [], 0, None, threading.Lock()

    def append(self, data):
        with self.lock:
            if self.file is None and self.size + len(data) > MEMORY_LIMIT:
                self.file = tempfile.TemporaryFile(prefix="sandbox-")
                for p in self.parts:
                    self.file.write(p)
                self.parts = None
            at = self.size
            if self.file is None:
                self.parts.append(bytes(data))
            else:
                self.file.write(data)
            self.size += len(data)
        return at, len(data)

    def read(self, at, length):
        if self.file is None:
            return b"".join(self.parts)[at:at + length]
        with self.lock:
            self.file.flush()
        return os.pread(self.file.fileno(), length, at)

    def close(self):
        with self.lock:
            if self.file is not None:
                self.file.close()
            self.parts, self.file, self.size = [], None, 0


class Chunk:
    def __init__(self, index, row_offset, row_count, byte_count, place):
        self.index, self.row_offset, self.row_count = index, row_offset, row_count
        self.byte_count, self.place = byte_count, place         # uncompressed size; (offset, length) in the spool


def frames(*messages):
    """Each message as one LZ4 frame; independent blocks, as official readers need."""
    return b"".join(lz4.frame.compress(m, block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB, content_checksum=True,
                                       store_size=False) for m in messages)


class Encoder:
    """`form` is ARROW_STREAM, JSON_ARRAY or CSV. add() takes batches, finish() closes the last chunk."""

    def __init__(self, form, lz4_on, columns, zone, chunk_rows, chunk_bytes):
        self.form, self.columns, self.zone = form, columns, zone
        self.lz4_on = lz4_on and form == "ARROW_STREAM"
        self.chunk_rows, self.chunk_bytes = chunk_rows, chunk_bytes
        self.spool, self.chunks = Spool(), []
        self.pending, self.pending_rows, self.pending_bytes = [], 0, 0
        self.rows = self.bytes = 0
        if form == "ARROW_STREAM":
            head = schema(columns, zone).serialize().to_pybytes()
            self.head_size = len(head) + len(EOS)
            self.head, self.tail = (frames(head), frames(EOS)) if self.lz4_on else (head, EOS)
        else:
            self.head_size, self.head, self.tail = 0, b"", b""

    def add(self, batch):
        """Cut a batch at chunk limits."""
        width = max(1, batch.nbytes // max(1, batch.num_rows))
        at = 0
        while at < batch.num_rows:
            room = min(self.chunk_rows - self.pending_rows, max(1, (self.chunk_bytes - self.pending_bytes) // width))
            part = batch.slice(at, min(room, batch.num_rows - at))
            self.pending.append(part)
            self.pending_rows += part.num_rows
            self.pending_bytes += part.num_rows * width
            at += part.num_rows
            if self.pending_rows >= self.chunk_rows or self.pending_bytes + width > self.chunk_bytes:
                self.cut()

    def cut(self):
        if not self.pending_rows:
            return
        size, body = self._body()
        self.chunks.append(Chunk(len(self.chunks), self.rows, self.pending_rows, size, self.spool.append(body)))
        self.rows += self.pending_rows
        self.bytes += size
        self.pending, self.pending_rows, self.pending_bytes = [], 0, 0

    finish = cut

    def _body(self):
        if self.form == "ARROW_STREAM":
            messages = [b.serialize() for b in self.pending]
            size = sum(len(m) for m in messages) + self.head_size
            return size, frames(*messages) if self.lz4_on else b"".join(m.to_pybytes() for m in messages)
        rows = [r for b in self.pending for r in text.rows(b, self.columns, self.zone)]
        body = self._json(rows) if self.form == "JSON_ARRAY" else self._csv(rows)
        return len(body), body

    def _json(self, rows):
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

    def _csv(self, rows):
        out = io.StringIO()
        w = csv.writer(out, lineterminator="\r\n")
        if not self.chunks:
            w.writerow([n for n, _, _ in self.columns])
        w.writerows([["null" if c is None else c for c in r] for r in rows])
        return out.getvalue().encode()

    # -- what is served ----------------------------------------------------------------------------------------
    def complete(self, chunk):
        """A chunk that stands alone: what a link delivers."""
        return self.head + self.spool.read(*chunk.place) + self.tail

    def wire_size(self, chunk):
        return len(self.head) + chunk.place[1] + len(self.tail)

    def piece(self, chunk):
        """A chunk as its piece of one stream: schema in the first only, end marker in the last only."""
        first, last = chunk.index == 0, chunk.index == len(self.chunks) - 1
        return (self.head if first else b"") + self.spool.read(*chunk.place) + (self.tail if last else b"")

    def json_rows(self, chunk):
        return self.spool.read(*chunk.place)
