"""INSERT ... VALUES of plain literals and markers, straight from tokens to the engine: many rows need no syntax tree."""
import re

from . import types as T

_NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?")
_SIMPLE = {"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "STRING", "DATE", "TIMESTAMP",
           "TIMESTAMP_NTZ", "CHAR", "VARCHAR"}
_TYPED = {"DATE": "DATE", "TIMESTAMP": "TIMESTAMPTZ", "TIMESTAMP_NTZ": "TIMESTAMP"}


class NotPlain(Exception):
    """Something needs the parser."""


def quote(text):
    return "'" + text.replace("'", "''") + "'"


class Cell(str):
    """Engine text of a cell that is a text cast to a type; value None is NULL."""

    def __new__(cls, text, value, type_name):
        cell = super().__new__(cls, text)
        cell.value, cell.type_name = value, type_name
        return cell


def _common(types):
    """One type for a column's cells, or None: decimals widen, anything else must be the same."""
    types = {t for t in types if t}
    if len(types) <= 1:
        return types.pop() if types else "VARCHAR"
    sizes = [re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", t) for t in types]
    if not all(sizes):
        return None
    scale = max(int(m[2]) for m in sizes)
    whole = max(int(m[1]) - int(m[2]) for m in sizes)
    return f"DECIMAL({whole + scale},{scale})" if whole + scale <= 38 else None


def by_column(rows):
    """(select list, lists of texts) when every cell is a Cell of its column's type: the engine reads lists much faster than
    expressions. None otherwise."""
    if len(rows) < 50 or not all(isinstance(c, Cell) for row in rows for c in row):
        return None
    columns = list(zip(*rows))
    types = [_common({c.type_name for c in column}) for column in columns]
    if not all(types):
        return None
    select = ", ".join(f"CAST(c{i} AS {t})" for i, t in enumerate(types))
    lists = ", ".join(f"unnest(CAST(? AS VARCHAR[])) AS c{i}" for i in range(len(types)))
    return f"SELECT {select} FROM (SELECT {lists})", [[c.value for c in column] for column in columns]


class Reader:
    """Reads the head and the rows of one INSERT; `parameters` as in the request."""

    def __init__(self, words, parameters):
        self.w = words
        self.named = {p["name"].lower(): p for p in parameters if p.get("name")}
        self.ordinal = {int(p["ordinal"]): p for p in parameters if p.get("ordinal") is not None}
        self.markers = 0

    def head(self):
        """(table name parts, column names or None)."""
        w = self.w
        if not w.accept("INSERT", "INTO"):
            raise NotPlain
        w.accept("TABLE")
        parts, names = w.name(), None
        if w.accept("("):
            names = [w.name_part()]
            while w.accept(","):
                names.append(w.name_part())
            w.expect(")")
        if not w.accept("VALUES"):
            raise NotPlain
        return parts, names

    def rows(self, width):
        """Rows of cells, each the engine's text."""
        out = []
        while True:
            if not self.w.accept("("):
                raise NotPlain
            cells = [self.cell()]
            while self.w.accept(","):
                cells.append(self.cell())
            if not self.w.accept(")") or len(cells) != width:
                raise NotPlain
            out.append(cells)
            if self.w.done():
                return out
            if not self.w.accept(","):
                raise NotPlain

    def cell(self):
        w = self.w
        sign = "-" if w.accept("-") else ""
        t = w.peek()
        if t is None:
            raise NotPlain
        w.at += 1
        if t.kind == "number" and _NUMBER.fullmatch(t.text):
            return sign + t.text
        if sign:
            raise NotPlain
        if t.kind == "string":
            if w.is_string():
                raise NotPlain
            return Cell(quote(t.text), t.text, "VARCHAR")
        return self.word(t)

    def word(self, t):
        w, upper = self.w, t.text.upper()
        if t.kind == "op":
            return self.marker(t)
        if t.kind == "word" and upper == "NULL":
            return Cell("NULL", None, None)
        if t.kind == "word" and upper in ("TRUE", "FALSE", "DEFAULT"):
            return upper
        if t.kind == "word" and upper in _TYPED and w.is_string():
            return f"CAST({quote(w.take().text)} AS {_TYPED[upper]})"
        if t.kind == "word" and upper == "CAST":
            return self.cast()
        if t.kind == "word" and upper == "X" and w.is_string() and re.fullmatch(r"([0-9a-fA-F]{2})*", w.peek().text):
            return f"from_hex({quote(w.take().text)})"
        raise NotPlain

    def cast(self):
        """CAST('text' AS TYPE), CAST(NULL AS TYPE), CAST(-1 AS TYPE): as a parameter of that type."""
        w = self.w
        if not w.accept("("):
            raise NotPlain
        if w.accept("NULL"):
            value = None
        elif w.is_string():
            value = w.take().text
        else:
            value = ("-" if w.accept("-") else "") + w.take().text
            if not _NUMBER.fullmatch(value.lstrip("-")):
                raise NotPlain
        if not w.accept("AS"):
            raise NotPlain
        words, depth = [], 0
        while w.peek() is not None and (depth or w.peek().text != ")"):
            depth += {"(": 1, ")": -1}.get(w.peek().text, 0)
            words.append(w.take().text)
        if not w.accept(")"):
            raise NotPlain
        return parameter({"type": "".join(words), "value": value})

    def marker(self, t):
        if t.text == "?":
            self.markers += 1
            p = self.ordinal.get(self.markers)
        elif t.text == ":" and self.w.peek() is not None:
            p = self.named.get(self.w.take().text.lower())
        else:
            raise NotPlain
        if p is None:
            raise NotPlain
        return parameter(p)


def parameter(p):
    try:
        t = T.parse(p.get("type") or "STRING")
    except ValueError:
        raise NotPlain from None
    value = p.get("value")
    if t.name not in _SIMPLE or not (value is None or isinstance(value, str)):
        raise NotPlain
    if value is None:
        return Cell("NULL", None, None)
    if t.erased().name == "STRING":
        return Cell(quote(value), value, "VARCHAR")
    return Cell(f"CAST({quote(value)} AS {T.duck(t)})", value, T.duck(t))
