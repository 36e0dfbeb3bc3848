"""CREATE, DROP, ALTER, COMMENT: the catalog changes first, the engine's table follows."""
from dataclasses import replace

from . import routines, translate
from . import types as T
from .catalog import Column, ForeignKey, Table
from .errors import SqlError, schema_not_found, table_not_found
from .result import Result

AFFECTED = [("num_affected_rows", T.BIGINT), ("num_inserted_rows", T.BIGINT)]


def ident(name):
    return '"' + name.replace('"', '""') + '"'


# ------------------------------------------------------------------------------------------------ the engine's table
def make(r, columns, stem):
    """An empty engine table for Databricks columns; returns its name."""
    name = r.engine.fresh(stem)
    lines = []
    for c in columns:
        line = f"{ident(c.name)} {T.duck(c.type)}"
        if not c.nullable:
            line += " NOT NULL"
        if c.type.name in ("CHAR", "VARCHAR"):
            line += f" CHECK (length({ident(c.name)}) <= {c.type.length})"
        if c.default is not None:
            line += f" DEFAULT ({default_sql(r, c.default)})"
        lines.append(line)
    r.engine.execute(f"CREATE TABLE {name} ({', '.join(lines) or 'nothing INTEGER'})", r.zone)
    return name


def default_sql(r, text):
    sql = translate.query("SELECT " + text, [], r.context).sql
    return f"({sql})" if "(" in text else sql[len("SELECT "):].rsplit(" AS ", 1)[0]


def writable(r, table):
    """The table, with an engine table of this process behind it (sample data is copied at the first write)."""
    if table.kind != "TABLE":
        raise SqlError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", f"The operation expects a table, but `{'`.`'.join(table.path)}` is "
                       "a view.", "42809")
    with r.store.lock:
        if not table.writable:
            name = make(r, table.columns, ".".join(table.path))
            r.engine.execute(f"INSERT INTO {name} SELECT * FROM {table.source}", r.zone)
            table.source, table.writable = name, True
    return table


# ------------------------------------------------------------------------------------------------------------ CREATE
def create(words, parameters, r):
    words.take()                                        # CREATE or REPLACE
    if words.tokens[0].text.upper() == "REPLACE":
        return create_table(words, parameters, r, True)
    over = words.accept("OR", "REPLACE")
    words.accept("GLOBAL")
    temporary = words.accept("TEMPORARY") or words.accept("TEMP")
    if routines.create(words, r, over):
        return None
    if words.accept("VIEW"):
        return create_view(words, r, over, temporary)
    if words.accept("MATERIALIZED", "VIEW"):
        return create_view(words, r, over, False)
    if words.accept("SCHEMA") or words.accept("DATABASE"):
        return create_schema(words, r)
    if words.accept("CATALOG"):
        return create_catalog(words, r)
    if words.accept("VOLUME"):
        words.accept("IF", "NOT", "EXISTS")
        c, s, v = r.store.complete(words.name(), r.namespace)
        volumes = r.store.schema(c, s).volumes
        if v not in volumes:
            volumes.append(v)
        return None
    words.accept("EXTERNAL")
    return create_table(words, parameters, r, over)


def _absent(words):
    return words.accept("IF", "NOT", "EXISTS")


def create_catalog(words, r):
    quiet, name = _absent(words), words.name_part()
    if name.lower() in r.store.catalogs:
        if quiet:
            return None
        raise SqlError("CATALOG_ALREADY_EXISTS", f"Cannot create catalog `{name}` because it already exists.", "42P06")
    r.store.add_catalog(name.lower())
    r.store.add_schema(name.lower(), "default")


def create_schema(words, r):
    quiet, parts = _absent(words), words.name()
    catalog = parts[0] if len(parts) == 2 else r.session.catalog
    c = r.store.catalog(catalog)
    note = words.string() if words.accept("COMMENT") else ""
    if parts[-1].lower() in c.schemas:
        if quiet:
            return None
        raise SqlError("SCHEMA_ALREADY_EXISTS", f"Cannot create schema `{parts[-1]}` because it already exists.\nChoose a different "
                       "name, drop the existing schema, or add the IF NOT EXISTS clause to tolerate pre-existing schema.", "42P06")
    r.store.add_schema(catalog, parts[-1].lower(), note)


