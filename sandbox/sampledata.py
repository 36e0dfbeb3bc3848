"""The sample data: made once into a database file that all sandboxes of this version share read-only, and the catalog over it."""
import fcntl
import glob
import os
import shutil
import subprocess
import sysconfig
import tempfile
import time

import duckdb

from . import types as T
from .alltypes import ALL_TYPES, all_types_rows
from .catalog import Column, ForeignKey, Metastore, Table
from .routines import Routine

VERSION = "1"                      # raise it when what is made here changes
SCALE = "0.1"

_K, _S, _D, _M = "BIGINT", "STRING", "DATE", "DECIMAL(18,2)"
TPCH = {
    "region": ([("r_regionkey", _K), ("r_name", _S), ("r_comment", _S)], ["r_regionkey"], []),
    "nation": ([("n_nationkey", _K), ("n_name", _S), ("n_regionkey", _K), ("n_comment", _S)], ["n_nationkey"],
               [(["n_regionkey"], "region")]),
    "part": ([("p_partkey", _K), ("p_name", _S), ("p_mfgr", _S), ("p_brand", _S), ("p_type", _S), ("p_size", "INT"),
              ("p_container", _S), ("p_retailprice", _M), ("p_comment", _S)], ["p_partkey"], []),
    "supplier": ([("s_suppkey", _K), ("s_name", _S), ("s_address", _S), ("s_nationkey", _K), ("s_phone", _S),
                  ("s_acctbal", _M), ("s_comment", _S)], ["s_suppkey"], [(["s_nationkey"], "nation")]),
    "partsupp": ([("ps_partkey", _K), ("ps_suppkey", _K), ("ps_availqty", "INT"), ("ps_supplycost", _M), ("ps_comment", _S)],
                 ["ps_partkey", "ps_suppkey"], [(["ps_partkey"], "part"), (["ps_suppkey"], "supplier")]),
    "customer": ([("c_custkey", _K), ("c_name", _S), ("c_address", _S), ("c_nationkey", _K), ("c_phone", _S),
                  ("c_acctbal", _M), ("c_mktsegment", _S), ("c_comment", _S)], ["c_custkey"], [(["c_nationkey"], "nation")]),
    "orders": ([("o_orderkey", _K), ("o_custkey", _K), ("o_orderstatus", _S), ("o_totalprice", _M), ("o_orderdate", _D),
                ("o_orderpriority", _S), ("o_clerk", _S), ("o_shippriority", "INT"), ("o_comment", _S)], ["o_orderkey"],
               [(["o_custkey"], "customer")]),
    "lineitem": ([("l_orderkey", _K), ("l_partkey", _K), ("l_suppkey", _K), ("l_linenumber", "INT"), ("l_quantity", _M),
                  ("l_extendedprice", _M), ("l_discount", _M), ("l_tax", _M), ("l_returnflag", _S), ("l_linestatus", _S),
                  ("l_shipdate", _D), ("l_commitdate", _D), ("l_receiptdate", _D), ("l_shipinstruct", _S), ("l_shipmode", _S),
                  ("l_comment", _S)], ["l_orderkey", "l_linenumber"],
                 [(["l_orderkey"], "orders"), (["l_partkey", "l_suppkey"], "partsupp")]),
}
MANY = [("id", "BIGINT"), ("name", "STRING"), ("flag", "BOOLEAN"), ("tiny", "TINYINT"), ("small", "SMALLINT"), ("num", "INT"),
        ("ratio", "FLOAT"), ("amount", "DOUBLE"), ("price", "DECIMAL(18,2)"), ("day", "DATE"), ("at", "TIMESTAMP"),
        ("at_ntz", "TIMESTAMP_NTZ"), ("code", "CHAR(8)"), ("label", "VARCHAR(40)"), ("raw", "BINARY"), ("tags", "ARRAY<STRING>"),
        ("props", "MAP<STRING, STRING>"), ("point", "STRUCT<x: DOUBLE, y: DOUBLE>"), ("note", "STRING"), ("total", "DECIMAL(38,18)")]
SECRETS = [(1, "alice@acme.example", "alice's first secret", 100), (2, "alice@acme.example", "alice's second secret", 200),
           (3, "bob@acme.example", "bob's only secret", 300), (4, "carol@globex.example", "carol's secret", 400)]
