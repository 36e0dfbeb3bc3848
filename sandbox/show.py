"""SHOW, DESCRIBE and LIST with the result columns the official clients read."""
import json
from datetime import datetime, timezone

from . import translate
from . import types as T
from .catalog import matcher
from .errors import SqlError, table_not_found
from .result import Result
from .wordlist import Words

S, B, I, L = T.STRING, T.BOOLEAN, T.INT, T.BIGINT


def strings(*names, nullable=()):
    return [(n, S, n in nullable) for n in names]


def run(words, parameters, r):
    word = words.take().text.upper()
    if word == "LIST":
        return list_files(words, r)
    if word in ("DESCRIBE", "DESC"):
        return describe(words, parameters, r)
    return show(words, r)


# --------------------------------------------------------------------------------------------------------------- SHOW
def show(words, r):
    for keys, handler in _SHOW:
        if words.accept(*keys):
            return handler(words, r)
    words.fail()


def _like(words):
    """Optional [LIKE] 'pattern'."""
    if words.accept("LIKE") or words.is_string():
        return words.string()
    return None


def _in(words):
    return words.accept("IN") or words.accept("FROM")


def catalogs(words, r):
    match = matcher(_like(words))
    words.end()
    return Result.of_rows(strings("catalog"), [(c.name,) for c in sorted(r.store.catalogs.values(), key=_name) if match(c.name)])


def _name(x):
    return x.name.lower()


def _all_catalogs(words):
    return words.accept("ALL", "CATALOGS")


def schemas(words, r):
    if _in(words) and _all_catalogs(words):
        match = matcher(_like(words))
        words.end()
        rows = [(s.name, c.name) for c in sorted(r.store.catalogs.values(), key=_name)
                for s in sorted(c.schemas.values(), key=_name) if match(s.name)]
        return Result.of_rows(strings("databaseName", "catalog"), rows)
    catalog = r.session.catalog
    if words.tokens[words.at - 1].text.upper() in ("IN", "FROM"):
        catalog = words.name()[-1]
    match = matcher(_like(words))
    words.end()
    found = r.store.catalog(catalog)
    return Result.of_rows(strings("databaseName"), [(s.name,) for s in sorted(found.schemas.values(), key=_name) if match(s.name)])


_TABLES = [("namespace", S, False), ("tableName", S, False), ("isTemporary", B, False), ("information", S, True),
           ("catalogName", S, False), ("tableType", S, False), ("remarks", S, True)]


def tables(words, r):
    if words.accept("IN", "ALL", "CATALOGS"):
        return _tables_of(words, r, sorted(r.store.catalogs.values(), key=_name))
    if words.accept("IN", "CATALOG") or words.accept("FROM", "CATALOG"):
        return _tables_of(words, r, [r.store.catalog(words.name_part())])
    path = (r.session.catalog, r.session.schema)
    if _in(words):
        parts = words.name()
        path = (parts[0] if len(parts) == 2 else r.session.catalog, parts[-1])
    match = matcher(_like(words))
    words.end()
    found = _schema_tables(r, *path)
    rows = [(path[1], t.name, False) for t in found if match(t.name)]
    rows += [("", v.name, True) for v in r.session.temp_views.values() if match(v.name)]
    return Result.of_rows([("database", S, False), ("tableName", S, False), ("isTemporary", B, False)], rows)


def _schema_tables(r, catalog, schema):
    found = r.store.schema(catalog, schema)
    if found.name == "information_schema":
        return r.context.information_schema.tables(catalog)
    return sorted(found.tables.values(), key=_name)


def _schema_like(words):
    return words.string() if words.accept("SCHEMA", "LIKE") else None


def _tables_of(words, r, catalogs):
    schema_match, match = matcher(_schema_like(words)), matcher(_like(words))
    words.end()
    rows = [(s.name, t.name, False, "", c.name, t.kind, t.comment or "")
            for c in catalogs for s in sorted(c.schemas.values(), key=_name) if schema_match(s.name)
            for t in _schema_tables(r, c.name, s.name) if match(t.name)]
    return Result.of_rows(_TABLES, rows)


def views(words, r):
    path = (r.session.catalog, r.session.schema)
    if _in(words):
        parts = words.name()
        path = (parts[0] if len(parts) == 2 else r.session.catalog, parts[-1])
    match = matcher(_like(words))
    rows = [(path[1], t.name, False, False) for t in _schema_tables(r, *path) if t.kind == "VIEW" and match(t.name)]
    return Result.of_rows([("namespace", S, False), ("viewName", S, False), ("isTemporary", B, False),
                           ("isMaterialized", B, False)], rows)


