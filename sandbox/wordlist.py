"""Tokens of a Databricks SQL text, and small readers over them: names, literals, keywords.

Used for every statement to find its kind, and for all statements that are not queries; queries go to sqlglot's parser.
"""
import re
from dataclasses import dataclass

from .errors import syntax_error

_TOKEN = re.compile(r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<raw>[rR](?:'[^']*'|"[^"]*"))
  | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<op><=>|::|=>|->|<>|<=|>=|!=|==|\|\||.)
""", re.X | re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass
class Token:
    kind: str          # string | quoted | number | word | op
    text: str          # meaning: unescaped, without quotes
    start: int
    end: int           # exclusive


def unescape(body, quote):
    """The text a literal stands for: backslash escapes, and the doubled quote."""
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)|" + quote * 2, lambda m: quote if m.group(1) is None else _escape(m), body, flags=re.S)


def _escape(m):
    c = m.group(1)
    if len(c) == 5:
        return chr(int(c[1:], 16))
    return m.group(0) if c in "%_" else _ESCAPES.get(c, c)


def tokens(sql):
    """List of Token, comments dropped. A string or comment that does not end is a syntax error."""
    out, at = [], 0
    while at < len(sql):
        m = _TOKEN.match(sql, at)
        kind, text = m.lastgroup, m.group(0)
        if kind == "comment":
            at = _comment_end(sql, at)
            continue
        if kind in ("raw", "string"):
            text = text[2:-1] if kind == "raw" else unescape(text[1:-1], text[0])
            kind = "string"
        elif kind == "quoted":
            text = text[1:-1].replace("``", "`")
        elif kind == "op" and text in "'\"`":
            raise syntax_error(sql, at, text)
        if kind != "space":
            out.append(Token(kind, text, at, m.end()))
        at = m.end()
    return out


def _comment_end(sql, at):
    depth, start = 0, at
    for m in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if m.group() == "/*" else -1
        if depth == 0:
            return m.end()
    raise syntax_error(sql, start, "/*")


class Words:
    """A cursor over the tokens of one statement. `text` has no trailing semicolon."""

    def __init__(self, sql):
        self.sql = sql
        found = tokens(sql)
        while found and found[-1].text == ";" and found[-1].kind == "op":
            found.pop()
        for i, t in enumerate(found):
            if t.kind == "op" and t.text == ";":
                raise syntax_error(sql, found[i + 1].start, found[i + 1].text)
        self.tokens, self.at = found, 0
        self.text = sql[:found[-1].end] if found else ""

    # -- looking -----------------------------------------------------------------------------------------------
    def done(self):
        return self.at >= len(self.tokens)

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i] if i < len(self.tokens) else None

    def word(self, ahead=0):
        """Upper-case text of a bare token, or '' for strings, quoted names and the end."""
        t = self.peek(ahead)
        return "" if t is None or self.quoted(t) else t.text.upper()

    def quoted(self, token):
        return token.kind in ("string", "quoted")

    def is_string(self, ahead=0):
        t = self.peek(ahead)
        return t is not None and t.kind == "string"

    # -- taking ------------------------------------------------------------------------------------------------
    def fail(self):
        t = self.peek()
        raise syntax_error(self.sql, t.start if t else len(self.sql), None if t is None else self.sql[t.start:t.end])

    def accept(self, *words):
        """Take a run of keywords if all are next."""
        if all(self.word(i) == w for i, w in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words):
        for w in words:
            if not self.accept(w):
                self.fail()

    def take(self):
        t = self.peek()
        if t is None:
            self.fail()
        self.at += 1
        return t

    def end(self):
        if not self.done():
            self.fail()

    def string(self):
        if not self.is_string():
            self.fail()
        return self.take().text

    def name_part(self):
        """One identifier; bare hyphenated names are read too, as the server's catalogs have them."""
        t = self.peek()
        if t is None or t.kind not in ("quoted", "word", "number"):
            self.fail()
        self.at += 1
        text = t.text
        while t.kind != "quoted" and self.word() == "-" and self.peek(1) is not None and self.peek().start == t.end:
            self.at += 1
            t = self.take()
            text += "-" + t.text
        return text

    def name(self):
        """A dotted name as a list of parts."""
        parts = [self.name_part()]
        while self.word() == ".":
            self.at += 1
            parts.append(self.name_part())
        return parts

    def rest(self):
        """The untouched text from here to the end."""
        t = self.peek()
        out = self.text[t.start:] if t else ""
        self.at = len(self.tokens)
        return out

    def span(self, first, last):
        """Text of tokens first..last-1."""
        return self.sql[self.tokens[first].start:self.tokens[last - 1].end] if last > first else ""

    def balanced(self):
        """Skip one parenthesised group; returns the text inside."""
        self.expect("(")
        first, depth = self.at, 1
        while depth:
            t = self.take()
            if t.kind == "op":
                depth += {"(": 1, ")": -1}.get(t.text, 0)
        return self.span(first, self.at - 1)
