"""INSERT, UPDATE, DELETE, MERGE: sqlglot's tree aimed at this process' own copy of the table; answers are affected counts."""
import duckdb
from sqlglot import exp

from . import rewrite, translate
from . import types as T
from . import values
from .ddl import AFFECTED, ident, writable
from .errors import SqlError, from_engine, syntax_error, table_not_found
from .infer import Inference, Scope, parts_of
from .result import Result


def run(words, parameters, r):
    try:
        return plain_insert(values.Reader(words, parameters), r)
    except values.NotPlain:
        words.at = 0
    tree = translate.parse(words.text)
    translate.order_markers(words.text, tree)
    translate.bind(tree, parameters)
    for kind, handler in ((exp.Insert, insert), (exp.Update, update), (exp.Delete, delete), (exp.Merge, merge)):
        if isinstance(tree, kind):
            return handler(tree, r)
    raise syntax_error(words.text, 0)


def plain_insert(reader, r):
    """INSERT ... VALUES of literals only."""
    parts, names = reader.head()
    if len(parts) == 1 and parts[0].lower() in r.session.temp_views:
        raise values.NotPlain
    table = r.store.table(parts, r.namespace)
    columns = [_column(table, n) for n in names] if names else table.columns
    rows = reader.rows(len(columns))
    target = writable(r, table)
    into = f"INSERT INTO {target.source} ({', '.join(ident(c.name) for c in columns)}) "
    lists = values.by_column(rows)
    if lists:
        n = r.execute(into + lists[0], lists[1]) or 0
    else:
        n = r.execute(into + "VALUES " + ", ".join("(" + ", ".join(cells) + ")" for cells in rows)) or 0
    table.log(r.user.name, "WRITE")
    return _count(n)


def _target(node, r):
    parts = parts_of(node)
    if len(parts) == 1 and parts[0].lower() in r.session.temp_views:
        return writable(r, r.session.temp_views[parts[0].lower()])
    table = r.store.find(parts, r.namespace)
    if table is None:
        raise table_not_found(parts)
    return writable(r, table)


def _count(n, columns=AFFECTED):
    return Result.of_rows(columns, [tuple([n] * len(columns))])


def insert(tree, r):
    target, names = tree.this, []
    if isinstance(target, exp.Schema):
        target, names = target.this, [c.name for c in target.expressions]
    table = _target(target, r)
    columns = [_column(table, n) for n in names] or table.columns
    body = tree.expression
    for key in ("with_", "with"):
        if tree.args.get(key) is not None:
            body.set(key, tree.args[key])
    by_name = bool(tree.args.get("by_name"))
    _default_cells(body, columns)
    q = translate.from_tree(body.copy(), r.context)
    width = len(r.engine.columns(q, r.zone)) if not isinstance(body, exp.Values) else _values_width(body)
    if not by_name and width != len(columns):
        few = "NOT_ENOUGH" if width < len(columns) else "TOO_MANY"
        raise SqlError(f"INSERT_COLUMN_ARITY_MISMATCH.{few}_DATA_COLUMNS",
                       f"Cannot write to `{'`.`'.join(table.path)}`, the reason is {few.replace('_', ' ').lower()} data columns:\nTable "
                       f"columns: {', '.join('`' + c.name + '`' for c in columns)}.\nData columns: {width}.", "21S01")
    if tree.args.get("overwrite"):
        r.execute(f"DELETE FROM {table.source}")
    into = "BY NAME" if by_name else "(" + ", ".join(ident(c.name) for c in columns) + ")"
    n = r.execute(f"INSERT INTO {table.source} {into} {q.sql}") or 0
    table.log(r.user.name, "WRITE")
    return _count(n)


def _values_width(body):
    first = body.expressions[0]
    return len(first.expressions) if isinstance(first, exp.Tuple) else 1


def _default_cells(body, columns):
    """DEFAULT inside VALUES stands for the column's default."""
    if not isinstance(body, exp.Values):
        return
    for row in body.expressions:
        for cell, c in zip(list(row.expressions) if isinstance(row, exp.Tuple) else [], columns):
            if isinstance(cell, (exp.Var, exp.Column)) and cell.name.upper() == "DEFAULT":
                cell.replace(translate.parse("SELECT " + (c.default or "NULL")).expressions[0])


def _column(table, name):
    c = table.column(name)
    if c is None:
        raise SqlError("UNRESOLVED_COLUMN.WITH_SUGGESTION", f"A column, variable, or function parameter with name `{name}` cannot be "
                       f"resolved. Did you mean one of the following? [{', '.join('`' + x.name + '`' for x in table.columns[:5])}].",
                       "42703")
    return c


