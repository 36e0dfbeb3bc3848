"""Nested Arrow values are valid JSON text with the same values: random types and values, judged by Python's json.

    nested.py PROGRAM [SEED [ROUNDS]]
"""
import base64
import datetime as dt
import io
import json
import math
import random
import subprocess
import sys
from decimal import Decimal

import pyarrow as pa

ODD = ["", "a", '"', "\\", "/", "\x00", "\x01\x1f", "\x7f", "\n\r\t\b\f", "\u2028\u2029", "\ufeff", "é€", "😀", "null", "NaN", "{", "]",
       "'", "\\u0041", "a\"b\\c", "\U0010ffff", "e\u0301"]
DAY = dt.date(1970, 1, 1)


class Maker:
    """A random type, values of it, and what json.loads must give for them."""

    def __init__(self, rng):
        self.rng = rng

    def text(self):
        return "".join(self.rng.choice(ODD) for _ in range(self.rng.randrange(4)))

    def type(self, depth):
        r = self.rng
        leaves = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.bool_(), pa.utf8(), pa.large_utf8(),
                  pa.binary(), pa.date32(), pa.timestamp("us"), pa.decimal128(38, 10), pa.decimal128(5, 5), pa.null()]
        kind = r.randrange(7) if depth > 0 else 0
        if kind < 3:
            return r.choice(leaves)
        if kind == 3:
            return pa.list_(self.type(depth - 1))
        if kind == 4:
            return pa.large_list(self.type(depth - 1))
        if kind == 5:
            return pa.map_(r.choice([pa.utf8(), pa.int32(), pa.date32(), pa.decimal128(10, 2)]), self.type(depth - 1))
        names = [f"{self.text()}{i}".replace("\0", "") for i in range(r.randrange(1, 4))]      # no name has a NUL
        if r.randrange(4) == 0:
            names = ["same"] * len(names)       # SELECT named_struct('same', 1, 'same', 2) is a struct all the same
        return pa.struct([pa.field(n, self.type(depth - 1)) for n in names])

    def nested_type(self):
        while True:
            t = self.type(3)
            if pa.types.is_nested(t):
                return t

    def leaf(self, t):
        r = self.rng
        if pa.types.is_integer(t):
            return r.choice([0, 1, -1, 2 ** (t.bit_width - 1) - 1, -2 ** (t.bit_width - 1)])
        if pa.types.is_floating(t):
            short = [0.0, -0.0, 1.5, -2.25, 1e10, 2.0 ** -10, math.nan, math.inf, -math.inf]    # exact as float32, too
            return r.choice(short if t.bit_width == 32 else short + [2.0 ** 100, 2.0 ** -1000, 0.1, 1.7976931348623157e308])
        if pa.types.is_boolean(t):
            return r.random() < 0.5
        if pa.types.is_binary(t):
            return bytes(r.randrange(256) for _ in range(r.randrange(5)))
        if pa.types.is_date(t):
            return r.choice([dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(9999, 12, 31)])
        if pa.types.is_timestamp(t):
            return r.choice([dt.datetime(1, 1, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 2, 29, 12)])
        if pa.types.is_decimal(t):
            return Decimal(r.choice([0, 1, -1, 12345, -99999])).scaleb(-t.scale)
        return self.text()

    def value(self, t, may_be_null=True):
        r = self.rng
        if pa.types.is_null(t) or (may_be_null and r.randrange(5) == 0):
            return None
        if pa.types.is_map(t):
            return [(self.value(t.key_type, False), self.value(t.item_type)) for _ in range(r.randrange(4))]
        if pa.types.is_list(t) or pa.types.is_large_list(t):
            return [self.value(t.value_type) for _ in range(r.randrange(4))]
        if pa.types.is_struct(t):
            return [self.value(f.type) for f in t]
        return self.leaf(t)


