"""Cells as text, the way JSON_ARRAY and CSV results carry them."""
import base64
import json

import pyarrow as pa
import pyarrow.compute as pc


def column(a, t, zone):
    """Array -> list of str|None."""
    name = t.name
    if name == "VOID":
        return [None] * len(a)
    if name in ("STRING", "VARIANT", "CHAR", "VARCHAR"):
        return a.to_pylist()
    if name in ("TINYINT", "SMALLINT", "INT", "BIGINT", "BOOLEAN", "DATE") or (name == "DECIMAL" and t.scale <= 6):
        return pc.cast(a, pa.string()).to_pylist()
    if name == "TIMESTAMP":
        return _timestamps(a, zone)
    if name == "TIMESTAMP_NTZ":
        return [None if v is None else civil(v) for v in pc.cast(a, pa.int64()).to_pylist()]
    make = _CELL[name]
    values = pc.cast(a, pa.int64()).to_pylist() if name == "INTERVAL" and not t.is_year_month else a.to_pylist()
    return [None if v is None else make(v, t) for v in values]


def _timestamps(a, zone):
    instants = pc.cast(a, pa.int64()).to_pylist()
    walls = pc.cast(pc.local_timestamp(pc.cast(a, pa.timestamp("us", zone))), pa.int64()).to_pylist()
    return [None if i is None else civil(w) + offset((w - i) // 1000000, zone) for i, w in zip(instants, walls)]


def offset(seconds, zone):
    """`Z` in UTC, else `-08:00`."""
    if seconds == 0 and zone in ("UTC", "Etc/UTC", "Z", "GMT"):
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def civil(us):
    """Microseconds since 1970 as yyyy-MM-ddTHH:mm:ss.SSS[SSS] of the proleptic Gregorian calendar."""
    days, rest = divmod(us, 86400000000)
    z = days + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    d, m = doy - (153 * mp + 2) // 5 + 1, mp + 3 if mp < 10 else mp - 9
    y = yoe + era * 400 + (m <= 2)
    sec, frac = divmod(rest, 1000000)
    text = f"{frac:06d}"
    text = text[:3] if text.endswith("000") else text.rstrip("0") if text[3:].strip("0") else text
    return f"{y:04d}-{m:02d}-{d:02d}T{sec // 3600:02d}:{sec // 60 % 60:02d}:{sec % 60:02d}.{text}"


def double(v, t=None):
    """Java's Double.toString."""
    if v != v:
        return "NaN"
    if v in (float("inf"), float("-inf")):
        return "Infinity" if v > 0 else "-Infinity"
    return _java(_two_digits(repr(v), v, float), v)


def _two_digits(shortest, v, kind):
    """Java takes the nearest decimal of two digits where one would do: 4.9E-324, 1.4E-45."""
    pair = f"{v:.1e}"
    return pair if len(shortest.split("e")[0].strip("-0.")) <= 1 and kind(float(pair)) == v else shortest


def single(v, t=None):
    """Java's Float.toString: the shortest digits that give the same 32-bit value."""
    if v != v or v in (float("inf"), float("-inf")):
        return double(v)
    import numpy as np
    return _java(_two_digits(np.format_float_scientific(np.float32(v), unique=True, trim="-"), v, np.float32), v)


def _java(shortest, v):
    from decimal import Decimal
    if v == 0:
        return "-0.0" if str(v).startswith("-") else "0.0"
    d = Decimal(shortest)
    sign, digits, _ = d.as_tuple()
    digits = "".join(map(str, digits)).rstrip("0") or "0"
    power = d.adjusted()
    lead = "-" if sign else ""
    if -3 <= power < 7:
        if power < 0:
            return f"{lead}0.{'0' * (-power - 1)}{digits}"
        digits = digits.ljust(power + 1, "0")
        return f"{lead}{digits[:power + 1]}.{digits[power + 1:] or '0'}"
    return f"{lead}{digits[0]}.{digits[1:] or '0'}E{power}"


def year_month(months, t):
    sign, n = ("-", -months) if months < 0 else ("", months)
    return f"{sign}{n // 12}-{n % 12}"


def day_time(us, t):
    sign, n = ("-", -us) if us < 0 else ("", us)
    return f"{sign}{n // 86400000000} {n // 3600000000 % 24:02d}:{n // 60000000 % 60:02d}:{n // 1000000 % 60:02d}.{n % 1000000:06d}000"


def _interval(v, t):
    return year_month(v, t) if t.is_year_month else day_time(v, t)


def _decimal(v, t):
    return format(v, "f")


def plain(v, t):
    """A nested value as JSON material."""
    if v is None:
        return None
    if t.name == "ARRAY":
        return [plain(x, t.items[0]) for x in v]
    if t.name == "MAP":
        return {str(key(k, t.items[0])): plain(x, t.items[1]) for k, x in v}
    if t.name == "STRUCT":
        return {l: plain(v[l], f) for l, f in zip(t.labels, t.items)}
    if t.name in ("STRING", "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "CHAR", "VARCHAR"):
        return v
    if t.name in ("FLOAT", "DOUBLE"):
        return v if v == v and abs(v) != float("inf") else double(v)
    if t.name == "VARIANT":
        return json.loads(v)
    return key(v, t)


def key(v, t):
    if t.name == "BINARY":
        return base64.b64encode(v).decode()
    if t.name == "BOOLEAN":
        return "true" if v else "false"
    if t.name in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        return v.isoformat(timespec="milliseconds" if v.microsecond % 1000 == 0 else "microseconds")
    if t.name == "DECIMAL":
        return format(v, "f")
    if t.name == "INTERVAL":
        return year_month(v, t) if t.is_year_month else day_time(int(v.total_seconds() * 1000000), t)
    return str(v)


def _nested(v, t):
    return json.dumps(plain(v, t), ensure_ascii=False, separators=(",", ":"))


_CELL = {"FLOAT": single, "DOUBLE": double, "DECIMAL": _decimal, "BINARY": lambda v, t: base64.b64encode(v).decode(),
         "INTERVAL": _interval, "ARRAY": _nested, "MAP": _nested, "STRUCT": _nested}


def rows(batch, columns, zone):
    """Rows of a batch as lists of text cells."""
    cells = [column(batch.column(i), t, zone) for i, (_, t, _) in enumerate(columns)]
    return list(zip(*cells))
