"""GDAL/OGR's ODBC driver. Its names are schema.table without a catalog, so it is told of one catalog alone."""
import csv
import json
import os
import subprocess
import sys
import urllib.request

from osgeo import gdal

sys.path.insert(0, os.path.join(os.environ["APPS"], "lib"))
from tap import BAD_CONN, EXPECTED, check, done, equal   # noqa: E402

gdal.UseExceptions()
ROWS = EXPECTED["rows"]
OPEN = {}
ONE_CATALOG = "DSN=dbx;EnableMultipleCatalogsSupport=0;"
CATALOG_OF_FEW = ONE_CATALOG + "Catalog=samples;"


def source(connection, table=""):
    """OGR's name of a data source; without a table it opens every table there is. Layers die with their source, so it is kept."""
    name = f"ODBC:{connection}{',' + table if table else ''}"
    if name not in OPEN:
        OPEN[name] = gdal.OpenEx(name, gdal.OF_VECTOR, allowed_drivers=["ODBC"])
    return OPEN[name]


def text(feature, i):
    return None if not feature.IsFieldSetAndNotNull(i) else feature.GetFieldAsString(i)


@check("lists the tables of the catalog with their schemas")
def _():
    data = source(CATALOG_OF_FEW)
    found = {data.GetLayer(i).GetName() for i in range(data.GetLayerCount())}
    assert {f"tpch.{t}" for t in EXPECTED["tables"]["samples.tpch"]} <= found, found


def statements():
    with open(os.environ["DBX_SANDBOX_READY"], encoding="utf-8") as ready, \
            urllib.request.urlopen(json.load(ready)["control_url"] + "/counters") as answer:
        return json.load(answer)["statements_executed"]


@check("opens every table of a catalog with a thousand of them, in a few statements")
def _():
    before = statements()
    layers = source(ONE_CATALOG).GetLayerCount()
    assert layers > 1000, layers
    assert statements() - before < 100, statements() - before


@check("columns have their types")
def _():
    layer = source(ONE_CATALOG, "default.all_types").GetLayer(0)
    fields = [layer.GetLayerDefn().GetFieldDefn(i) for i in range(layer.GetLayerDefn().GetFieldCount())]
    equal([f.GetName() for f in fields], [c["name"] for c in EXPECTED["columns"]])
    kinds = {f.GetName(): f.GetTypeName() for f in fields}
    equal([kinds[n] for n in ("c_int", "c_bigint", "c_double", "c_decimal_10_2", "c_date", "c_timestamp", "c_binary", "c_string")],
          ["Integer", "Integer64", "Real", "Real", "Date", "DateTime", "Binary", "String"])


@check("every value arrives, as far as OGR's types reach")
def _():
    layer = source(ONE_CATALOG, "default.all_types").GetLayer(0)
    seen = 0
    for feature in layer:
        row = ROWS.get(text(feature, 0))
        if not row:
            continue
        seen += 1
        for i, column in enumerate(EXPECTED["columns"]):
            name, want = column["name"], row[column["name"]]
            kind = feature.GetFieldDefnRef(i).GetTypeName()
            got = text(feature, i)
            if want is None or kind in ("String", "Integer", "Integer64"):
                equal(got, want, f"row {row['id']}, {name}")
            elif kind == "Real":
                equal(repr(feature.GetField(i)), repr(float(want.replace("Infinity", "inf"))), f"row {row['id']}, {name}") \
                    if name != "c_float" else None
            elif kind == "Binary":
                equal(bytes(feature.GetFieldAsBinary(i)).hex().upper(), want, name)
            elif kind == "Date":
                equal(got, want.replace("-", "/"), name)
            else:
                equal(feature.GetFieldAsDateTime(i)[:5], [int(want[a:b]) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16))], name)
    equal(seen, len(ROWS))


@check("long strings arrive whole")
def _():
    data = source(CATALOG_OF_FEW)
    feature = data.ExecuteSQL(EXPECTED["long"]["sql"]).GetNextFeature()
    equal(feature.GetField(0), EXPECTED["long"]["unit"] * 10240)


@check("names and text of every script are read from a table with such a name")
def _():
    layer = source(ONE_CATALOG, "unicode.表名").GetLayer(0)
    equal([layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(5)], EXPECTED["unicode_columns"])
    equal([f.GetField(1) for f in layer], ["ascii", "ελληνικά", "漢字 𠮷 😀👩‍👩‍👧‍👦"])


@check("SQL is passed through")
def _():
    data = source(CATALOG_OF_FEW)
    for value in EXPECTED["strings"].values():
        if "'" not in value:
            equal(data.ExecuteSQL(f"SELECT '{value}' AS s").GetNextFeature().GetField(0), value)


@check("filters by attribute become WHERE, and counting counts")
def _():
    layer = source(CATALOG_OF_FEW, "tpch.nation").GetLayer(0)
    equal(layer.GetFeatureCount(), 25)
    layer.SetAttributeFilter("n_regionkey = 2")
    equal((layer.GetFeatureCount(), sorted(f.GetField("n_name") for f in layer)[0]), (5, "CHINA"))


@check("100,000 rows arrive")
def _():
    equal(sum(1 for _ in source(CATALOG_OF_FEW).ExecuteSQL(EXPECTED["large"]["sql"])), EXPECTED["large"]["rows"])


@check("two layers are read in turns")
def _():
    data = source(CATALOG_OF_FEW)
    one, two = (data.ExecuteSQL(f"SELECT id FROM range({a}, {a + 5}) ORDER BY id") for a in (0, 100))
    equal([(a.GetField(0), b.GetField(0)) for a, b in zip(one, two)], [(i, 100 + i) for i in range(5)])


@check("errors are exceptions with the driver's words")
def _():
    for e in (EXPECTED["errors"]["missing_table"], EXPECTED["errors"]["syntax"]):
        try:
            source(CATALOG_OF_FEW).ExecuteSQL(e["sql"])
            raise AssertionError("no error")
        except RuntimeError as failure:
            assert "dbx-odbc" in str(failure), failure
    try:
        source(BAD_CONN)
        raise AssertionError("no error")
    except RuntimeError:
        pass


@check("ogr2ogr writes a table to a file")
def _():
    subprocess.run(["ogr2ogr", "-f", "CSV", "nation.csv", f"ODBC:{CATALOG_OF_FEW}", "-sql",
                    "SELECT n_nationkey, n_name FROM samples.tpch.nation ORDER BY 1"],
                   check=True)
    rows = list(csv.reader(open("nation.csv", encoding="utf-8")))
    equal((len(rows), rows[1]), (26, ["0", "ALGERIA"]))


done()