_COLUMNS = [("catalogName", S, False), ("namespace", S, False), ("tableName", S, False), ("col_name", S, False),
            ("columnType", S, False), ("columnSize", I, True), ("decimalDigits", I, True), ("radix", I, True),
            ("isNullable", S, True), ("remarks", S, True), ("ordinalPosition", I, False), ("isAutoIncrement", S, True),
            ("isGenerated", S, True)]


def columns(words, r):
    if words.accept("IN", "ALL", "CATALOGS"):
        words.at -= 2
        words.fail()                                    # the real server does not know this form either
    if words.accept("IN", "CATALOG") or words.accept("FROM", "CATALOG"):
        catalog = r.store.catalog(words.name_part())
        schema_match = matcher(_schema_like(words))
        table_match = matcher(words.string() if words.accept("TABLE", "LIKE") else None)
        match = matcher(_like(words))
        words.end()
        rows = [_column_row(c.name, t, i, col) for c in [catalog] for s in sorted(c.schemas.values(), key=_name)
                if schema_match(s.name) for t in _schema_tables(r, c.name, s.name) if table_match(t.name)
                for i, col in enumerate(t.columns) if match(col.name)]
        return Result.of_rows(_COLUMNS, rows)
    if not _in(words):
        words.fail()
    parts = words.name()
    if _in(words):
        parts = words.name() + parts
    words.end()
    table = _described(r, parts)
    return Result.of_rows(strings("col_name"), [(c.name,) for c in table.columns])


_SIZES = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19, "FLOAT": 7, "DOUBLE": 15, "DATE": 10, "TIMESTAMP": 29,
          "TIMESTAMP_NTZ": 29, "BOOLEAN": 1, "BINARY": 1, "STRING": 255}


def _column_row(catalog, table, i, c):
    t = c.type
    size = t.precision or t.length or _SIZES.get(t.name)
    numeric = t.name in T.INTEGERS or t.name in ("DECIMAL", "FLOAT", "DOUBLE")
    digits = t.scale if t.name == "DECIMAL" else 0 if t.name in T.INTEGERS else None
    return (catalog, table.schema, table.name, c.name, t.text(), size, digits, 10 if numeric else None,
            "true" if c.nullable else "false", c.comment or "", i, "NO", "NO")


def _in_path(words, r):
    """IN CATALOG `c` IN SCHEMA `s` IN TABLE `t`, in this or the plain form."""
    if words.accept("IN", "CATALOG"):
        c = words.name_part()
        words.expect("IN", "SCHEMA")
        s = words.name_part()
        words.expect("IN", "TABLE")
        t = words.name_part()
        words.end()
        return [c, s, t]
    _in(words)
    return words.name()


_KEYS = [("catalogName", S, False), ("namespace", S, False), ("tableName", S, False), ("col_name", S, False),
         ("keySeq", I, False), ("constraintName", S, True)]


def keys(words, r):
    table = r.store.table(_in_path(words, r), r.namespace)
    name, cols = table.pk or (None, [])
    return Result.of_rows(_KEYS, [(*table.path, table.column(c).name, i + 1, name) for i, c in enumerate(cols)])


_FOREIGN = [("parentCatalogName", S, False), ("parentNamespace", S, False), ("parentTableName", S, False),
            ("parentColName", S, False), ("catalogName", S, False), ("namespace", S, False), ("tableName", S, False),
            ("col_name", S, False), ("keySeq", I, False), ("updateRule", I, True), ("deleteRule", I, True),
            ("deferrability", I, True), ("constraintName", S, True)]


def foreign_keys(words, r):
    table = r.store.table(_in_path(words, r), r.namespace)
    rows = [(*fk.parent, pc, *table.path, table.column(c).name, i + 1, 3, 3, 5, fk.name)
            for fk in table.fks for i, (c, pc) in enumerate(zip(fk.columns, fk.parent_columns))]
    return Result.of_rows(_FOREIGN, rows)


_BUILTINS = ["abs", "array", "avg", "cast", "coalesce", "concat", "count", "current_date", "current_timestamp", "date_format",
             "length", "lower", "max", "min", "round", "substring", "sum", "upper"]


