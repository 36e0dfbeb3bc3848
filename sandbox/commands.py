"""Every statement that is not a query or a SHOW/DESCRIBE: sessions' USE and SET, DDL, DML.

`run` is the one door: text and parameters in, Result out.
"""
from . import confs, ddl, dml, grants, show, translate
from . import types as T
from .errors import SqlError
from .result import Result
from .wordlist import Words

QUERY_WORDS = {"SELECT", "WITH", "VALUES", "(", "FROM", "TABLE"}
IGNORED = {"REFRESH", "ANALYZE", "OPTIMIZE", "VACUUM", "CACHE", "UNCACHE", "CLEAR", "MSCK"}


class Run:
    """What a running statement may touch."""

    def __init__(self, engine, context, ticket):
        self.engine, self.context, self.ticket = engine, context, ticket
        self.store, self.session, self.user = context.store, context.session, context.user

    @property
    def zone(self):
        return self.session.timezone

    @property
    def namespace(self):
        return self.session.catalog, self.session.schema

    def query(self, q):
        return self.engine.query(q, self.zone, self.ticket)

    def execute(self, sql, values=None):
        return self.engine.execute(sql, self.zone, self.ticket, values)


def verb(words):
    """READ, METADATA, DML, DDL, SESSION or OTHER: the class a statement counts as."""
    w = words.word()
    if w in QUERY_WORDS:
        return "DML" if w == "WITH" and _with_dml(words) else "READ"
    if w in ("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "LIST"):
        return "METADATA"
    if w in ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY"):
        return "DML"
    if w in ("CREATE", "DROP", "ALTER", "TRUNCATE", "COMMENT"):
        return "DDL"
    return "SESSION" if w in ("USE", "SET", "RESET", "DECLARE") else "OTHER"


def _with_dml(words):
    depth = 0
    for i in range(len(words.tokens)):
        w = words.word(i - words.at)
        depth += {"(": 1, ")": -1}.get(w, 0)
        if depth == 0 and w in ("INSERT", "SELECT"):
            return w == "INSERT"
    return False


def run(words, parameters, r):
    """Result of one statement; `words` stands at its first token."""
    if words.done():
        raise SqlError("PARSE_EMPTY_STATEMENT", "Syntax error, unexpected empty statement.", "42617")
    word = words.word()
    if word in QUERY_WORDS and verb(words) == "READ":
        return r.query(translate.query(words.text, parameters, r.context))
    if word in ("SHOW", "DESCRIBE", "DESC", "LIST"):
        return show.run(words, parameters, r)
    if word in ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH"):
        return dml.run(words, parameters, r)
    if word == "EXPLAIN":
        return explain(words, parameters, r)
    if word in IGNORED:
        return Result.empty()
    handler = _HANDLERS.get(word)
    if handler is None:
        words.fail()
    out = handler(words, parameters, r)
    return out if out is not None else Result.empty()


def explain(words, parameters, r):
    words.expect("EXPLAIN")
    for w in ("EXTENDED", "FORMATTED", "COST", "CODEGEN"):
        words.accept(w)
    text = words.rest()
    inner = Words(text)
    plan = "== Physical Plan ==\n"
    if inner.word() in QUERY_WORDS:
        q = translate.query(text, parameters, r.context)
        r.engine.columns(q, r.zone)
        plan += "PhotonResultStage\n" + "".join(f"+- PhotonScan {'.'.join(t)}\n" for t in q.tables)
    return Result.of_rows([("plan", T.STRING, False)], [(plan,)])


# ------------------------------------------------------------------------------------------------- session statements
def use(words, parameters, r):
    words.expect("USE")
    if words.accept("CATALOG"):
        return _use_catalog(words, r)
    words.accept("SCHEMA") or words.accept("DATABASE") or words.accept("NAMESPACE")
    parts = [words.string()] if words.is_string() else words.name()
    words.end()
    catalog = parts[0] if len(parts) == 2 else r.session.catalog
    found = r.store.schema(catalog, parts[-1])
    r.session.catalog, r.session.schema = r.store.catalog(catalog).name, found.name


def _use_catalog(words, r):
    name = words.string() if words.is_string() else words.name_part()
    words.end()
    r.session.catalog = r.store.catalog(name).name
    r.session.schema = "default"


def set_(words, parameters, r):
    words.expect("SET")
    if words.done():
        return Result.of_rows(_KEY_VALUE, sorted(r.session.all_confs().items()))
    if words.accept("CATALOG"):
        return _use_catalog(words, r)
    if words.accept("TIME", "ZONE"):
        zone = r.session.default_timezone if words.accept("LOCAL") else words.string()
        r.engine.release(r.engine.cursor(zone), zone)
        r.session.set_conf("timezone", zone)
        return None
    key = _conf_key(words)
    if words.done():
        name = confs.known(key)
        return Result.of_rows(_KEY_VALUE, [(key, r.session.conf(name) if name else "<undefined>")])
    words.expect("=")
    value = words.rest().strip()
    if value[:1] in "'\"" and value[-1:] == value[:1]:
        value = value[1:-1]
    name = confs.known(key)
    if name is None:
        raise confs.unavailable(key)
    if name == "timezone":
        r.engine.release(r.engine.cursor(value), value)
    r.session.set_conf(name, value)


_KEY_VALUE = [("key", T.STRING, False), ("value", T.STRING, False)]


def _conf_key(words):
    first = words.at
    while not words.done() and words.word() != "=":
        words.take()
    return words.span(first, words.at).strip("`")


def reset(words, parameters, r):
    words.expect("RESET")
    key = words.rest().strip()
    r.session.reset_conf(confs.known(key) if key else None)


def truncate(words, parameters, r):
    words.expect("TRUNCATE", "TABLE")
    table = ddl.writable(r, r.store.table(words.name(), r.namespace))
    r.execute(f"DELETE FROM {table.source}")
    table.log(r.user.name, "TRUNCATE")


_HANDLERS = {"USE": use, "SET": set_, "RESET": reset, "TRUNCATE": truncate, "CREATE": ddl.create, "DROP": ddl.drop,
             "ALTER": ddl.alter, "COMMENT": ddl.comment, "REPLACE": ddl.create, "GRANT": grants.run,
             "REVOKE": grants.run}
