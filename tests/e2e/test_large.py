"""A million rows through links: all of them, in bounded memory, and the figures are printed."""
import json
import os
import subprocess

PEAK_MIB = 150


def test_a_million_rows_arrive_below_the_memory_limit(odbc, repo, capsys):
    run = subprocess.run([os.environ["DBX_FETCH"], odbc.sandbox_string("EnableSQLExecHybridResults=0;"),
                          "SELECT * FROM samples.tpch_big.lineitem LIMIT 1000000", "1000", "native"],
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    with capsys.disabled():
        print(f"\n  1,000,000 rows of lineitem: {figures['rows'] / figures['seconds']:.0f} rows/s, peak {figures['peak_rss_mib']} MiB")
    assert figures["rows"] == 1_000_000 and figures["with_info"] == 0
    assert figures["peak_rss_mib"] < PEAK_MIB
