"""A Databricks query made into one engine query plus the result columns Spark would announce."""
import copy
import re
from collections import OrderedDict

import sqlglot
from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import ParseError, SqlglotError, TokenError

from . import naming, rewrite
from . import types as T
from .errors import SqlError, syntax_error, table_not_found
from .infer import Inference, parts_of
from .wordlist import tokens


class Context:
    """Everything outside its text that a query's meaning depends on."""

    def __init__(self, store, session, user, information_schema):
        self.store, self.session, self.user = store, session, user
        self.information_schema = information_schema    # (catalog, table name) -> Table
        self.ansi = session.conf("ansi_mode").lower() != "false"
        self.namespace = (session.catalog, session.schema)

    def constant(self, name):
        """The expression of a session constant or None."""
        value = self.constants().get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return exp.Struct(expressions=[exp.PropertyEQ(this=exp.to_identifier(k), expression=exp.convert(v))
                                           for k, v in value.items()])
        return exp.Literal.string(value)

    def constants(self):
        return {"current_catalog": self.session.catalog, "current_schema": self.session.schema,
                "current_database": self.session.schema, "current_user": self.user.name, "session_user": self.user.name,
                "user": self.user.name, "current_timezone": self.session.timezone, "current_metastore": "sandbox:local:0",
                "version": "4.0.0 0000000000000000000000000000000000000000",
                "current_version": {"dbr_version": None, "dbsql_version": "2025.40", "u_build_hash": "0", "r_build_hash": "0"}}

    def find(self, parts):
        """Table of a name, temporary views first, information_schema made on demand."""
        if len(parts) == 1 and parts[0].lower() in self.session.temp_views:
            return self.session.temp_views[parts[0].lower()]
        c, s, t = self.store.complete(parts, self.namespace)
        if s.lower() == "information_schema":
            return self.information_schema(c, t)
        return self.store.find(parts, self.namespace)

    def at(self, namespace):
        """The same context reading names from another schema (for views)."""
        other = copy.copy(self)
        other.namespace = namespace
        return other


class Query:
    """`sql` for the engine; `columns` = [(name, Type|None, nullable|None)] or None; `tables` = paths that were read."""

    def __init__(self, sql, columns, tables):
        self.sql, self.columns, self.tables = sql, columns, tables


_dialect = Databricks()


def plain_quotes(sql):
    """'it''s' is one text with a quote in it (sqlglot reads the older rule: two texts side by side)."""
    if "''" not in sql and '""' not in sql:
        return sql
    out, at = [], 0
    for t in tokens(sql):
        if t.kind == "string" and sql[t.start] in "\"'" and sql[t.start] * 2 in sql[t.start + 1:t.end - 1]:
            q = sql[t.start]
            out += [sql[at:t.start], q, re.sub(r"\\.|" + q * 2, lambda m: "\\" + q if m.group() == q * 2 else m.group(),
                                               sql[t.start + 1:t.end - 1], flags=re.S), q]
            at = t.end
    return "".join(out) + sql[at:]


def parse(sql):
    sql = plain_quotes(sql)
    try:
        trees = _dialect.parse(sql)
    except (ParseError, TokenError) as e:
        raise _syntax(sql, e) from None
    except (SqlglotError, RecursionError, IndexError, AttributeError, ValueError):
        raise syntax_error(sql, len(sql)) from None
    trees = [t for t in trees if t is not None]
    if not trees:
        raise SqlError("PARSE_EMPTY_STATEMENT", "Syntax error, unexpected empty statement.", "42617")
    return trees[0]


def _syntax(sql, e):
    info = (getattr(e, "errors", None) or [{}])[0]
    near, line, col = info.get("highlight"), info.get("line"), info.get("col")
    if not near or not line:
        return syntax_error(sql, len(sql))
    lines = sql.split("\n")
    start = sum(len(l) + 1 for l in lines[:line - 1]) + col - len(near)
    return syntax_error(sql, max(0, start), near)