def create_table(words, parameters, r, over):
    words.expect("TABLE")
    quiet = _absent(words)
    path = r.store.complete(words.name(), r.namespace)
    schema = r.store.schema(*path[:2])
    existing = schema.tables.get(path[2].lower())
    table = Table(schema_catalog(r, path), schema.name, path[2], [], owner=r.user.name)
    if words.word() == "(" and not _query_follows(words, 1):
        _column_list(words, table, r)
    if words.accept("LIKE"):
        table.columns = [replace(c) for c in r.store.table(words.name(), r.namespace).columns]
    _table_options(words, table)
    body = None
    if words.accept("AS") or _query_follows(words, 0):
        body = words.rest()
    words.end()
    if existing is not None and not over:
        if quiet:
            return None
        raise SqlError("TABLE_OR_VIEW_ALREADY_EXISTS", f"Cannot create table or view `{schema.name}`.`{path[2]}` because it already "
                       "exists.\nChoose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to "
                       "tolerate pre-existing objects.", "42P07")
    return _fill(r, table, body, parameters)


def schema_catalog(r, path):
    return r.store.catalog(path[0]).name


def _query_follows(words, ahead):
    while words.word(ahead) == "(":
        ahead += 1
    return words.word(ahead) in ("SELECT", "WITH", "VALUES", "FROM")


def _fill(r, table, body, parameters):
    if body is not None:
        q = translate.query(body, parameters, r.context)
        table.columns = [Column(n, t if t.name != "VOID" else T.VOID, True) for n, t, _ in r.engine.columns(q, r.zone)]
    names = [c.name.lower() for c in table.columns]
    for n in names:
        if names.count(n) > 1:
            raise SqlError("COLUMN_ALREADY_EXISTS", f"The column `{n}` already exists. Choose another name or rename the existing "
                           "column.", "42711")
    table.source, table.writable = make(r, table.columns, ".".join(table.path)), True
    if body is not None:
        r.execute(f"INSERT INTO {table.source} {q.sql}")
    table.log(r.user.name, "CREATE TABLE AS SELECT" if body is not None else "CREATE TABLE")
    r.store.add_table(table)
    return Result(AFFECTED_COLUMNS, iter(())) if body is not None else None


AFFECTED_COLUMNS = [(n, t, True) for n, t in AFFECTED]


def _column_list(words, table, r):
    words.take()
    while True:
        if words.word() in ("CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK"):
            _constraint(words, table, r)
        else:
            _column(words, table, r)
        if words.word() == ")":
            words.take()
            break
        words.expect(",")
    for name in (table.pk or (None, []))[1]:
        c = table.column(name)
        if c is None:
            raise SqlError("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", f"A column with name `{name}` cannot be resolved.", "42703")
        c.nullable = False


_AFTER_TYPE = {"NOT", "NULL", "PRIMARY", "COMMENT", "DEFAULT", "GENERATED", "CONSTRAINT", "REFERENCES", "FOREIGN", "MASK", "CHECK",
               "FIRST", "AFTER", "COLLATE"}


def read_type(words):
    """A column type: tokens up to the next clause, comma or closing bracket at depth zero."""
    first, depth = words.at, 0
    while not words.done():
        w = words.peek().text
        if depth == 0 and (w in (",", ")") or words.word() in _AFTER_TYPE):
            break
        depth += sum({"(": 1, "<": 1, ")": -1, ">": -1}.get(ch, 0) for ch in w) if not words.quoted(words.peek()) else 0
        words.take()
    text = words.span(first, words.at)
    try:
        return T.parse(text)
    except ValueError:
        bad = words.tokens[first] if first < len(words.tokens) else None
        raise SqlError("UNSUPPORTED_DATATYPE", f"Unsupported data type \"{text.upper() or (bad.text if bad else '')}\".",
                       "0A000") from None


def _column(words, table, r):
    c = Column(words.name_part(), read_type(words))
    table.columns.append(c)
    _column_clauses(words, c, table, r)


