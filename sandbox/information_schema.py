"""information_schema of every catalog, and system.information_schema over all: made from the metastore when first asked for after
a change, and kept as engine tables."""
import threading

import pyarrow as pa

from . import types as T
from .catalog import Column, Table

S, L = "STRING", "BIGINT"
_SHAPES = {
    "catalogs": [("catalog_name", S), ("catalog_owner", S), ("comment", S), ("created", "TIMESTAMP"), ("created_by", S)],
    "schemata": [("catalog_name", S), ("schema_name", S), ("schema_owner", S), ("comment", S), ("created", "TIMESTAMP")],
    "tables": [("table_catalog", S), ("table_schema", S), ("table_name", S), ("table_type", S), ("is_insertable_into", S),
               ("commit_action", S), ("table_owner", S), ("comment", S), ("created", "TIMESTAMP"), ("created_by", S),
               ("last_altered", "TIMESTAMP"), ("last_altered_by", S), ("data_source_format", S)],
    "views": [("table_catalog", S), ("table_schema", S), ("table_name", S), ("view_definition", S), ("check_option", S),
              ("is_updatable", S), ("is_insertable_into", S)],
    "columns": [("table_catalog", S), ("table_schema", S), ("table_name", S), ("column_name", S), ("ordinal_position", "INT"),
                ("column_default", S), ("is_nullable", S), ("full_data_type", S), ("data_type", S),
                ("character_maximum_length", L), ("character_octet_length", L), ("numeric_precision", "INT"),
                ("numeric_precision_radix", "INT"), ("numeric_scale", "INT"), ("datetime_precision", "INT"),
                ("interval_type", S), ("is_identity", S), ("is_generated", S), ("comment", S)],
    "table_constraints": [("constraint_catalog", S), ("constraint_schema", S), ("constraint_name", S), ("table_catalog", S),
                          ("table_schema", S), ("table_name", S), ("constraint_type", S), ("is_deferrable", S),
                          ("initially_deferred", S), ("enforced", S)],
    "key_column_usage": [("constraint_catalog", S), ("constraint_schema", S), ("constraint_name", S), ("table_catalog", S),
                         ("table_schema", S), ("table_name", S), ("column_name", S), ("ordinal_position", "INT"),
                         ("position_in_unique_constraint", "INT")],
    "referential_constraints": [("constraint_catalog", S), ("constraint_schema", S), ("constraint_name", S),
                                ("unique_constraint_catalog", S), ("unique_constraint_schema", S),
                                ("unique_constraint_name", S), ("match_option", S), ("update_rule", S), ("delete_rule", S)],
    "constraint_table_usage": [("constraint_catalog", S), ("constraint_schema", S), ("constraint_name", S),
                               ("table_catalog", S), ("table_schema", S), ("table_name", S)],
    "constraint_column_usage": [("constraint_catalog", S), ("constraint_schema", S), ("constraint_name", S),
                                ("table_catalog", S), ("table_schema", S), ("table_name", S), ("column_name", S)],
    "routines": [("specific_catalog", S), ("specific_schema", S), ("specific_name", S), ("routine_catalog", S),
                 ("routine_schema", S), ("routine_name", S), ("routine_owner", S), ("routine_type", S), ("data_type", S),
                 ("full_data_type", S), ("routine_body", S), ("comment", S)],
    "parameters": [("specific_catalog", S), ("specific_schema", S), ("specific_name", S), ("ordinal_position", "INT"),
                   ("parameter_mode", S), ("is_result", S), ("parameter_name", S), ("data_type", S), ("full_data_type", S),
                   ("parameter_default", S), ("comment", S)],
    "routine_columns": [("specific_catalog", S), ("specific_schema", S), ("specific_name", S), ("ordinal_position", "INT"),
                        ("column_name", S), ("data_type", S), ("full_data_type", S), ("comment", S)],
    "table_privileges": [("grantor", S), ("grantee", S), ("table_catalog", S), ("table_schema", S), ("table_name", S),
                         ("privilege_type", S), ("is_grantable", S), ("inherited_from", S)],
    "volumes": [("volume_catalog", S), ("volume_schema", S), ("volume_name", S), ("volume_type", S), ("comment", S)],
}