# ----------------------------------------------------------------------------------------------------- parameters
def bind(tree, parameters):
    """Put typed literals in the places of `?` and `:name` markers."""
    named = {p["name"].lower(): p for p in parameters if p.get("name")}
    ordinal = {int(p["ordinal"]): p for p in parameters if p.get("ordinal") is not None}
    plain = [p for p in parameters if not p.get("name") and p.get("ordinal") is None]
    ordinal.update({i + 1 + len(ordinal): p for i, p in enumerate(plain)})
    markers = sorted((n for n in tree.find_all(exp.Placeholder)), key=_position)
    count = 0
    for n in markers:
        if n.this:
            p = named.get(str(n.this).lower())
            if p is None:
                raise SqlError("UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: {n.this}. Please, fix `args` and provide "
                               "a mapping of the parameter to either a SQL literal or collection constructor functions such "
                               "as `map()`, `array()`, `struct()`.", "42P02")
        else:
            count += 1
            p = ordinal.get(count)
            if p is None:
                raise SqlError("UNBOUND_SQL_PARAMETER", f"Found the unbound parameter: _{count}. Please, fix `args` and provide "
                               "a mapping of the parameter to either a SQL literal or collection constructor functions such "
                               "as `map()`, `array()`, `struct()`.", "42P02")
        n.replace(_literal(p))
    return tree


def _position(node):
    return node.meta.get("start", 0)


def order_markers(sql, tree):
    """Placeholders carry no position: number them in the order in which the tree prints them (= the text's order)."""
    for i, n in enumerate(n for n in tree.walk(bfs=False) if isinstance(n, exp.Placeholder)):
        n.meta["start"] = i


def _literal(p):
    kind = (p.get("type") or "STRING").strip()
    try:
        t = T.parse(kind)
    except ValueError:
        raise SqlError("INVALID_PARAMETER_VALUE", f"Unsupported parameter type {kind}.", "22023") from None
    if t.items or t.name == "BINARY":
        raise SqlError("INVALID_PARAMETER_VALUE", f"Parameters of type {kind} are not supported.", "22023")
    value = p.get("value")
    if value is not None and not isinstance(value, str):
        value = str(value).lower() if isinstance(value, bool) else str(value)
    inner = exp.Null() if value is None else exp.Literal.string(value)
    if value is not None and t.name == "STRING":  # bare, the engine casts it to what it is compared with, as Spark does
        return inner
    return exp.Cast(this=inner, to=exp.DataType.build(t.erased().text(), dialect="databricks"))


# --------------------------------------------------------------------------------------------------------- tables
def is_cte(node):
    """Whether an unqualified table node names a CTE that is visible to it."""
    if node.db:
        return False
    name, child, at = node.name.lower(), node, node.parent
    while at is not None:
        w = at.args.get("with_") or at.args.get("with") if isinstance(at.args, dict) else None
        if w is not None:
            for cte in w.expressions:
                if cte is child or (child is w and _inside(cte, node)):
                    if w.args.get("recursive") and cte.alias.lower() == name:
                        return True
                    break
                if cte.alias.lower() == name:
                    return True
        child, at = at, at.parent
    return False


def _inside(ancestor, node):
    while node is not None:
        if node is ancestor:
            return True
        node = node.parent
    return False


class Resolver:
    """Replaces table names by what the engine knows, views by their text; remembers what was read."""

    def __init__(self, context, depth=0):
        self.context, self.depth, self.seen = context, depth, OrderedDict()

    def columns_of(self, parts):
        table = self.context.find(parts)
        return [(c.name, c.type.erased(), c.nullable) for c in table.columns] if table else None

    def tables(self, tree):
        names = set()
        for node in list(tree.find_all(exp.Table)):
            if isinstance(node.this, exp.Func):
                _table_function(node)
            elif isinstance(node.this, exp.Identifier) and not is_cte(node):
                names.add(node.name.lower())
                self.table(node)
        for col in tree.find_all(exp.Column):
            if col.args.get("db") is not None and col.table.lower() in names:
                col.set("db", None), col.set("catalog", None)
        return tree

    def table(self, node):
        parts = parts_of(node)
        found = self.context.find(parts)
        if found is None:
            raise table_not_found(parts)
        self.seen[found.path] = found
        if node.args.get("version") is not None:
            _current_version_only(node.args["version"], found)
        source = self.source(found)
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(found.name, quoted=True))
        if not alias.this:
            alias.set("this", exp.to_identifier(found.name, quoted=True))
        source.set("alias", alias)
        for key in ("joins", "laterals", "pivots", "sample"):
            if node.args.get(key):
                source.set(key, node.args[key])
        node.replace(source)

    def source(self, table):
        """The FROM item of a table: plain, filtered by principal, or a view's own query."""
        if table.view_sql is not None:
            if self.depth > 20:
                raise SqlError("RECURSIVE_VIEW", f"Recursive view {table.name} detected.", "42K0H")
            inner = Resolver(self.context.at(table.view_namespace), self.depth + 1)
            query = compile_tree(parse(table.view_sql), inner)
            self.seen.update(inner.seen)
            return exp.Subquery(this=_named(query, [c.name for c in table.columns]))
        base = sqlglot.parse_one("SELECT * FROM " + table.source, read="duckdb")
        if table.row_filter:
            user = "'" + self.context.user.name.replace("'", "''") + "'"
            return exp.Subquery(this=base.where(table.row_filter.format(user=user), dialect="duckdb"))
        from_ = base.args.get("from_") or base.args.get("from")
        return from_.this


