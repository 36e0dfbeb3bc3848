"""A statement's result: Spark columns and a stream of Arrow batches that already have the wire's layout."""
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import types as T


class Result:
    """`columns` = [(name, Type, nullable)]; `batches` yields RecordBatch of the storage types, once."""

    def __init__(self, columns, batches):
        self.columns, self.batches = columns, batches

    @classmethod
    def empty(cls):
        return cls([], iter(()))

    @classmethod
    def of_rows(cls, columns, rows, zone="Etc/UTC"):
        """A small result from Python rows."""
        columns = [(c[0], c[1], c[2] if len(c) > 2 else True) for c in columns]
        arrays = [pa.array([r[i] for r in rows], T.arrow_storage(t, zone)) for i, (_, t, _) in enumerate(columns)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema(columns, zone, stored=True)) if rows else None
        return cls(columns, iter([batch] if batch is not None else []))


def schema(columns, zone, stored=False):
    """Arrow schema of the wire, or of our arrays when `stored` (they differ in the name of a month interval only)."""
    make = T.arrow_storage if stored else T.arrow
    return pa.schema([pa.field(n, make(t, zone), nullable) for n, t, nullable in columns])


def reader_result(names, reader, inferred, zone):
    """Result of an engine reader; `inferred` (or None) overrides the engine's own types."""
    columns = []
    for i, name in enumerate(names):
        engine_type = T.from_arrow(reader.schema.types[i])
        t, nullable = (inferred[i][1], inferred[i][2]) if inferred else (None, True)
        columns.append((name, fitting(t, engine_type, reader.schema.types[i]), nullable))
    return Result(columns, _stream(reader, columns, zone))


def fitting(wanted, engine_type, arrow_type):
    """The inferred type if the engine's values can become it, else the engine's."""
    if wanted is None:
        if engine_type.name == "DECIMAL" and engine_type.precision == 38 and engine_type.scale == 0:
            return T.BIGINT                                   # sums of integers are HUGEINT in the engine
        return engine_type
    wanted = wanted.erased()
    if wanted.name == "VOID" and not pa.types.is_null(arrow_type) and not pa.types.is_int32(arrow_type):
        return engine_type
    if wanted.items and not engine_type.items and engine_type.name != "VOID":
        return engine_type
    if engine_type.name in ("STRING", "BINARY") and wanted.name not in ("STRING", "BINARY", "VARIANT", "VOID"):
        return engine_type
    return wanted


def _stream(reader, columns, zone):
    stored = schema(columns, zone, stored=True)
    for batch in reader:
        if batch.num_rows == 0:
            continue
        arrays = [conform(batch.column(i), columns[i][1], zone) for i in range(len(columns))]
        fields = [f if f.nullable or not a.null_count else f.with_nullable(True) for f, a in zip(stored, arrays)]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


# ------------------------------------------------------------------------------------------------ column by column
def conform(a, t, zone):
    """Array `a` of the engine as an array of the storage type of `t`."""
    target = T.arrow_storage(t, zone)
    if t.name == "VARIANT":
        return pa.array([_sorted_json(v) for v in a.to_pylist()], pa.string())
    if a.type.equals(target) and not (t.items and _has_variant(t)):
        return a
    if t.name == "VOID":
        return pa.nulls(len(a))
    if t.name == "INTERVAL":
        return _interval(a, t, target)
    if t.name == "DECIMAL":
        return _decimal(a, target)
    if t.name == "ARRAY" and not pa.types.is_null(a.type):
        return _list(a, t, zone, target)
    if t.name == "MAP" and pa.types.is_map(a.type):
        return _map(a, t, zone, target)
    if t.name == "STRUCT" and pa.types.is_struct(a.type):
        return _struct(a, t, zone, target)
    if pa.types.is_timestamp(a.type) and t.name == "DATE":
        return pc.cast(a, target, safe=False)
    if pa.types.is_floating(a.type) and t.name in T.INTEGERS:
        return pc.cast(pc.trunc(a), target)
    if pa.types.is_decimal(a.type) and t.name in T.INTEGERS:
        return pc.cast(pc.round(a, 0, round_mode="towards_zero"), target, safe=False)
    return pc.cast(a, target)


def _has_variant(t):
    return t.name == "VARIANT" or any(_has_variant(i) for i in t.items)


def _sorted_json(text):
    if text is None:
        return None
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return text


def _valid(a):
    """Validity as a buffer at offset 0, or None."""
    if a.null_count == 0:
        return None
    return pa.py_buffer(np.packbits(pc.is_valid(a).to_numpy(zero_copy_only=False), bitorder="little"))


def _interval(a, t, target):
    """month_day_nano (or whole days as integers) to months or microseconds."""
    if pa.types.is_null(a.type):
        return pa.nulls(len(a), target)
    if pa.types.is_integer(a.type):
        return pc.cast(pc.multiply(pc.cast(a, pa.int64()), 86400000000), target)
    if pa.types.is_duration(a.type):
        return pc.cast(a, target)
    raw = np.frombuffer(a.buffers()[1], dtype=[("m", "<i4"), ("d", "<i4"), ("n", "<i8")])[a.offset:a.offset + len(a)]
    if t.is_year_month:
        values = raw["m"].astype("<i4")
    else:
        days = raw["d"].astype("<i8") + 30 * raw["m"].astype("<i8")
        values = days * 86400000000 + raw["n"] // 1000
    return pa.Array.from_buffers(target, len(a), [_valid(a), pa.py_buffer(np.ascontiguousarray(values))])


def _decimal(a, target):
    if pa.types.is_decimal(a.type) and a.type.scale > target.scale:
        a = pc.round(a, target.scale, round_mode="half_towards_infinity")
        return pc.cast(a, target, safe=False)
    if pa.types.is_string(a.type) or pa.types.is_null(a.type) or pa.types.is_decimal(a.type) or pa.types.is_floating(a.type):
        return pc.cast(a, target)
    return pc.cast(pc.cast(a, pa.decimal128(38, 0)), target)


def _list(a, t, zone, target):
    if not pa.types.is_list(a.type):
        a = pc.cast(a, pa.list_(a.type.value_type))
    values = conform(a.flatten(), t.items[0], zone)
    lengths = pc.fill_null(pc.list_value_length(a), 0)
    offsets = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))]).astype("<i4")
    return pa.Array.from_buffers(target, len(a), [_valid(a), pa.py_buffer(offsets)], children=[values])


def _map(a, t, zone, target):
    if a.null_count or a.offset:
        a = _compact_map(a)
    offsets = np.frombuffer(a.buffers()[1], "<i4")[:len(a) + 1]
    keys = conform(a.keys, t.items[0], zone)
    items = conform(a.items, t.items[1], zone)
    pairs = pa.StructArray.from_arrays([keys, items], fields=[target.key_field, target.item_field])
    return pa.Array.from_buffers(target, len(a), [_valid(a), pa.py_buffer(offsets - offsets[0])], children=[pairs])


def _compact_map(a):
    """Rebuild a map array so that nulls and slices leave no gaps (such arrays are small here)."""
    return pa.array(a.to_pylist(), a.type)


def _struct(a, t, zone, target):
    children = [conform(c, f, zone) for c, f in zip(a.flatten(), t.items)]
    return pa.Array.from_buffers(target, len(a), [_valid(a)], children=children)