def _aim(tree, node, table, r):
    """Point the target node at the engine's table, then resolve and rewrite the rest."""
    resolver = translate.Resolver(r.context)
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name, quoted=True))
    mark = exp.Table(this=exp.to_identifier("sandbox_target"), alias=alias)
    scope = _scope_of(tree, table, alias.name, resolver)
    inference = Inference(resolver.columns_of, {})
    for clause in ("where", "expressions", "on"):
        value = tree.args.get(clause)
        for c in (value if isinstance(value, list) else [value] if value is not None else []):
            try:
                inference.annotate(c, scope)
            except (AttributeError, TypeError, KeyError):
                pass
    node.replace(mark)
    for t in list(tree.find_all(exp.Table)):
        if t is not mark and isinstance(t.this, exp.Identifier) and not translate.is_cte(t):
            resolver.table(t)
    _shorten(tree, table, None if node.args.get("alias") else alias.name)
    tree = rewrite.functions(tree, r.context)
    mark.set("this", exp.to_identifier(table.source.strip('"').replace('""', '"'), quoted=True))
    return tree


def _shorten(tree, table, alias):
    """Columns of the target under its full name, schema.t.c or catalog.schema.t.c, under its last one alone."""
    path = [p.lower() for p in table.path]
    for c in tree.find_all(exp.Column) if alias else ():
        parts = [p.name.lower() for p in (c.args.get("catalog"), c.args.get("db"), c.args.get("table")) if p is not None]
        if len(parts) > 1 and parts == path[-len(parts):]:
            c.set("db", None), c.set("catalog", None)


def _scope_of(tree, table, alias, resolver):
    scope = Scope()
    scope.sources.append((alias, [(c.name, c.type.erased(), c.nullable) for c in table.columns]))
    using = tree.args.get("using")
    if isinstance(using, exp.Table):
        scope.sources.append((using.alias_or_name, resolver.columns_of(parts_of(using))))
    elif using is not None:
        scope.sources.append((using.alias_or_name if isinstance(using, exp.Expression) else "", None))
    return scope


def update(tree, r):
    table = _target(tree.this, r)
    for e in tree.expressions:
        if isinstance(e, exp.EQ) and isinstance(e.this, exp.Column):
            _column(table, e.this.name)
            for part in ("table", "db", "catalog"):
                e.this.set(part, None)
    tree = _aim(tree, tree.this, table, r)
    n = r.execute(translate.generate(tree)) or 0
    table.log(r.user.name, "UPDATE")
    return _count(n, AFFECTED[:1])


def delete(tree, r):
    table = _target(tree.this, r)
    tree = _aim(tree, tree.this, table, r)
    n = r.execute(translate.generate(tree)) or 0
    table.log(r.user.name, "DELETE")
    return _count(n, AFFECTED[:1])


def merge(tree, r):
    table = _target(tree.this, r)
    source = tree.args["using"].alias_or_name
    for when in tree.args["whens"].expressions:
        _expand_star(when, table, source)
    tree = _aim(tree, tree.this, table, r)
    cursor_sql = translate.generate(tree) + " RETURNING merge_action"
    counts = _actions(cursor_sql, r)
    table.log(r.user.name, "MERGE")
    names = ("num_affected_rows", "num_updated_rows", "num_deleted_rows", "num_inserted_rows")
    row = (sum(counts.values()), counts.get("UPDATE", 0), counts.get("DELETE", 0), counts.get("INSERT", 0))
    return Result.of_rows([(n, T.BIGINT) for n in names], [row])


def _actions(sql, r):
    cursor = r.engine.cursor(r.zone)
    try:
        counts = {}
        for (action,) in cursor.execute(sql).fetchall():
            counts[action] = counts.get(action, 0) + 1
        return counts
    except duckdb.Error as e:
        raise from_engine(e) from None
    finally:
        r.engine.release(cursor, r.zone)


def _expand_star(when, table, source):
    """UPDATE SET * / INSERT * spelled out; target columns in SET lose their qualifier."""
    then = when.args.get("then")
    if isinstance(then, exp.Insert):
        if isinstance(then.this, exp.Star):
            then.set("this", exp.Tuple(expressions=[exp.column(c.name, quoted=True) for c in table.columns]))
            then.set("expression", exp.Tuple(expressions=[exp.column(c.name, source, quoted=True) for c in table.columns]))
        elif isinstance(then.this, exp.Tuple):
            for c in then.this.expressions:
                c.set("table", None)
    if isinstance(then, exp.Update):
        if not then.expressions or isinstance(then.args.get("expressions"), exp.Star) or \
                (then.expressions and isinstance(then.expressions[0], exp.Star)):
            then.set("expressions", [exp.EQ(this=exp.column(c.name, quoted=True), expression=exp.column(c.name, source, quoted=True))
                                     for c in table.columns])
        else:
            for e in then.expressions:
                if isinstance(e, exp.EQ) and isinstance(e.this, exp.Column):
                    e.this.set("table", None)