def _column_clauses(words, c, table, r):
    name = None
    while not words.done() and words.word() not in (",", ")"):
        if words.accept("NOT", "NULL"):
            c.nullable = False
        elif words.accept("NULL"):
            pass
        elif words.accept("COMMENT"):
            c.comment = words.string()
        elif words.accept("DEFAULT"):
            c.default = _expression(words)
        elif words.accept("CONSTRAINT"):
            name = words.name_part()
        elif words.accept("PRIMARY", "KEY"):
            table.pk = (name or f"{table.name}_pk", [c.name])
            _trust(words)
        elif words.word() in ("FOREIGN", "REFERENCES"):
            words.accept("FOREIGN", "KEY")
            _references(words, table, r, name, [c.name])
        elif words.accept("GENERATED") or words.accept("COLLATE") or words.accept("MASK") or words.accept("CHECK"):
            _expression(words)
        else:
            words.fail()


def _expression(words):
    first = words.at
    while not words.done() and words.word() not in (",", ")", "COMMENT", "NOT", "PRIMARY", "CONSTRAINT", "REFERENCES"):
        if words.word() == "(":
            words.balanced()
        else:
            words.take()
    return words.span(first, words.at)


def _names(words):
    words.expect("(")
    out = [words.name_part()]
    while words.accept(","):
        out.append(words.name_part())
    words.accept("TIMESERIES")
    words.expect(")")
    return out


def _trust(words):
    for w in (("NOT", "ENFORCED"), ("DEFERRABLE",), ("NOT", "DEFERRABLE"), ("INITIALLY", "DEFERRED"), ("NORELY",), ("RELY",),
              ("MATCH", "FULL"), ("ON", "UPDATE", "NO", "ACTION"), ("ON", "DELETE", "NO", "ACTION")):
        words.accept(*w)


def _references(words, table, r, name, columns):
    words.expect("REFERENCES")
    parent = r.store.complete(words.name(), r.namespace)
    found = r.store.find(list(parent), r.namespace)
    if words.word() == "(":
        parent_columns = _names(words)
    else:
        parent_columns = list(found.pk[1]) if found and found.pk else list(columns)
    _trust(words)
    table.fks.append(ForeignKey(name or f"{table.name}_{parent[2]}_fk", columns, found.path if found else parent, parent_columns))


def _constraint(words, table, r):
    name = words.name_part() if words.accept("CONSTRAINT") else None
    if words.accept("PRIMARY", "KEY"):
        table.pk = (name or f"{table.name}_pk", _names(words))
        _trust(words)
    elif words.accept("FOREIGN", "KEY"):
        _references(words, table, r, name, _names(words))
    elif words.accept("CHECK"):
        words.balanced()
    else:
        words.fail()


def _table_options(words, table):
    while not words.done():
        if words.accept("USING"):
            words.name_part()
        elif words.accept("COMMENT"):
            table.comment = words.string()
        elif words.accept("TBLPROPERTIES") or words.accept("OPTIONS"):
            table.properties.update(_properties(words))
        elif words.accept("PARTITIONED", "BY") or words.accept("CLUSTER", "BY"):
            words.accept("AUTO") or words.balanced()
        elif words.accept("LOCATION"):
            words.string()
        else:
            return


def _properties(words):
    words.expect("(")
    out = {}
    while not words.accept(")"):
        key = words.string() if words.is_string() else ".".join(words.name())
        words.accept("=")
        out[key] = words.take().text
        words.accept(",")
    return out