def functions(words, r):
    catalog, schema_match = None, None
    if words.accept("IN", "CATALOG"):
        catalog = r.store.catalog(words.name_part())
        schema_match = matcher(_schema_like(words))
        match = matcher(_like(words))
        words.end()
        rows = [(f.name, s.name, catalog.name, f.name, f.comment or "", "TABLE" if f.columns else "SCALAR")
                for s in sorted(catalog.schemas.values(), key=_name) if schema_match(s.name)
                for f in s.functions if f.kind == "FUNCTION" and match(f.name)]
        return Result.of_rows(strings("functionName", "namespace", "catalogName", "specificName", "remarks", "functionType"), rows)
    if _in(words):
        words.name()
    match = matcher(_like(words))
    return Result.of_rows(strings("function"), [(f,) for f in _BUILTINS if match(f)])


def volumes(words, r):
    parts = words.name() if _in(words) else [r.session.schema]
    match = matcher(_like(words))
    found = r.store.schema(parts[0] if len(parts) == 2 else r.session.catalog, parts[-1])
    return Result.of_rows(strings("database", "volume_name"), [(found.name, v) for v in sorted(found.volumes) if match(v)])


def create_table(words, r):
    t = _described(r, words.name())
    if t.view_sql is not None:
        text = f"CREATE VIEW {'.'.join(t.path)} (\n  " + ",\n  ".join(c.name for c in t.columns) + f")\nAS {t.view_sql}\n"
    else:
        lines = [f"{c.name} {c.type.text()}{'' if c.nullable else ' NOT NULL'}" for c in t.columns]
        if t.pk:
            lines.append(f"CONSTRAINT `{t.pk[0]}` PRIMARY KEY ({', '.join(f'`{c}`' for c in t.pk[1])})")
        text = f"CREATE TABLE {'.'.join(t.path)} (\n  " + ",\n  ".join(lines) + ")\nUSING delta\n"
    return Result.of_rows(strings("createtab_stmt"), [(text,)])


def properties(words, r):
    t = r.store.table(words.name(), r.namespace)
    return Result.of_rows(strings("key", "value"), sorted(t.properties.items()))


_SHOW = [(("CATALOGS",), catalogs), (("SCHEMAS",), schemas), (("DATABASES",), schemas), (("TABLES",), tables), (("VIEWS",), views),
         (("COLUMNS",), columns), (("FOREIGN", "KEYS"), foreign_keys), (("KEYS",), keys), (("PRIMARY", "KEYS"), keys),
         (("FUNCTIONS",), functions), (("USER", "FUNCTIONS"), functions), (("VOLUMES",), volumes),
         (("CREATE", "TABLE"), create_table), (("TBLPROPERTIES",), properties)]


# ----------------------------------------------------------------------------------------------------------- DESCRIBE
_DESCRIBE = [("col_name", S, False), ("data_type", S, False), ("comment", S, True)]


def describe(words, parameters, r):
    if words.accept("QUERY") or words.word() in ("SELECT", "WITH", "VALUES", "("):
        return describe_query(words.rest(), parameters, r)
    if words.accept("CATALOG"):
        words.accept("EXTENDED")
        c = r.store.catalog(words.name_part())
        return Result.of_rows(strings("info_name", "info_value"), [("Catalog Name", c.name), ("Comment", c.comment or ""), ("Owner", "root")])
    if words.accept("SCHEMA") or words.accept("DATABASE"):
        words.accept("EXTENDED")
        parts = words.name()
        s = r.store.schema(parts[0] if len(parts) == 2 else r.session.catalog, parts[-1])
        return Result.of_rows(strings("database_description_item", "database_description_value"),
                              [("Catalog Name", parts[0] if len(parts) == 2 else r.session.catalog), ("Namespace Name", s.name),
                               ("Comment", s.comment or ""), ("Location", ""), ("Owner", "root")])
    if words.accept("HISTORY"):
        return history(r.store.table(words.name(), r.namespace), words)
    if words.accept("DETAIL"):
        return detail(r.store.table(words.name(), r.namespace), words)
    if words.accept("FUNCTION"):
        words.accept("EXTENDED")
        return Result.of_rows(strings("function_desc"), [(f"Function: {words.name()[-1]}",)])
    words.accept("TABLE")
    extended = words.accept("EXTENDED") or words.accept("FORMATTED")
    table = _described(r, words.name())
    if words.accept("AS", "JSON"):
        words.accept("STATIC", "ONLY")
        words.end()
        return Result.of_rows(strings("json_metadata"), [(as_json(table),)])
    words.end()
    rows = [(c.name, c.type.lower(), c.comment) for c in table.columns]
    return Result.of_rows(_DESCRIBE, rows + (_details(table) if extended else []))