UNICODE = [("simple", 1), ("two words", 2), ("dot.name", 3), ("back`tick", 4), ("quote'single", 5), ('quote"double', 6),
           ("ελληνικά", 7), ("表名", 8), ("𠮷野家", 9), ("emoji😀table", 10), ("a_b", 11), ("axb", 12), ("percent%name", 13),
           ("back\\slash", 14), ("ünïcödé", 15), ("عربي", 16), ("star*name", 17), ("select", 18), ("e\u0301combining", 19)]


def file_name():
    return f"sandbox-v{VERSION}.duckdb"


# ---------------------------------------------------------------------------------------------------------- the file
def ensure(directory, say):
    """Path of the data file, made if needed. Made under another name and renamed, so it exists whole or not at all."""
    path = os.path.join(directory, file_name())
    if os.path.exists(path):
        return path
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)                 # one maker at a time; whoever waited finds it made
        if not os.path.exists(path):
            _make(directory, path, say)
    return path


def _sweep(directory):
    """Remove working directories, also those of a maker that was killed (whose generator may have lived on for a moment)."""
    for left in glob.glob(os.path.join(directory, ".making-*")):
        shutil.rmtree(left, ignore_errors=True)


def _make(directory, path, say):
    _sweep(directory)
    work, started = tempfile.mkdtemp(prefix=".making-", dir=directory), time.time()
    try:
        say("sandbox: making sample data (once): TPC-H at scale factor " + SCALE)
        made = os.path.join(work, "data.duckdb")
        _load(made, _tpch_parquet(work), say)
        os.replace(made, path)
    finally:
        _sweep(directory)
    say(f"sandbox: sample data made in {time.time() - started:.1f} s")


def _tpch_parquet(work):
    tool = os.path.join(sysconfig.get_path("scripts"), "tpchgen-cli")
    tool = tool if os.path.exists(tool) else shutil.which("tpchgen-cli")
    if not tool:
        raise SystemExit("sandbox: tpchgen-cli is missing: install sandbox/requirements.txt into this Python")
    subprocess.run([tool, "parquet", "-s", SCALE, "--output-dir", work, "--num-threads", "2"], check=True,
                   stdout=subprocess.DEVNULL)
    return work


def _load(path, parquet, say):
    db = duckdb.connect(path)
    db.execute("SET TimeZone = 'UTC'")
    for name, (columns, _, _) in TPCH.items():
        say(f"sandbox: loading {name}")
        casts = ", ".join(f'CAST("{n}" AS {T.duck(T.parse(t))}) AS "{n}"' for n, t in columns)
        db.execute(f'CREATE TABLE "{name}" AS SELECT {casts} FROM \'{parquet}/{name}.parquet\'')
    defs = ", ".join(f'"{n}" {T.duck(T.parse(t))}' for n, t in ALL_TYPES)
    db.execute(f"CREATE TABLE all_types ({defs})")
    for row in all_types_rows():
        db.execute(f"INSERT INTO all_types VALUES ({', '.join(row)})")
    db.execute(_many_sql())
    db.execute("CREATE TABLE secrets (id INTEGER, owner VARCHAR, secret VARCHAR, amount DECIMAL(10,2))")
    db.executemany("INSERT INTO secrets VALUES (?, ?, ?, ?)", SECRETS)
    db.execute("CREATE TABLE odd (id INTEGER, \"κείμενο\" VARCHAR, \"a b\" VARCHAR, \"c.d\" VARCHAR, \"e`f\" VARCHAR)")
    db.execute("INSERT INTO odd VALUES (1, 'ascii', 'x', 'y', 'z'), (2, 'ελληνικά', 'Ω', 'ß', 'ñ'), (3, '漢字 𠮷 😀👩‍👩‍👧‍👦', '😀', 'e\u0301', NULL)")
    db.execute("CHECKPOINT")
    db.close()


def _many_sql():
    sample = ("i AS id, 'name ' || i AS name, i % 2 = 0 AS flag, i AS tiny, i AS small, i AS num, i / 4.0 AS ratio, i * 1.5 AS amount, "
              "i * 1.25 AS price, DATE '2024-01-01' + CAST(i AS INTEGER) AS day, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours(CAST(i AS INTEGER)) AS at, "
              "TIMESTAMP '2024-01-01 00:00:00' + to_hours(CAST(i AS INTEGER)) AS at_ntz, rpad('c' || i, 8, ' ') AS code, 'label ' || i AS label, "
              "encode('raw' || i) AS raw, ['t' || i, 'u'] AS tags, MAP {'k': 'v' || i} AS props, {'x': i, 'y': -i} AS point, "
              "NULL AS note, i * 0.000000000000000001 AS total")
    casts = ", ".join(f'CAST("{n}" AS {T.duck(T.parse(t))}) AS "{n}"' for n, t in MANY)
    return f"CREATE TABLE many AS SELECT {casts} FROM (SELECT {sample} FROM range(10) t(i))"