def create_view(words, r, over, temporary):
    quiet = _absent(words)
    parts = words.name()
    names = []
    if words.word() == "(":
        names = _view_columns(words)
    shell = Table("", "", "", [])
    _table_options(words, shell)
    words.expect("AS")
    text = words.rest()
    q = translate.query(text, [], r.context)
    columns = [Column(names[i][0] if names else n, t, True, names[i][1] if names else None)
               for i, (n, t, _) in enumerate(r.engine.columns(q, r.zone))]
    where = (r.session.catalog, r.session.schema)
    if temporary:
        r.session.temp_views[parts[-1].lower()] = Table("", "", parts[-1], columns, "VIEW", view_sql=text, view_namespace=where,
                                                        temporary=True)
        return None
    path = r.store.complete(parts, r.namespace)
    existing = r.store.schema(*path[:2]).tables.get(path[2].lower())
    if existing is not None and not over:
        if quiet:
            return None
        raise SqlError("TABLE_OR_VIEW_ALREADY_EXISTS", f"Cannot create table or view `{path[1]}`.`{path[2]}` because it already "
                       "exists.", "42P07")
    r.store.add_table(Table(*path, columns, "VIEW", view_sql=text, view_namespace=where, comment=shell.comment, owner=r.user.name))


def _view_columns(words):
    words.take()
    out = []
    while True:
        out.append((words.name_part(), words.string() if words.accept("COMMENT") else None))
        if words.accept(")"):
            return out
        words.expect(",")


# -------------------------------------------------------------------------------------------------------------- DROP
def drop(words, parameters, r):
    words.expect("DROP")
    words.accept("TEMPORARY")
    kind = words.take().text.upper()
    if kind == "MATERIALIZED":
        kind = words.take().text.upper()
    quiet = words.accept("IF", "EXISTS")
    parts = words.name()
    if kind in ("SCHEMA", "DATABASE"):
        return _drop_schema(words, r, parts, quiet)
    if kind in ("FUNCTION", "PROCEDURE"):
        return routines.drop(kind, parts, quiet, r)
    if kind == "CATALOG":
        if parts[0].lower() not in r.store.catalogs and quiet:
            return None
        r.store.catalog(parts[0])
        r.store.catalogs.pop(parts[0].lower())
        return r.store.changed()
    if kind == "VOLUME":
        c, s, v = r.store.complete(parts, r.namespace)
        volumes = r.store.schema(c, s).volumes
        return volumes.remove(v) if v in volumes else None
    if len(parts) == 1 and parts[0].lower() in r.session.temp_views:
        del r.session.temp_views[parts[0].lower()]
        return None
    table = r.store.find(parts, r.namespace)
    if table is None:
        if quiet:
            return None
        raise table_not_found(parts)
    if (kind == "VIEW") != (table.kind == "VIEW"):
        raise SqlError("WRONG_COMMAND_FOR_OBJECT_TYPE", f"The operation DROP {kind} requires a {kind} but `{'`.`'.join(table.path)}` "
                       f"is a {table.kind}.", "42809")
    r.store.drop_table(table)
    if table.writable:
        r.engine.execute(f"DROP TABLE IF EXISTS {table.source}")


def _drop_schema(words, r, parts, quiet):
    catalog = parts[0] if len(parts) == 2 else r.session.catalog
    schemas = r.store.catalog(catalog).schemas
    found = schemas.get(parts[-1].lower())
    if found is None:
        if quiet:
            return None
        raise schema_not_found((catalog, parts[-1]))
    if found.tables and not words.accept("CASCADE"):
        raise SqlError("SCHEMA_NOT_EMPTY", f"Cannot drop a schema `{parts[-1]}` because it contains objects.\nUse DROP SCHEMA ... "
                       "CASCADE to drop the schema and all its objects.", "2BP01")
    schemas.pop(parts[-1].lower())
    r.store.changed()


# ------------------------------------------------------------------------------------------------------------- ALTER
def alter(words, parameters, r):
    words.expect("ALTER")
    if not (words.accept("TABLE") or words.accept("VIEW")):
        words.rest()
        return None
    table = r.store.table(words.name(), r.namespace)
    r.store.changed()
    if words.accept("SET", "TBLPROPERTIES"):
        table.properties.update(_properties(words))
    elif words.accept("RENAME", "TO"):
        path = r.store.complete(words.name(), table.path[:2])
        r.store.drop_table(table)
        table.schema, table.name = path[1], path[2]
        r.store.add_table(table)
    elif words.accept("RENAME", "COLUMN"):
        _rename_column(words, writable(r, table), r)
    elif words.accept("ADD"):
        _add(words, table, r)
    elif words.accept("DROP"):
        _drop_part(words, table, r)
    elif words.accept("ALTER", "COLUMN") or words.accept("CHANGE", "COLUMN"):
        _alter_column(words, table, r)
    else:
        words.rest()
    if table.kind == "TABLE":
        table.log(r.user.name, "ALTER TABLE")