def _described(r, parts):
    found = r.context.find(parts)
    if found is None:
        raise table_not_found(parts)
    return found


def describe_query(text, parameters, r):
    inner = Words(text)
    q = translate.query(inner.text, parameters, r.context)
    return Result.of_rows(_DESCRIBE, [(n, t.erased().lower(), None) for n, t, _ in r.engine.columns(q, r.zone)])


def _details(t):
    rows = [("", "", ""), ("# Detailed Table Information", "", ""), ("Catalog", t.catalog, ""), ("Database", t.schema, ""),
            ("Table", t.name, ""), ("Owner", t.owner, ""), ("Type", "VIEW" if t.kind == "VIEW" else "MANAGED", ""),
            ("Provider", "delta", "")]
    if t.comment:
        rows.append(("Comment", t.comment, ""))
    if t.view_sql is not None:
        rows.append(("View Text", t.view_sql, ""))
    if t.pk:
        rows += [("", "", ""), ("# Constraints", "", ""), (t.pk[0], constraint_text(t.pk[1]), "")]
    return rows


def _ticks(names):
    return ", ".join("`" + n.replace("`", "``") + "`" for n in names)


def constraint_text(columns):
    return f"PRIMARY KEY ({_ticks(columns)})"


def as_json(t):
    """The one cell of DESC TABLE EXTENDED ... AS JSON."""
    out = {"table_name": t.name, "catalog_name": t.catalog, "namespace": [t.schema], "schema_name": t.schema,
           "columns": [_json_column(c) for c in t.columns], "owner": t.owner,
           "type": "VIEW" if t.kind == "VIEW" else "MANAGED", "provider": "delta", "table_properties": t.properties}
    if t.comment:
        out["comment"] = t.comment
    if t.view_sql is not None:
        out["view_text"] = t.view_sql
    cons = [f"({t.pk[0]}, {constraint_text(t.pk[1])})"] if t.pk else []
    cons += [f"({f.name}, FOREIGN KEY ({_ticks(f.columns)}) REFERENCES {'.'.join('`' + p + '`' for p in f.parent)} "
             f"({_ticks(f.parent_columns)}))" for f in t.fks]
    if cons:
        out["table_constraints"] = "[" + ", ".join(cons) + "]"
    return json.dumps(out, ensure_ascii=False, separators=(",", ":"))


def _json_column(c):
    out = {"name": c.name, "type": T.describe_json(c.type), "nullable": c.nullable}
    if c.comment:
        out["comment"] = c.comment
    if c.default is not None:
        out["default"] = c.default
    return out


def _moment(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


def history(t, words):
    """Versions, newest first; LIMIT is part of the statement."""
    names = [("version", L, False), ("timestamp", T.TIMESTAMP, True), ("userId", S, True), ("userName", S, True),
             ("operation", S, False), ("operationParameters", T.mapping(S, S), True)]
    limit = int(words.take().text) if words.accept("LIMIT") else None
    words.end()
    rows = [(v, _moment(ms), None, user, op, []) for v, ms, user, op in reversed(t.log_or_birth)]
    return Result.of_rows(names, rows[:limit])


def detail(t, words):
    words.end()
    names = [("format", S, True), ("id", S, True), ("name", S, True), ("description", S, True), ("location", S, True),
             ("createdAt", T.TIMESTAMP, True), ("lastModified", T.TIMESTAMP, True), ("partitionColumns", T.array(S), True),
             ("numFiles", L, True), ("sizeInBytes", L, True), ("properties", T.mapping(S, S), True)]
    log = t.log_or_birth
    row = ("delta", t.id, ".".join(t.path), t.comment, "", _moment(log[0][1]), _moment(log[-1][1]), [], 1, 1024, list(t.properties.items()))
    return Result.of_rows(names, [row])


def list_files(words, r):
    path = words.string()
    files = r.context.files.list(path) if getattr(r.context, "files", None) else []
    if files is None:
        raise SqlError("VOLUME_DOES_NOT_EXIST", f"Volume {path} does not exist.", "42704")
    return Result.of_rows([("path", S, False), ("name", S, False), ("size", L, False), ("modification_time", L, False)],
                          [(f["path"], f["name"], f["file_size"], f["modification_time"]) for f in files])
