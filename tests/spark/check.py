"""Runs each expression of escapes.tsv, translated by the driver's own code, in Spark, and compares the answer as text.

A row is: expression TAB value. The value is what CAST(… AS STRING) gives, NULL, "matches /regular expression/", or "error
STATE" for an SQLSTATE. An expression that is a whole statement begins with SELECT and has one column; its rows are joined by
"|". Also every pair of types that the table of conversions claims is tried. Output is TAP."""
import os
import re
import subprocess
import sys

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
from pyspark.sql import SparkSession  # noqa: E402

SETTINGS = {"spark.ui.enabled": "false", "spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "America/New_York",
            "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "1",
            "spark.sql.codegen.wholeStage": "false", "spark.sql.warehouse.dir": os.devnull}

# a value of each class of types, and the types of CONVERT by class: as in include/tbl/scalar_types.h
TEXTS = ["SQL_CHAR", "SQL_VARCHAR", "SQL_LONGVARCHAR", "SQL_WCHAR", "SQL_WVARCHAR", "SQL_WLONGVARCHAR"]
NUMBERS = ["SQL_TINYINT", "SQL_SMALLINT", "SQL_INTEGER", "SQL_BIGINT", "SQL_REAL", "SQL_FLOAT", "SQL_DOUBLE", "SQL_DECIMAL",
           "SQL_NUMERIC", "SQL_BIT"]
BINARIES = ["SQL_BINARY", "SQL_VARBINARY", "SQL_LONGVARBINARY"]
DATES, TIMES, STAMPS = ["SQL_DATE", "SQL_TYPE_DATE"], ["SQL_TIME", "SQL_TYPE_TIME"], ["SQL_TIMESTAMP", "SQL_TYPE_TIMESTAMP"]
MONTHS = ["SQL_INTERVAL_YEAR", "SQL_INTERVAL_MONTH", "SQL_INTERVAL_YEAR_TO_MONTH"]
DURATIONS = ["SQL_INTERVAL_" + k for k in ("DAY", "HOUR", "MINUTE", "SECOND", "DAY_TO_HOUR", "DAY_TO_MINUTE", "DAY_TO_SECOND",
                                           "HOUR_TO_MINUTE", "HOUR_TO_SECOND", "MINUTE_TO_SECOND")]
CLAIMS = [
    (["'1'"], TEXTS + NUMBERS + BINARIES + ["SQL_GUID"]), (["'2020-01-02'"], DATES + STAMPS), (["'10:11:12'"], TIMES + STAMPS),
    (["1Y", "1S", "1", "1L", "1.0F", "1.0D", "1.0BD", "true"], TEXTS + NUMBERS), (["X'31'"], TEXTS + BINARIES),
    (["{d '2020-01-02'}"], TEXTS + DATES + STAMPS), (["{t '10:11:12'}"], TEXTS + TIMES + STAMPS),
    (["{ts '2020-01-02 10:11:12'}"], TEXTS + DATES + TIMES + STAMPS),
    (["{INTERVAL '1-2' YEAR TO MONTH}"], TEXTS + MONTHS), (["{INTERVAL '1 02:03:04' DAY TO SECOND}"], TEXTS + DURATIONS),
]


def rows_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield tuple(line.split("\t"))
    for values, types in CLAIMS:
        for value in values:
            for word in types:
                yield f"{{fn CONVERT({value}, {word})}} IS NOT NULL", "true"


def translate(program, texts):
    done = subprocess.run([program], input="\n".join(texts) + "\n", capture_output=True, check=True, encoding="utf-8")
    return done.stdout.split("\n")[:len(texts)]


def answer(spark, sql):
    if sql.startswith("!"):
        return sql
    whole = sql if sql.upper().startswith("SELECT ") else "SELECT " + sql
    try:
        frame = spark.sql(f"SELECT CAST(x AS STRING) AS x FROM ({whole}) AS q(x)")
        return "|".join("NULL" if row.x is None else row.x for row in frame.collect())
    except Exception as e:  # what Spark raises has no common base class of ours
        state = getattr(e, "getSqlState", lambda: None)()
        return f"error {state} {str(e)[:300]}"


def agrees(got, want):
    if want.startswith("matches /"):
        return re.fullmatch(want[len("matches /"):-1], got) is not None
    if want.startswith("error "):
        return got.startswith(want)
    return got == want


def main():
    rows = list(rows_of(sys.argv[2]))
    natives = translate(sys.argv[1], [row[0] for row in rows])
    builder = SparkSession.builder.master("local[1]")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    bad = 0
    print(f"1..{len(rows)}")
    for number, ((text, want), native) in enumerate(zip(rows, natives), 1):
        got = answer(spark, native)
        ok = agrees(got, want)
        bad += not ok
        print(f"{'ok' if ok else 'not ok'} {number} - {text}".replace("#", "\\#"))
        if not ok:
            print(f"# {native}\n#   gives {got!r}\n#   not   {want!r}".replace("\n\n", "\n"))
    spark.stop()
    return bad > 0


sys.exit(main())