def _known(table, name):
    c = table.column(name)
    if c is None:
        raise SqlError("UNRESOLVED_COLUMN.WITH_SUGGESTION", f"A column with name `{name}` cannot be resolved. Did you mean one of the "
                       f"following? [{', '.join('`' + x.name + '`' for x in table.columns[:5])}].", "42703")
    return c


def _rename_column(words, table, r):
    c = _known(table, words.name_part())
    words.expect("TO")
    new = words.name_part()
    r.engine.execute(f"ALTER TABLE {table.source} RENAME COLUMN {ident(c.name)} TO {ident(new)}")
    c.name = new


def _add(words, table, r):
    if words.word() in ("CONSTRAINT", "PRIMARY", "FOREIGN"):
        _constraint(words, table, r)
        for name in (table.pk or (None, []))[1]:
            _known(table, name).nullable = False
        return
    writable(r, table)
    words.accept("COLUMNS") or words.accept("COLUMN")
    many = words.accept("(")
    while True:
        c = Column(words.name_part(), read_type(words))
        if table.column(c.name):
            raise SqlError("COLUMN_ALREADY_EXISTS", f"The column `{c.name}` already exists. Choose another name or rename the "
                           "existing column.", "42711")
        _column_clauses(words, c, table, r)
        r.engine.execute(f"ALTER TABLE {table.source} ADD COLUMN {ident(c.name)} {T.duck(c.type)}")
        table.columns.append(c)
        if not words.accept(","):
            break
    if many:
        words.expect(")")


def _drop_part(words, table, r):
    if words.accept("CONSTRAINT"):
        words.accept("IF", "EXISTS")
        name = words.name_part()
        if table.pk and table.pk[0] == name:
            table.pk = None
        table.fks = [f for f in table.fks if f.name != name]
    elif words.accept("PRIMARY", "KEY"):
        table.pk = None
    elif words.accept("COLUMN") or words.accept("COLUMNS"):
        writable(r, table)
        words.accept("(")
        while not words.done() and words.word() != ")":
            c = _known(table, words.name_part())
            r.engine.execute(f"ALTER TABLE {table.source} DROP COLUMN {ident(c.name)}")
            table.columns.remove(c)
            words.accept(",")


def _alter_column(words, table, r):
    c = _known(table, words.name_part())
    if words.accept("COMMENT"):
        c.comment = words.string()
    elif words.accept("SET", "NOT", "NULL") or words.accept("DROP", "NOT", "NULL"):
        c.nullable = words.tokens[words.at - 3].text.upper() == "DROP"
        writable(r, table)
        r.engine.execute(f"ALTER TABLE {table.source} ALTER COLUMN {ident(c.name)} {'DROP' if c.nullable else 'SET'} NOT NULL")
    elif words.accept("TYPE"):
        c.type = read_type(words)
        writable(r, table)
        r.engine.execute(f"ALTER TABLE {table.source} ALTER COLUMN {ident(c.name)} TYPE {T.duck(c.type)}")
    elif words.accept("SET", "DEFAULT"):
        c.default = words.rest()


def comment(words, parameters, r):
    words.expect("COMMENT", "ON")
    kind = words.take().text.upper()
    parts = words.name()
    words.expect("IS")
    text = None if words.accept("NULL") else words.string()
    r.store.changed()
    if kind in ("TABLE", "VIEW"):
        r.store.table(parts, r.namespace).comment = text
    elif kind in ("SCHEMA", "DATABASE"):
        r.store.schema(parts[0] if len(parts) == 2 else r.session.catalog, parts[-1]).comment = text
    elif kind == "CATALOG":
        r.store.catalog(parts[0]).comment = text
    elif kind == "COLUMN":
        _known(r.store.table(parts[:-1], r.namespace), parts[-1]).comment = text