def array(values, t):
    """pa.array() for structs whose fields may have the same name."""
    if pa.types.is_struct(t):
        fields = [array([None if v is None else v[i] for v in values], f.type) for i, f in enumerate(t)]
        return pa.StructArray.from_arrays(fields, fields=list(t), mask=pa.array([v is None for v in values]))
    if pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_map(t):
        offsets, flat = [0], []
        for v in values:
            flat += v or []
            offsets.append(len(flat))
        mask = pa.array([v is None for v in values])
        if pa.types.is_map(t):
            keys, items = array([k for k, _ in flat], t.key_type), array([i for _, i in flat], t.item_type)
            return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items, mask=mask)
        kind = pa.LargeListArray if pa.types.is_large_list(t) else pa.ListArray
        at = pa.array(offsets, pa.int64() if kind is pa.LargeListArray else pa.int32())
        return kind.from_arrays(at, array(flat, t.value_type), mask=mask)
    return pa.array(values, t)


def stamp(v):
    text = v.isoformat(sep=" ")
    return text.rstrip("0") if v.microsecond else text


def expected(v, t):
    if v is None:
        return None
    if pa.types.is_map(t):
        return ("object", [(key(k, t.key_type), expected(i, t.item_type)) for k, i in v])
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        return [expected(i, t.value_type) for i in v]
    if pa.types.is_struct(t):
        return ("object", [(f.name, expected(i, f.type)) for f, i in zip(t, v)])
    if pa.types.is_floating(t) and not math.isfinite(v):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(v)]
    if pa.types.is_binary(t):
        return base64.b64encode(v).decode()
    if pa.types.is_date(t):
        return v.isoformat()
    if pa.types.is_timestamp(t):
        return stamp(v)
    return v


def key(v, t):
    if pa.types.is_date(t):
        return v.isoformat()
    return f"{v:.{t.scale}f}" if pa.types.is_decimal(t) else str(v)


def same(got, want):
    if isinstance(want, tuple):
        return (isinstance(got, tuple) and len(got[1]) == len(want[1]) and
                all(a == b and same(x, y) for (a, x), (b, y) in zip(got[1], want[1])))
    if isinstance(want, list):
        return isinstance(got, list) and len(got) == len(want) and all(map(same, got, want))
    if isinstance(want, bool) or want is None or isinstance(want, str):
        return got is want or (isinstance(want, str) and got == want)
    return isinstance(got, Decimal) and (float(got) == want if isinstance(want, float) else got == Decimal(want))


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def read_cells(output):
    data = io.BytesIO(output)
    while line := data.read(1):
        if line == b"-":
            data.read(1)
            yield None
            continue
        while line[-1:] != b":":
            line += data.read(1)
        yield data.read(int(line[:-1])).decode()
        data.read(1)


def one_round(program, seed):
    make = Maker(random.Random(seed))
    types = [make.nested_type() for _ in range(4)]
    columns = [[make.value(t) for _ in range(40)] for t in types]
    batch = pa.record_batch([array(c, t) for c, t in zip(columns, types)], names=["c"] * 4)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch.slice(0, 25))
        stream.write_batch(batch.slice(25))         # offsets that do not begin at zero
    ran = subprocess.run([program, "4"], input=sink.getvalue().to_pybytes(), capture_output=True, timeout=60)
    if ran.returncode:
        return f"seed {seed}: {ran.stderr.decode(errors='replace')}"
    cells = list(read_cells(ran.stdout))
    for i, text in enumerate(cells):
        t, value = types[i % 4], columns[i % 4][i // 4]
        want = expected(value, t)
        try:
            got = None if text is None else json.loads(text, object_pairs_hook=lambda p: ("object", p), parse_constant=refuse,
                                                       parse_float=Decimal, parse_int=Decimal)
        except ValueError as e:
            return f"seed {seed}, {t}: {e}: {text!r}"
        if not same(got, want):
            return f"seed {seed}, {t}: {text!r} instead of {want!r}"
    return None if len(cells) == 160 else f"seed {seed}: {len(cells)} cells instead of 160"


def main():
    program, seed, rounds = sys.argv[1], int((sys.argv + ["", "1"])[2] or 1), int((sys.argv + ["", "", "60"])[3] or 60)
    print("1..1")
    for i in range(rounds):
        if problem := one_round(program, seed + i):
            print(f"# {problem}\nnot ok 1 - nested values are valid JSON with the same values")
            return 1
    print(f"ok 1 - nested values are valid JSON with the same values ({rounds * 160} cells)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