# ------------------------------------------------------------------------------------------------------- the catalog
def _columns(pairs, not_null=()):
    return [Column(n, T.parse(t), n not in not_null) for n, t in pairs]


def metastore():
    """A fresh catalog over the data file, which the engine has attached as `cache`."""
    store = Metastore()
    for name in ("main", "samples", "system", "hive_metastore"):
        store.add_catalog(name)
        if name != "system":
            store.add_schema(name, "default")
    store.add_schema("samples", "tpch", "TPC-H at scale factor 0.1")
    store.add_schema("samples", "tpch_big", "TPC-H line items, twice")
    for schema in ("many", "unicode", "empty", "jdbc_test_schema"):
        store.add_schema("main", schema)
    _tpch(store)
    _main(store)
    return store


def _tpch(store):
    for name, (pairs, pk, fks) in TPCH.items():
        t = Table("samples", "tpch", name, _columns(pairs, pk), source=f'cache.main."{name}"', pk=(f"{name}_pk", pk),
                  comment=f"TPC-H {name}")
        t.fks = [ForeignKey(f"{name}_{parent}_fk", cols, ("samples", "tpch", parent), TPCH[parent][1]) for cols, parent in fks]
        store.add_table(t)
    columns = ", ".join(n for n, _ in TPCH["lineitem"][0][1:])
    twice = (f"SELECT l_orderkey, {columns} FROM samples.tpch.lineitem UNION ALL "
             f"SELECT l_orderkey + 600000, {columns} FROM samples.tpch.lineitem")
    big = _columns(TPCH["lineitem"][0])
    store.add_table(Table("samples", "tpch_big", "lineitem", big, "VIEW", view_sql=twice, view_namespace=("samples", "tpch_big"),
                          comment="about 1.2 million rows"))
    store.add_table(Table("samples", "tpch", "lineitem_1m", big, "VIEW", view_sql="SELECT * FROM samples.tpch_big.lineitem LIMIT 1000000",
                          view_namespace=("samples", "tpch"), comment="exactly 1,000,000 rows"))
    store.add_table(Table("samples", "tpch", "revenue_by_nation", _columns([("nation", _S), ("revenue", "DECIMAL(28,2)")]), "VIEW",
                          view_namespace=("samples", "tpch"), view_sql="SELECT n_name AS nation, sum(o_totalprice) AS revenue FROM orders "
                          "JOIN customer ON o_custkey = c_custkey JOIN nation ON c_nationkey = n_nationkey GROUP BY n_name"))


def _main(store):
    store.add_table(Table("main", "default", "all_types", _columns(ALL_TYPES), source="cache.main.all_types",
                          comment="every type with its edge values"))
    store.add_table(Table("main", "default", "secrets_by_user",
                          _columns([("id", "INT"), ("owner", "STRING"), ("secret", "STRING"), ("amount", "DECIMAL(10,2)")], ("id",)),
                          source="cache.main.secrets", row_filter="owner = {user}", pk=("secrets_by_user_pk", ["id"]),
                          comment="each reader sees only rows of their own"))
    many = _columns(MANY, ("id",))
    schema = store.schema("main", "many").tables
    for i in range(1000):
        name = f"t{i:04d}"
        schema[name] = Table("main", "many", name, many, source="cache.main.many", pk=(f"{name}_pk", ["id"]))
    odd = [("id", "INT"), ("κείμενο", "STRING"), ("a b", "STRING"), ("c.d", "STRING"), ("e`f", "STRING")]
    for name, _ in UNICODE:
        store.add_table(Table("main", "unicode", name, _columns(odd), source="cache.main.odd", comment=f"τεστ 测试 {name}"))
    store.schema("main", "default").functions.append(Routine(
        "discount", parameters=[("IN", Column("price", T.decimal(10, 2), comment="before")), ("IN", Column("percent", T.INT, default="10"))],
        returns=T.decimal(10, 2), comment="A price with something taken off"))
    store.schema("main", "default").volumes.append("files")
