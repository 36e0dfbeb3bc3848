"""What exists, and with which Databricks types: catalogs, schemas, tables, constraints, comments, row filters.

The engine stores bytes; this layer stores meaning. Names are kept as given and compared without regard to case.
"""
import re
import threading
import time
from dataclasses import dataclass, field, replace

from . import ids
from .errors import SqlError, catalog_not_found, schema_not_found, table_not_found


BORN = (0, 1700000000000, "root@sandbox.local", "CREATE TABLE AS SELECT")      # the first version of sample data


@dataclass
class Column:
    name: str
    type: object                   # types.Type
    nullable: bool = True
    comment: str = None
    default: str = None            # Databricks SQL text


@dataclass
class ForeignKey:
    name: str
    columns: list
    parent: tuple                  # (catalog, schema, table)
    parent_columns: list


@dataclass
class Table:
    """`source` is the engine's FROM text; `writable` says that it is this process' own copy."""
    catalog: str
    schema: str
    name: str
    columns: list
    kind: str = "TABLE"            # TABLE | VIEW | SYSTEM TABLE
    source: str = None
    writable: bool = False
    view_sql: str = None
    view_namespace: tuple = None   # (catalog, schema) in which the view text is read
    pk: tuple = None               # (constraint name, [columns])
    fks: list = field(default_factory=list)
    comment: str = None
    properties: dict = field(default_factory=dict)
    grants: list = field(default_factory=list)       # [(grantor, grantee, privilege)]
    row_filter: str = None         # engine SQL predicate; {user} is the reader's name
    temporary: bool = False
    owner: str = "root@sandbox.local"
    history: list = field(default_factory=list)      # [(version, ms, user, operation)], oldest first
    id: str = field(default_factory=ids.uuid)

    @property
    def path(self):
        return self.catalog, self.schema, self.name

    def column(self, name):
        low = name.lower()
        return next((c for c in self.columns if c.name.lower() == low), None)

    def log(self, user, operation):
        if not self.history and not operation.startswith("CREATE"):
            self.history.append(BORN)
        self.history.append((len(self.history), int(time.time() * 1000), user, operation))

    @property
    def log_or_birth(self):
        return self.history or [BORN]

    @property
    def version(self):
        return self.log_or_birth[-1][0]


@dataclass
class Schema:
    name: str
    tables: dict = field(default_factory=dict)       # lower-case name -> Table
    volumes: list = field(default_factory=list)
    functions: list = field(default_factory=list)    # routines.Routine
    comment: str = ""


@dataclass
class Catalog:
    name: str
    schemas: dict = field(default_factory=dict)
    comment: str = ""


class Metastore:
    """All catalogs. `version` grows with every change, so that derived things can be cached."""

    def __init__(self, default=("main", "default")):
        self.catalogs, self.default = {}, default
        self.lock, self.version = threading.RLock(), 0

    # -- finding -----------------------------------------------------------------------------------------------
    def catalog(self, name):
        found = self.catalogs.get(name.lower())
        if not found:
            raise catalog_not_found(name)
        return found

    def schema(self, catalog, name):
        found = self.catalog(catalog).schemas.get(name.lower())
        if not found:
            raise schema_not_found((catalog, name))
        return found

    def complete(self, parts, namespace):
        """A one- to three-part name as three parts; `namespace` is the session's (catalog, schema)."""
        if len(parts) > 3 or not parts:
            raise SqlError("IDENTIFIER_TOO_MANY_NAME_PARTS", f"{'.'.join(parts)} is not a valid identifier as it has more "
                           "than 3 name parts.", "42601")
        return tuple(namespace[:3 - len(parts)]) + tuple(parts)

    def find(self, parts, namespace):
        """Table or None."""
        c, s, t = self.complete(parts, namespace)
        try:
            return self.schema(c, s).tables.get(t.lower())
        except SqlError:
            return None

    def table(self, parts, namespace):
        found = self.find(parts, namespace)
        if not found:
            raise table_not_found(parts)
        return found

    # -- changing ----------------------------------------------------------------------------------------------
    def changed(self):
        self.version += 1

    def add_catalog(self, name, comment=""):
        with self.lock:
            self.changed()
            c = self.catalogs[name.lower()] = Catalog(name, comment=comment)
            c.schemas["information_schema"] = Schema("information_schema", comment="Information schema (auto-created)")
            return c

    def add_schema(self, catalog, name, comment=""):
        with self.lock:
            self.changed()
            s = self.catalog(catalog).schemas[name.lower()] = Schema(name, comment=comment)
            return s

    def add_table(self, table):
        with self.lock:
            self.changed()
            self.schema(table.catalog, table.schema).tables[table.name.lower()] = table
            return table

    def drop_table(self, table):
        with self.lock:
            self.changed()
            self.schema(table.catalog, table.schema).tables.pop(table.name.lower(), None)


def renamed(table, path):
    return replace(table, catalog=path[0], schema=path[1], name=path[2])


# -------------------------------------------------------------------------------------------------- SHOW patterns
def matcher(pattern):
    """The server's pattern language: case-insensitive regular expression in which `*` is any run and `|` separates
    alternatives; blanks around are trimmed. None matches everything."""
    if pattern is None:
        return lambda name: True
    parts = []
    for alt in pattern.strip().split("|"):
        text = alt.strip()
        try:
            parts.append(re.compile("(?i)" + text.replace("*", ".*"), re.S))
        except re.error:
            parts.append(re.compile("(?i)" + re.escape(text), re.S))
    return lambda name: any(p.fullmatch(name) for p in parts)
