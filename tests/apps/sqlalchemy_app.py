"""SQLAlchemy through pyodbc. It has no dialect for ODBC in general, so here is one in few lines, as docs/CLIENTS.md shows it."""
import datetime as dt
import os
import sys
from decimal import Decimal
from urllib.parse import quote_plus

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.connectors.pyodbc import PyODBCConnector
from sqlalchemy.dialects import registry
from sqlalchemy.engine import default, reflection
from sqlalchemy.sql import compiler

sys.path.insert(0, os.path.join(os.environ["APPS"], "lib"))
from tap import BAD_CONN, CONN, EXPECTED, TABLE, check, done, equal   # noqa: E402


class Preparer(compiler.IdentifierPreparer):
    def __init__(self, dialect, **_):
        super().__init__(dialect, initial_quote="`", final_quote="`")


class TypeCompiler(compiler.GenericTypeCompiler):
    def visit_VARCHAR(self, type_, **kw):
        return f"VARCHAR({type_.length})" if type_.length else "STRING"

    visit_TEXT = visit_NVARCHAR = visit_VARCHAR

    def visit_BLOB(self, type_, **kw):
        return "BINARY"

    def visit_DATETIME(self, type_, **kw):
        return "TIMESTAMP_NTZ"


TYPES = {"INT": sa.Integer, "BIGINT": sa.BigInteger, "STRING": sa.String, "DATE": sa.Date, "DOUBLE": sa.Double,
         "BOOLEAN": sa.Boolean, "BINARY": sa.LargeBinary, "TIMESTAMP": sa.DateTime, "TIMESTAMP_NTZ": sa.DateTime}


class GenericOdbc(PyODBCConnector, default.DefaultDialect):
    """Reflection by ODBC's own catalog functions."""
    name, supports_statement_cache, supports_native_boolean = "dbxodbc", True, True
    preparer, type_compiler_cls = Preparer, TypeCompiler
    supports_sane_rowcount = supports_sane_multi_rowcount = True
    default_paramstyle = "qmark"

    def _cursor(self, connection):
        return connection.connection.cursor()

    def _get_default_schema_name(self, connection):
        return connection.exec_driver_sql("SELECT current_schema()").scalar()

    def _check_unicode_returns(self, connection):
        return True

    def has_table(self, connection, table_name, schema=None, **kw):
        return bool(self._cursor(connection).tables(table=table_name, schema=schema or self.default_schema_name).fetchone())

    @reflection.cache
    def get_schema_names(self, connection, **kw):
        return [r[1] for r in self._cursor(connection).tables(catalog="", schema="%", table="")]

    @reflection.cache
    def get_table_names(self, connection, schema=None, **kw):
        catalog = connection.exec_driver_sql("SELECT current_catalog()").scalar()
        return [r.table_name for r in self._cursor(connection).tables(
            catalog=catalog, schema=schema or self.default_schema_name, tableType="TABLE")]

    @reflection.cache
    def get_columns(self, connection, table_name, schema=None, **kw):
        rows = self._cursor(connection).columns(table=table_name, schema=schema or self.default_schema_name)
        return [{"name": r.column_name, "type": TYPES.get(r.type_name, sa.types.NullType)(), "nullable": bool(r.nullable),
                 "default": None} for r in rows]

    @reflection.cache
    def get_pk_constraint(self, connection, table_name, schema=None, **kw):
        rows = self._cursor(connection).primaryKeys(table=table_name, schema=schema or self.default_schema_name).fetchall()
        return {"constrained_columns": [r.column_name for r in rows], "name": rows[0].pk_name if rows else None}

    @reflection.cache
    def get_foreign_keys(self, connection, table_name, schema=None, **kw):
        rows = self._cursor(connection).foreignKeys(foreignTable=table_name, foreignSchema=schema or self.default_schema_name)
        return [{"name": r.fk_name, "constrained_columns": [r.fkcolumn_name], "referred_schema": r.pktable_schem,
                 "referred_table": r.pktable_name, "referred_columns": [r.pkcolumn_name]} for r in rows]

    def get_indexes(self, *a, **kw):
        return []

    get_unique_constraints = get_check_constraints = get_indexes


registry.impls["dbxodbc"] = lambda: GenericOdbc


def engine_for(connection_string):
    return sa.create_engine("dbxodbc:///?odbc_connect=" + quote_plus(connection_string), isolation_level="AUTOCOMMIT",
                            use_setinputsizes=False)


engine = engine_for(CONN + "Catalog=samples;Schema=tpch;")
writer = engine_for(CONN)
NAME = TABLE.split(".")[-1]
meta = sa.MetaData()
thing = sa.Table(NAME, meta, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("name", sa.String),
                 sa.Column("price", sa.Numeric(10, 2)), sa.Column("day", sa.Date), sa.Column("at", sa.DateTime),
                 sa.Column("flag", sa.Boolean), sa.Column("raw", sa.LargeBinary))
THINGS = [dict(id=1, name="ä 😀", price=Decimal("1.50"), day=dt.date(2024, 2, 29), at=dt.datetime(2024, 2, 29, 1, 2, 3, 4000),
               flag=True, raw=b"\x00\xff"),
          dict(id=2, name=None, price=None, day=None, at=None, flag=None, raw=None)]