def _current_version_only(version, table):
    """VERSION AS OF works for the version that is current: older data is not kept."""
    asked = version.expression
    if version.name.upper() != "VERSION" or not isinstance(asked, exp.Literal) or asked.name != str(table.version):
        raise SqlError("UNSUPPORTED_FEATURE.TIME_TRAVEL", f"Time travel on the relation: `{'`.`'.join(table.path)}`: the sandbox keeps "
                       f"version {table.version} only.", "0A000")


def _named(query, names):
    """Give a view's query the column names its catalog entry has."""
    alias = exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(n, quoted=True) for n in names])
    return exp.select("*").from_(exp.Subquery(this=query, alias=alias))


def _table_function(node):
    name = node.this.name.lower() if isinstance(node.this, exp.Anonymous) else node.this.sql_name().lower()
    if name not in ("range", "generate_series"):
        return
    inner = node.this.copy()
    if not isinstance(inner, exp.Anonymous):
        inner = exp.Anonymous(this="range", expressions=[c.copy() for c in node.this.iter_expressions()])
    q = exp.select(exp.alias_(exp.column("range"), "id")).from_(exp.Table(this=inner))
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("range"))
    node.replace(exp.Subquery(this=q, alias=alias))


# ---------------------------------------------------------------------------------------------------------- whole
EMPTY = "sandbox_empty_name"           # SELECT '' has a column without a name, which the engine cannot say


def name_projections(tree):
    """Alias every unaliased expression of the outermost SELECT as Spark would name it."""
    select = tree
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for e in list(select.expressions):
        if isinstance(e, (exp.Alias, exp.Star, exp.Column)):
            continue                                    # a column's name as written comes from infer.py
        if isinstance(e, (exp.Explode, exp.ExplodeOuter, exp.Aliases)):
            name = "col"
        else:
            name = naming.of(e) or EMPTY
        new = exp.Alias(this=e.copy(), alias=exp.to_identifier(name, quoted=True))
        new.meta["given"] = True
        e.replace(new)


def compile_tree(tree, resolver):
    """Infer, resolve and rewrite one tree in place; its inferred columns go to tree.meta."""
    context = resolver.context
    name_projections(tree)
    constants = {}
    inference = Inference(resolver.columns_of, constants)
    try:
        columns = inference.query(tree)
    except (AttributeError, TypeError, KeyError, IndexError, ValueError):
        columns = None
    tree = resolver.tables(tree)
    tree = rewrite.functions(tree, context)
    tree.meta["columns"] = columns
    return tree


def query(sql, parameters, context):
    """Query of one SELECT/WITH/VALUES text."""
    tree = parse("SELECT * FROM " + sql[6:] if sql[:6].upper() == "TABLE " else sql)
    order_markers(sql, tree)
    return from_tree(bind(tree, parameters), context)


def from_tree(tree, context):
    if isinstance(tree, exp.Values):
        width = len(tree.expressions[0].expressions) if isinstance(tree.expressions[0], exp.Tuple) else 1
        alias = exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(f"col{i + 1}") for i in range(width)])
        inner = tree.copy()
        inner.set("alias", alias)
        tree = exp.select("*").from_(inner)
    resolver = Resolver(context)
    tree = compile_tree(tree, resolver)
    return Query(generate(tree), tree.meta.get("columns"), list(resolver.seen))


def generate(tree):
    try:
        return tree.sql("duckdb", unsupported_level=sqlglot.ErrorLevel.IGNORE)
    except SqlglotError as e:
        raise SqlError("UNSUPPORTED_FEATURE", str(e).split("\n")[0], "0A000") from None