class InformationSchema:
    """Callable: (catalog, table name) -> Table or None."""

    def __init__(self, store, engine):
        self.store, self.engine = store, engine
        self.made, self.lock = {}, threading.Lock()

    def __call__(self, catalog, name):
        name = name.lower()
        if catalog.lower() not in self.store.catalogs or name not in _SHAPES:
            return None
        key = (catalog.lower(), name)
        with self.lock:
            hit = self.made.get(key)
            if hit is None or hit[0] != self.store.version:
                hit = self.made[key] = (self.store.version, self._make(catalog, name))
        return hit[1]

    def tables(self, catalog):
        """Catalog entries only, for SHOW."""
        return [self._table(catalog, n) for n in sorted(_SHAPES)]

    def _table(self, catalog, name):
        cols = [Column(n, T.parse(t)) for n, t in _SHAPES[name]]
        return Table(self.store.catalog(catalog).name, "information_schema", name, cols, kind="VIEW", owner="System user")

    def _make(self, catalog, name):
        table = self._table(catalog, name)
        rows = list(getattr(self, "_" + name)(self._scope(catalog)))
        types = [pa.timestamp("us", "UTC") if t == "TIMESTAMP" else pa.int64() if t == L else pa.int32() if t == "INT" else pa.string()
                 for _, t in _SHAPES[name]]
        arrays = [pa.array([r[i] for r in rows], k) for i, k in enumerate(types)]
        data = pa.table(arrays, names=[n for n, _ in _SHAPES[name]])
        table.source = self.engine.fresh(f"{catalog}.information_schema.{name}")
        cursor = self.engine.cursor("Etc/UTC")
        cursor.register("sandbox_incoming", data)
        cursor.execute(f"CREATE TABLE {table.source} AS SELECT * FROM sandbox_incoming")
        cursor.unregister("sandbox_incoming")
        self.engine.release(cursor, "Etc/UTC")
        return table

    def _scope(self, catalog):
        if catalog.lower() == "system":
            return list(self.store.catalogs.values())
        return [self.store.catalog(catalog)]

    def _each_table(self, catalogs):
        for c in catalogs:
            for s in list(c.schemas.values()):
                yield from (self.tables(c.name) if s.name == "information_schema" else list(s.tables.values()))

    def _catalogs(self, catalogs):
        return ((c.name, "root@sandbox.local", c.comment, None, "root@sandbox.local") for c in catalogs)

    def _schemata(self, catalogs):
        return ((c.name, s.name, "root@sandbox.local", s.comment, None) for c in catalogs for s in list(c.schemas.values()))

    def _tables(self, catalogs):
        for t in self._each_table(catalogs):
            kind = "VIEW" if t.kind == "VIEW" else "MANAGED"
            yield (*t.path, kind, "YES" if kind == "MANAGED" else "NO", "PRESERVE", t.owner, t.comment, None, t.owner, None,
                   t.owner, "UNKNOWN_DATA_SOURCE_FORMAT" if kind == "VIEW" else "DELTA")

    def _views(self, catalogs):
        return ((*t.path, t.view_sql or "", "NONE", "NO", "NO") for t in self._each_table(catalogs) if t.kind == "VIEW")

    def _columns(self, catalogs):
        for t in self._each_table(catalogs):
            for i, c in enumerate(t.columns):
                k = c.type
                numeric = k.name in T.INTEGERS or k.name in ("DECIMAL", "FLOAT", "DOUBLE")
                yield (*t.path, c.name, i, c.default, "YES" if c.nullable else "NO", k.lower(), k.name, k.length or None,
                       k.length * 4 or None, k.precision or T.INTEGERS.get(k.name), (10 if k.name == "DECIMAL" else 2) if numeric
                       else None, k.scale if k.name == "DECIMAL" else 0 if k.name in T.INTEGERS else None,
                       6 if k.name.startswith("TIMESTAMP") else None, k.unit or None, "NO", "NO", c.comment)

    def _table_constraints(self, catalogs):
        for t in self._each_table(catalogs):
            for name, kind in ([(t.pk[0], "PRIMARY KEY")] if t.pk else []) + [(f.name, "FOREIGN KEY") for f in t.fks]:
                yield (*t.path[:2], name, *t.path, kind, "YES", "YES", "NO")

    def _key_column_usage(self, catalogs):
        for t in self._each_table(catalogs):
            if t.pk:
                yield from ((*t.path[:2], t.pk[0], *t.path, c, i + 1, None) for i, c in enumerate(t.pk[1]))
            for f in t.fks:
                yield from ((*t.path[:2], f.name, *t.path, c, i + 1, self._parent_position(f, i)) for i, c in enumerate(f.columns))

    def _parent_position(self, fk, i):
        found = self.store.find(list(fk.parent), self.store.default)
        names = [n.lower() for n in found.pk[1]] if found and found.pk else []
        return names.index(fk.parent_columns[i].lower()) + 1 if fk.parent_columns[i].lower() in names else i + 1

    def _parent_pk(self, fk):
        found = self.store.find(list(fk.parent), self.store.default)
        return (found.path[0], found.path[1], found.pk[0]) if found and found.pk else (*fk.parent[:2], None)

    def _referential_constraints(self, catalogs):
        for t in self._each_table(catalogs):
            for f in t.fks:
                yield (*t.path[:2], f.name, *self._parent_pk(f), "FULL", "NO ACTION", "NO ACTION")

    def _constraint_table_usage(self, catalogs):
        for t in self._each_table(catalogs):
            if t.pk:
                yield (*t.path[:2], t.pk[0], *t.path)
            yield from ((*t.path[:2], f.name, *f.parent) for f in t.fks)

    def _constraint_column_usage(self, catalogs):
        for t in self._each_table(catalogs):
            if t.pk:
                yield from ((*t.path[:2], t.pk[0], *t.path, c) for c in t.pk[1])
            for f in t.fks:
                yield from ((*t.path[:2], f.name, *f.parent, c) for c in f.parent_columns)

    def _each_routine(self, catalogs):
        return ((c.name, s.name, f) for c in catalogs for s in list(c.schemas.values()) for f in s.functions)

    def _routines(self, catalogs):
        for c, s, f in self._each_routine(catalogs):
            kind, full = ("TABLE_TYPE", "TABLE_TYPE") if f.columns else (f.returns.name, f.returns.lower()) if f.returns else (None, None)
            yield (c, s, f.name, c, s, f.name, "root@sandbox.local", f.kind, kind, full, "SQL", f.comment)

    def _parameters(self, catalogs):
        for c, s, f in self._each_routine(catalogs):
            for i, (mode, p) in enumerate(f.parameters):
                yield (c, s, f.name, i, mode, "NO", p.name, p.type.name, p.type.lower(), p.default, p.comment)

    def _routine_columns(self, catalogs):
        for c, s, f in self._each_routine(catalogs):
            yield from ((c, s, f.name, i, k.name, k.type.name, k.type.lower(), k.comment) for i, k in enumerate(f.columns or []))

    def _table_privileges(self, catalogs):
        for t in self._each_table(catalogs):
            yield from ((grantor, grantee, *t.path, p, "NO", "NONE") for grantor, grantee, p in t.grants)

    def _volumes(self, catalogs):
        return ((c.name, s.name, v, "MANAGED", None) for c in catalogs for s in list(c.schemas.values()) for v in s.volumes)
