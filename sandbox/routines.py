"""CREATE and DROP of functions and procedures: kept for information_schema and SHOW FUNCTIONS. The engine does not run them."""
from dataclasses import dataclass, field

from .catalog import Column
from .errors import SqlError


@dataclass
class Routine:
    name: str
    kind: str = "FUNCTION"                               # FUNCTION | PROCEDURE
    parameters: list = field(default_factory=list)       # [(mode, Column)]
    returns: object = None                               # types.Type, or None
    columns: list = None                                 # of a table function
    comment: str = None


def create(words, r, over):
    """`words` stands behind CREATE [OR REPLACE] [TEMPORARY]; False: this is no routine."""
    kind = next((k for k in ("FUNCTION", "PROCEDURE") if words.accept(k)), None)
    if kind is None:
        return False
    quiet = words.accept("IF", "NOT", "EXISTS")
    c, s, name = r.store.complete(words.name(), r.namespace)
    routines = r.store.schema(c, s).functions
    made = Routine(name.lower(), kind, [_parameter(words, r) for _ in _listed(words)])
    _clauses(words, made, r)
    old = next((f for f in routines if f.name == made.name), None)
    if old is not None and not over:
        if quiet:
            return True
        raise SqlError("ROUTINE_ALREADY_EXISTS", f"Cannot create the routine `{name}` because a routine of that name already "
                       "exists.", "42723")
    if old is not None:
        routines.remove(old)
    routines.append(made)
    r.store.changed()
    return True


def drop(kind, parts, quiet, r):
    c, s, name = r.store.complete(parts, r.namespace)
    routines = r.store.schema(c, s).functions
    old = next((f for f in routines if f.name == name.lower() and f.kind == kind), None)
    if old is None:
        if quiet:
            return
        raise SqlError("ROUTINE_NOT_FOUND", f"The routine `{name}` cannot be found.", "42883")
    routines.remove(old)
    r.store.changed()


def _listed(words):
    """One turn per element of a list in brackets."""
    words.expect("(")
    if words.accept(")"):
        return
    while True:
        yield
        if words.accept(")"):
            return
        words.expect(",")


def _parameter(words, r):
    from . import ddl
    mode = next((m for m in ("INOUT", "IN", "OUT") if words.accept(m)), "IN")
    c = Column(words.name_part(), ddl.read_type(words))
    while words.word() not in (",", ")"):
        if words.accept("COMMENT"):
            c.comment = words.string()
        elif words.accept("DEFAULT"):
            c.default = ddl._expression(words)
        else:
            words.fail()
    return mode, c


_BODY = ("RETURN", "AS", "BEGIN")
_WORDS = {"LANGUAGE", "SQL", "PYTHON", "SECURITY", "INVOKER", "DEFINER", "DETERMINISTIC", "NOT", "CONTAINS", "READS", "MODIFIES",
          "DATA"}


def _clauses(words, made, r):
    while not words.done() and words.word() not in _BODY:
        if words.accept("RETURNS", "TABLE"):
            made.columns = [_parameter(words, r)[1] for _ in _listed(words)]
        elif words.accept("RETURNS"):
            made.returns = _returned(words)
        elif words.accept("COMMENT"):
            made.comment = words.string()
        elif words.word() in _WORDS:
            words.take()
        else:
            words.fail()
    words.rest()


def _returned(words):
    """The type up to the next clause."""
    from . import types as T
    first = words.at
    while not words.done() and words.word() not in _BODY and words.word() not in _WORDS and words.word() != "COMMENT":
        words.take()
    return T.parse(words.span(first, words.at))
