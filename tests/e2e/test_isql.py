"""isql as people use it: interactive, batch, delimited, as HTML; and iusql."""
import pytest


def test_verbose_mode_connects_and_prints_a_table(isql):
    run = isql("SELECT 1 AS one, 'zwei' AS two\n\nquit\n", "-v")
    assert run.returncode == 0 and "Connected!" in run.stdout
    assert "one" in run.stdout and "zwei" in run.stdout and "SQLRowCount returns" in run.stdout


def test_batch_mode_prints_results_and_nothing_else(isql):
    run = isql("SELECT l_returnflag, count(*) AS n FROM samples.tpch.lineitem GROUP BY 1 ORDER BY 1\n", "-b", "-d,")
    assert run.returncode == 0
    rows = [line.split(",") for line in run.stdout.split("\n") if line]
    assert [r[0] for r in rows] == ["A", "N", "R"] and sum(int(r[1]) for r in rows) > 590_000


def test_delimited_output_with_names_keeps_every_character(isql):
    run = isql("SELECT 'Grüße, 東京 🚀' AS `größe`, CAST(NULL AS STRING) AS nothing, 1.50 AS dec\n", "-b", "-d|", "-c")
    assert run.stdout.splitlines()[0].split("|")[0] == "größe"
    assert run.stdout.splitlines()[1].split("|")[0] == "Grüße, 東京 🚀"
    assert run.stdout.splitlines()[1].split("|")[2] == "1.50"


def test_html_output_has_a_table_row_per_row(isql):
    run = isql("SELECT n_name FROM samples.tpch.nation ORDER BY n_nationkey LIMIT 3\n", "-w", "-b")
    assert run.returncode == 0
    assert "ALGERIA" in run.stdout and run.stdout.lower().count("<tr") >= 3


def test_a_string_longer_than_its_described_size_is_as_long_as_isql_can_print(isql):
    run = isql("SELECT repeat('x', 290) AS long\n", "-b", "-d,")  # isql itself stops at 300
    assert "x" * 290 in run.stdout


def test_help_lists_tables_and_columns(isql):
    run = isql("help\n", "-b", "-d,", keys="Catalog=samples;Schema=tpch;EnableMultipleCatalogsSupport=0;")
    assert "lineitem" in run.stdout
    run = isql("help nation\n", "-b", "-d,", keys="Catalog=samples;Schema=tpch;")
    assert "n_nationkey" in run.stdout and "BIGINT" in run.stdout


def test_an_error_is_printed_with_state_and_cause(isql):
    run = isql("SELECT * FROM no_such_table\n", "-v", "-b", "-3")
    assert "[42S02]" in run.stdout + run.stderr and "no_such_table" in run.stdout + run.stderr


def test_the_wide_client_sees_the_same_text(isql):
    run = isql("SELECT 'Grüße' AS g\n", "-b", "-d,", program="iusql")
    assert "Grüße" in run.stdout


@pytest.mark.parametrize("keys", ["Proxy={proxy};", "EnableSQLExecHybridResults=0;"])
def test_tpch_q1_gives_four_groups_in_every_route(isql, keys):
    q1 = ("SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice * (1 - l_discount)) AS sum_disc, "
          "avg(l_quantity) AS avg_qty, count(*) AS n FROM samples.tpch.lineitem WHERE l_shipdate <= DATE'1998-09-02' "
          "GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus\n")
    run = isql(q1, "-b", "-d,", keys=keys)
    lines = [line for line in run.stdout.split("\n") if line]
    assert [line[:3] for line in lines] == ["A,F", "N,F", "N,O", "R,F"], run.stdout + run.stderr
