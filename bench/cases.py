"""cases - what bench/run measures, in this order, every round: the one list."""
from dataclasses import dataclass

# How bench/fetch binds the columns of a table (its letters), whichever driver fills them.
LINEITEM = "bbbisssssstttsss"
NUMERIC = "biffssbp"
UNICODE = "bssss"
UNICODE_WIDE = "bwwww"

# The servers that play results from memory: loopback as it is; an emulated cloud; one with its storage far away. MB are 10^6 bytes, so
# that 38 and 19 MiB/s are a little less than the 40 and 20 MB/s of one connection.
MOCKS = {
    "here": [],
    "cloud": ["--api-ms", "20", "--first-byte-ms", "50", "--mib-per-s", "38"],
    "far": ["--first-byte-ms", "100", "--mib-per-s", "19"],
}


@dataclass(frozen=True)
class Case:
    id: str
    what: str
    client: str             # a name in bench/clients.py
    table: str = ""
    types: str = LINEITEM
    rowset: int = 1000
    mock: str = "here"
    keys: str = ""          # more of a connection string
    repeat: int = 1         # the result, so many times over
    times: int = 1          # per round
    once: bool = False      # in the first round only: it takes long


QUICK = ("model", "driver", "kernel")     # three times a round: a quarter of a second is soon disturbed


def _of(table, types, *clients):
    """The same result through several drivers, bound in the same way."""
    return [Case(f"{table}/{c}", f"{table}, arrays of 1,000", c, table, types, times=3 if c in QUICK else 1) for c in clients]


LOCAL = ("psql", "psql-declare", "mariadb", "sqlite", "sqlite-step")

CASES = [
    *_of("lineitem_1m", LINEITEM, "model", "driver", "kernel", *LOCAL, "connector", "connector-cells", "jdbc"),
    *_of("unicode_500k", UNICODE, "driver", "psql-declare", "mariadb", "sqlite-step"),
    *_of("numeric_1m", NUMERIC, "driver", "psql-declare", "mariadb", "sqlite-step"),
    Case("lineitem/char", "lineitem 1 M, all as SQL_C_CHAR", "driver", "lineitem_1m", "char"),
    Case("lineitem/wchar", "lineitem 1 M, all as SQL_C_WCHAR", "driver", "lineitem_1m", "wchar"),
    Case("unicode/wchar", "Unicode text 0.5 M, text as SQL_C_WCHAR", "driver", "unicode_500k", UNICODE_WIDE),
    Case("numeric/char", "numbers 1 M, all as SQL_C_CHAR", "driver", "numeric_1m", "char"),
    Case("rowset/1", "lineitem 1 M, arrays of 1", "driver", "lineitem_1m", rowset=1),
    Case("rowset/100", "lineitem 1 M, arrays of 100", "driver", "lineitem_1m", rowset=100),
    Case("rowset/10000", "lineitem 1 M, arrays of 10,000", "driver", "lineitem_1m", rowset=10000),
    Case("getdata", "lineitem 1 M, SQLGetData for each cell", "driver", "lineitem_1m", "get:" + LINEITEM, rowset=1),
    Case("calls/driver", "row by row, once the result is there", "calls", "lineitem_1m"),
    Case("calls/null", "the same calls of a driver that does nothing", "calls-null", "lineitem_1m"),
    Case("lineitem_6m/driver", "lineitem 6 M, arrays of 1,000", "driver", "lineitem_6m"),
    Case("lineitem_6m/kernel", "lineitem 6 M, to Arrow only", "kernel", "lineitem_6m"),
    Case("first/cloud", "lineitem 1 M, emulated cloud", "driver", "lineitem_1m", mock="cloud"),
    Case("cloud/driver", "lineitem 6 M, emulated cloud", "driver", "lineitem_6m", mock="cloud"),
    Case("cloud/kernel", "lineitem 6 M, emulated cloud, to Arrow only", "kernel", "lineitem_6m", mock="cloud"),
    Case("cloud/16", "lineitem 6 M, emulated cloud, 16 downloads, 256 MiB", "driver", "lineitem_6m", mock="cloud",
         keys="MaxParallelDownloads=16;MaxFetchMemory=256;"),
    Case("far/8", "lineitem 18 M, storage 100 ms away, 20 MB/s per connection, 8 downloads", "driver", "lineitem_6m", mock="far",
         keys="MaxParallelDownloads=8;", repeat=3),
    Case("lineitem_100m", "lineitem 100 M", "driver", "lineitem_1m", repeat=100, once=True),
    Case("select_1", "SELECT 1, beside the bare exchange; connect and disconnect", "latency", "select_1"),
    Case("tables", "SQLTables, 1,000 tables, all rows read", "driver", "catalog_tables", "char", times=5),
    Case("columns", "SQLColumns, 20,000 columns, all rows read", "driver", "catalog_columns", "char", times=5),
]

METHOD = """\
One run: every case once per round, one behind the other, so that what disturbs the machine disturbs all. The server of the
Databricks clients is `bench/mock`, which plays recorded results from memory over loopback on the same cores; the emulated cloud
adds 20 ms to each API call, 50 ms to the first byte of each chunk, and lets 40 MB/s through one connection. The databases
are local throwaway servers behind Unix sockets, filled with the same rows. ODBC drivers are all read by the same program,
`bench/fetch`, through unixODBC, into arrays of the same C types; a clock runs from SQLExecDirect to SQL_NO_DATA. The pipeline
written by hand is libcurl, LZ4 and a fixed loop that fills the same arrays, on two threads, without any check, even of
checksums. Databricks JDBC reads every cell with the getter of its type in one JVM that has read the result twice before. Each result
has the rows it should have, or the run has failed and does not count. Ratios are taken round by round. Peak memory is of the whole
process, of its worst round. Catalog functions get from memory what the sandbox has answered to the same statements, each in a
process of its own. Instructions are those of bench/kernels.tsv, as the columns of `lineitem` mix them. `make bench` repeats
all this; the raw numbers of every round are in [benchmarks.json](benchmarks.json)."""
