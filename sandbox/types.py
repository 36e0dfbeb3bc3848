"""Databricks SQL types: parsing their spelling and saying them in every place that spells them differently.

One immutable `Type` has five faces: the manifest column, the lower-case catalog string, the Arrow type on the wire,
the engine's type, and the JSON object of DESC TABLE ... AS JSON.
"""
import ctypes
import re
from dataclasses import dataclass

import pyarrow as pa

MANIFEST_NAMES = {"TINYINT": "BYTE", "SMALLINT": "SHORT", "BIGINT": "LONG", "VOID": "NULL", "VARCHAR": "STRING",
                  "CHAR": "STRING"}
ALIASES = {"BYTE": "TINYINT", "SHORT": "SMALLINT", "INTEGER": "INT", "LONG": "BIGINT", "REAL": "FLOAT", "TEXT": "STRING",
           "DEC": "DECIMAL", "NUMERIC": "DECIMAL", "BOOL": "BOOLEAN", "NULL": "VOID", "TIMESTAMP_LTZ": "TIMESTAMP",
           "CHARACTER": "CHAR", "TIMESTAMPNTZ": "TIMESTAMP_NTZ", "TIMESTAMPTZ": "TIMESTAMP"}
SIMPLE = {"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BINARY", "DATE", "TIMESTAMP",
          "TIMESTAMP_NTZ", "VARIANT", "VOID"}
INTEGERS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 20}
UNITS = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]


@dataclass(frozen=True)
class Type:
    """`name` is the SQL base name; the other fields belong to DECIMAL, CHAR/VARCHAR, INTERVAL and the nested types."""
    name: str
    precision: int = 0
    scale: int = 0
    length: int = 0
    unit: str = ""                 # INTERVAL: "DAY TO SECOND"
    items: tuple = ()              # ARRAY: (element,), MAP: (key, value), STRUCT: field types
    labels: tuple = ()             # STRUCT: field names

    def text(self):
        """type_text of a manifest and columnType of SHOW COLUMNS: `MAP<STRING, INT>`, `DECIMAL(18,2)`."""
        return self._spell(", ", ": ", str)

    def lower(self):
        """The catalog string of DESCRIBE: `map<string,int>`, `decimal(18,2)`."""
        return self._spell(",", ":", str.lower)

    def _spell(self, comma, colon, case):
        n = case(self.name)
        if self.name == "DECIMAL":
            return f"{n}({self.precision},{self.scale})"
        if self.name in ("CHAR", "VARCHAR"):
            return f"{n}({self.length})"
        if self.name == "INTERVAL":
            return case(f"INTERVAL {self.unit}")
        if self.name == "STRUCT":
            inner = (f"{_label(l)}{colon}{t._spell(comma, colon, case)}" for l, t in zip(self.labels, self.items))
            return f"{n}<{comma.join(inner)}>"
        if self.items:
            return f"{n}<{comma.join(t._spell(comma, colon, case) for t in self.items)}>"
        return n

    @property
    def is_year_month(self):
        return self.name == "INTERVAL" and self.unit.split()[0] in ("YEAR", "MONTH")

    def erased(self):
        """Query results know no CHAR(n)/VARCHAR(n): they are STRING there."""
        if self.name in ("CHAR", "VARCHAR"):
            return STRING
        if self.items:
            return Type(self.name, items=tuple(t.erased() for t in self.items), labels=self.labels)
        return self


def _label(name):
    return name if re.fullmatch(r"\w+", name) else "`" + name.replace("`", "``") + "`"


def simple(name):
    return Type(name)


def decimal(p, s):
    return Type("DECIMAL", precision=p, scale=s)


def interval(unit):
    return Type("INTERVAL", unit=unit)


def array(t):
    return Type("ARRAY", items=(t,))


def mapping(k, v):
    return Type("MAP", items=(k, v))


def struct(pairs):
    pairs = list(pairs)
    return Type("STRUCT", items=tuple(t for _, t in pairs), labels=tuple(n for n, _ in pairs))