@check("connects and asks")
def _():
    with engine.connect() as c:
        equal(c.scalar(sa.text("SELECT current_schema()")), "tpch")
        equal(c.scalar(sa.select(sa.literal("ä😀") + "x")), "ä😀x")


@check("the inspector lists schemas, tables, columns and keys")
def _():
    inspector = sa.inspect(engine)
    assert "tpch" in inspector.get_schema_names()
    assert set(inspector.get_table_names()) <= set(EXPECTED["tables"]["samples.tpch"]) and inspector.get_table_names()
    equal([c["name"] for c in inspector.get_columns("nation")], ["n_nationkey", "n_name", "n_regionkey", "n_comment"])
    equal(inspector.get_pk_constraint("nation")["constrained_columns"], ["n_nationkey"])
    equal(inspector.get_foreign_keys("nation")[0]["referred_table"], "region")
    equal(inspector.has_table("no_such"), False)


@check("reflected tables are joined and grouped")
def _():
    m = sa.MetaData()
    nation, region = (sa.Table(n, m, autoload_with=engine) for n in ("nation", "region"))
    q = (sa.select(region.c.r_name, sa.func.count().label("n")).join_from(nation, region, nation.c.n_regionkey == region.c.r_regionkey)
         .where(region.c.r_name.in_(["ASIA", "EUROPE"])).group_by(region.c.r_name).order_by(region.c.r_name))
    with engine.connect() as c:
        equal([tuple(r) for r in c.execute(q)], [("ASIA", 5), ("EUROPE", 5)])


@check("a table is created, filled by executemany, updated and read with its types")
def _():
    with writer.connect() as c:
        c.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")
        c.exec_driver_sql(f"CREATE TABLE {TABLE} (id INT, name STRING, price DECIMAL(10,2), day DATE, at TIMESTAMP_NTZ, "
                          "flag BOOLEAN, raw BINARY)")
        c.execute(sa.insert(thing), THINGS)
        rows = [dict(r._mapping) for r in c.execute(sa.select(thing).order_by(thing.c.id))]
        equal(rows, THINGS)
        equal(c.execute(sa.update(thing).where(thing.c.id == 2).values(name="zwei")).rowcount, 1)
        equal(c.scalar(sa.select(thing.c.name).where(thing.c.id == 2)), "zwei")
        equal(c.execute(sa.delete(thing).where(thing.c.id > 0)).rowcount, 2)


@check("the object mapper inserts, queries and deletes")
def _():
    class Base(orm.DeclarativeBase):
        pass

    class Thing(Base):
        __table__ = thing
    with orm.Session(writer) as session:
        session.add_all([Thing(id=10 + i, name=f"thing {i}") for i in range(5)])
        session.commit()
        found = session.scalars(sa.select(Thing).where(Thing.name.like("thing %")).order_by(Thing.id)).all()
        equal([t.id for t in found], [10, 11, 12, 13, 14])
        found[0].name = "changed"
        session.commit()
        equal(session.get(Thing, 10).name, "changed")
        session.delete(found[0])
        session.commit()
        equal(session.scalar(sa.select(sa.func.count()).select_from(Thing)), 4)


@check("every script comes back as a parameter")
def _():
    with engine.connect() as c:
        for text in EXPECTED["strings"].values():
            equal(c.scalar(sa.text("SELECT :t"), {"t": text}), text)
        equal(c.scalar(sa.text("SELECT :t IS NULL"), {"t": None}), True)


@check("results are streamed")
def _():
    with engine.connect().execution_options(stream_results=True, yield_per=5000) as c:
        equal(sum(len(p) for p in c.exec_driver_sql(EXPECTED["large"]["sql"]).partitions()), EXPECTED["large"]["rows"])


@check("errors are SQLAlchemy's, with the SQLSTATE inside")
def _():
    for sql, state in [(e["sql"], e["state"]) for n, e in EXPECTED["errors"].items() if n != "bad_token"]:
        try:
            with engine.connect() as c:
                c.exec_driver_sql(sql)
            raise AssertionError("no error")
        except sa.exc.DBAPIError as e:
            equal(e.orig.args[0], state)
    try:
        engine_for(BAD_CONN).connect()
        raise AssertionError("no error")
    except sa.exc.DBAPIError as e:
        equal(e.orig.args[0], "28000")


@check("a pool of connections serves threads")
def _():
    from concurrent.futures import ThreadPoolExecutor

    def ask(n):
        with engine.connect() as c:
            return c.scalar(sa.text("SELECT :n"), {"n": n})
    with ThreadPoolExecutor(4) as pool:
        equal(list(pool.map(ask, range(20))), list(range(20)))


@check("pandas writes and reads through an engine")
def _():
    import pandas
    with engine.connect() as c:
        frame = pandas.read_sql(sa.text("SELECT n_name, n_regionkey FROM nation ORDER BY n_nationkey"), c)
    equal((len(frame), frame.n_name[0]), (25, "ALGERIA"))


with engine.connect() as last:
    last.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")
engine.dispose()
done()
