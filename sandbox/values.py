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
        """Engine text of all rows."""
        out = []
        while True:
            if not self.w.accept("("):
                raise NotPlain
            cells = [self.cell()]
            while self.w.accept(","):
                cells.append(self.cell())
            if not self.w.accept(")") or len(cells) != width:
                raise NotPlain
            out.append("(" + ", ".join(cells) + ")")
            if self.w.done():
                return ", ".join(out)
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
            return quote(t.text)
        return self.word(t)

    def word(self, t):
        w, upper = self.w, t.text.upper()
        if t.kind == "op":
            return self.marker(t)
        if t.kind == "word" and upper in ("NULL", "TRUE", "FALSE", "DEFAULT"):
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
        return "NULL"
    return quote(value) if t.erased().name == "STRING" else f"CAST({quote(value)} AS {T.duck(t)})"