BOOLEAN, TINYINT, SMALLINT, INT, BIGINT = map(simple, ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT"))
FLOAT, DOUBLE, STRING, BINARY = map(simple, ("FLOAT", "DOUBLE", "STRING", "BINARY"))
DATE, TIMESTAMP, TIMESTAMP_NTZ, VARIANT, VOID = map(simple, ("DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "VARIANT", "VOID"))


# ---------------------------------------------------------------------------------------------- reading a spelling
_WORD = re.compile(r"\s*(`(?:[^`]|``)*`|\w+|[<>(),:])")


class _Reader:
    """Recursive descent over one type spelling."""

    def __init__(self, text):
        self.words = [w[1:-1].replace("``", "`") if w[0] == "`" else w for w in _WORD.findall(text)]
        self.at = 0

    def peek(self):
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, expect=None):
        word = self.peek()
        if not word or (expect and word.upper() != expect):
            raise ValueError(f"expected {expect or 'a type'}, found {word!r}")
        self.at += 1
        return word

    def accept(self, word):
        if self.peek().upper() == word:
            self.at += 1
            return True
        return False

    def type(self):
        name = self.take().upper()
        name = ALIASES.get(name, name)
        if name in SIMPLE:
            if name == "TIMESTAMP" and self.accept("WITHOUT"):
                self.take("TIME"), self.take("ZONE")
                return TIMESTAMP_NTZ
            if name in ("STRING", "BINARY", "TIMESTAMP") and self.peek() == "(":
                self.numbers()
            return Type(name)
        if name == "DECIMAL":
            nums = self.numbers() if self.peek() == "(" else [10, 0]
            return decimal(nums[0], nums[1] if len(nums) > 1 else 0)
        if name in ("CHAR", "VARCHAR"):
            nums = self.numbers() if self.peek() == "(" else []
            return Type(name, length=nums[0]) if nums else STRING
        if name == "INTERVAL":
            return interval(self.span())
        if name == "ARRAY":
            return array(self.inside(1)[0])
        if name == "MAP":
            return mapping(*self.inside(2))
        if name == "STRUCT":
            return struct(self.fields())
        raise ValueError(f"unknown type {name}")

    def numbers(self):
        self.take("(")
        out = [int(self.take())]
        while self.accept(","):
            out.append(int(self.take()))
        self.take(")")
        return out

    def span(self):
        unit = self.peek().upper().rstrip("S")
        if unit not in UNITS:
            return "DAY TO SECOND"
        self.take()
        if self.accept("TO"):
            unit += " TO " + self.take().upper().rstrip("S")
        return unit

    def inside(self, count):
        self.take("<")
        out = [self.type()]
        for _ in range(count - 1):
            self.take(",")
            out.append(self.type())
        self.take(">")
        return out

    def fields(self):
        self.take("<")
        out = []
        while not self.accept(">"):
            label = self.take()
            self.accept(":")
            kind = self.type()
            while self.peek() not in (",", ">"):       # NOT NULL, COMMENT '...'
                self.take()
            out.append((label, kind))
            self.accept(",")
        return out


def parse(text):
    """`Type` of a Databricks spelling; ValueError when it is none."""
    r = _Reader(text)
    out = r.type()
    if r.at != len(r.words):
        raise ValueError(f"unexpected {r.peek()!r} in type {text!r}")
    return out


# ---------------------------------------------------------------------------------------------------- the manifest
def manifest_column(name, t, position):
    """One entry of manifest.schema.columns."""
    t = t.erased()
    out = {"name": name, "type_text": t.text(), "type_name": MANIFEST_NAMES.get(t.name, t.name), "position": position}
    if t.name == "DECIMAL":
        out["type_precision"], out["type_scale"] = t.precision, t.scale
    if t.name == "INTERVAL":
        out["type_interval_type"] = t.unit
    return out


def describe_json(t):
    """The `type` object of DESC TABLE EXTENDED ... AS JSON."""
    out = {"name": t.lower() if not (t.items or t.precision or t.length or t.unit) else t.name.lower()}
    if t.name == "DECIMAL":
        out.update(precision=t.precision, scale=t.scale)
    elif t.name in ("CHAR", "VARCHAR"):
        out.update(length=t.length)
    elif t.name == "INTERVAL":
        ends = t.unit.lower().split(" to ")
        out.update(start_unit=ends[0], end_unit=ends[-1])
    elif t.name == "ARRAY":
        out.update(element_type=describe_json(t.items[0]), element_nullable=True)
    elif t.name == "MAP":
        out.update(key_type=describe_json(t.items[0]), value_type=describe_json(t.items[1]), value_nullable=True)
    elif t.name == "STRUCT":
        out.update(fields=[{"name": l, "type": describe_json(f), "nullable": True} for l, f in zip(t.labels, t.items)])
    return out


# --------------------------------------------------------------------------------------------------------- Arrow
class _CSchema(ctypes.Structure):
    pass


_Release = ctypes.CFUNCTYPE(None, ctypes.POINTER(_CSchema))
_CSchema._fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
                     ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
                     ("dictionary", ctypes.c_void_p), ("release", _Release), ("private", ctypes.c_void_p)]


@_Release
def _released(schema):
    schema.contents.release = _Release(0)


def _month_interval():
    """Arrow's interval[year_month]: pyarrow can carry it but has no name for it, so it comes in through the C interface."""
    c = _CSchema(b"tiM", b"", None, 2, 0, None, None, _released, None)
    return pa.DataType._import_from_c(ctypes.addressof(c))


MONTHS = _month_interval()
_ARROW = {"BOOLEAN": pa.bool_(), "TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INT": pa.int32(), "BIGINT": pa.int64(),
          "FLOAT": pa.float32(), "DOUBLE": pa.float64(), "STRING": pa.string(), "CHAR": pa.string(),
          "VARCHAR": pa.string(), "BINARY": pa.binary(), "DATE": pa.date32(), "TIMESTAMP_NTZ": pa.timestamp("us"),
          "VARIANT": pa.string(), "VOID": pa.null()}


def arrow(t, zone, months=MONTHS):
    """The wire type. With `months=int32` it is the type our arrays really have: the bytes of both are the same."""
    if t.name in _ARROW:
        return _ARROW[t.name]
    if t.name == "TIMESTAMP":
        return pa.timestamp("us", tz=zone)
    if t.name == "DECIMAL":
        return pa.decimal128(t.precision, t.scale)
    if t.name == "INTERVAL":
        return months if t.is_year_month else pa.duration("us")
    if t.name == "ARRAY":
        return pa.list_(pa.field("element", arrow(t.items[0], zone, months)))
    if t.name == "MAP":
        return pa.map_(arrow(t.items[0], zone, months), arrow(t.items[1], zone, months))
    return pa.struct([pa.field(l, arrow(f, zone, months)) for l, f in zip(t.labels, t.items)])


def arrow_storage(t, zone):
    return arrow(t, zone, pa.int32())


def needs_disguise(t):
    """Whether the array type differs from the wire type (a year-month interval is inside)."""
    return t.is_year_month or any(needs_disguise(i) for i in t.items)


# -------------------------------------------------------------------------------------------------------- engine
_DUCK = {"STRING": "VARCHAR", "CHAR": "VARCHAR", "VARCHAR": "VARCHAR", "BINARY": "BLOB", "TIMESTAMP": "TIMESTAMPTZ",
         "TIMESTAMP_NTZ": "TIMESTAMP", "VARIANT": "JSON", "VOID": "INTEGER", "INT": "INTEGER"}


def duck(t):
    """The engine's column type that stores this."""
    if t.name == "DECIMAL":
        return f"DECIMAL({t.precision},{t.scale})"
    if t.name == "ARRAY":
        return duck(t.items[0]) + "[]"
    if t.name == "MAP":
        return f"MAP({duck(t.items[0])}, {duck(t.items[1])})"
    if t.name == "STRUCT":
        quoted = ('"' + l.replace('"', '""') + '" ' + duck(f) for l, f in zip(t.labels, t.items))
        return f"STRUCT({', '.join(quoted)})"
    return _DUCK.get(t.name, t.name)


def from_arrow(a):
    """What Databricks would call a result column of the engine, when nothing better is known."""
    if pa.types.is_null(a):
        return VOID
    for check, t in ((pa.types.is_boolean, BOOLEAN), (pa.types.is_int8, TINYINT), (pa.types.is_int16, SMALLINT),
                     (pa.types.is_int32, INT), (pa.types.is_uint8, SMALLINT), (pa.types.is_uint16, INT),
                     (pa.types.is_integer, BIGINT), (pa.types.is_float32, FLOAT), (pa.types.is_floating, DOUBLE),
                     (pa.types.is_date, DATE), (pa.types.is_binary, BINARY), (pa.types.is_large_binary, BINARY)):
        if check(a):
            return t
    if pa.types.is_decimal(a):
        return decimal(a.precision, a.scale)
    if pa.types.is_timestamp(a):
        return TIMESTAMP if a.tz else TIMESTAMP_NTZ
    if pa.types.is_interval(a) or pa.types.is_duration(a):
        return interval("DAY TO SECOND")
    if pa.types.is_map(a):
        return mapping(from_arrow(a.key_type), from_arrow(a.item_type))
    if pa.types.is_list(a) or pa.types.is_large_list(a) or pa.types.is_fixed_size_list(a):
        return array(from_arrow(a.value_type))
    if pa.types.is_struct(a):
        return struct((a.field(i).name, from_arrow(a.field(i).type)) for i in range(a.num_fields))
    return STRING
