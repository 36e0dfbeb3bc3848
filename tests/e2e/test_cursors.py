"""Static cursors end to end: a large result on disk in bounded memory, a full disk, PHP without the cursor library."""
import json
import os
import resource
import shutil
import subprocess
import sys

import pytest

import scroller
from conftest import MODES

PEAK_MIB = 160


def scroll(odbc, keys, rows, jumps, **how):
    return subprocess.run([sys.executable, scroller.__file__, odbc.sandbox_string(keys), str(rows), str(jumps)],
                          capture_output=True, text=True, timeout=300, check=False, **how)


def test_jumps_in_a_million_rows_on_disk_give_the_right_rows_in_bounded_memory(odbc, capsys):
    run = scroll(odbc, "MaxCursorMemory=8;EnableSQLExecHybridResults=0;", 1_000_000, 3000)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    with capsys.disabled():
        print(f"\n  1,000,000 rows, static, 8 MiB in memory: {figures}")
    assert figures["peak_rss_mib"] < PEAK_MIB


@pytest.mark.parametrize("keys", ["MaxCursorMemory=0;", "MaxCursorMemory=1;", ""])
def test_rows_are_the_same_from_memory_and_from_disk_in_every_mode(odbc, mode, keys):
    run = scroll(odbc, MODES[mode] + keys, 60_000, 300)
    assert run.returncode == 0, run.stderr


def test_a_full_disk_is_an_error_that_says_so_and_never_an_early_end(odbc):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
    run = scroll(odbc, "MaxCursorMemory=0;EnableSQLExecHybridResults=0;", 300_000, 1, preexec_fn=limit)
    assert run.returncode == 1
    assert "HY000" in run.stderr and "scrollable cursor" in run.stderr and "File too large" in run.stderr, run.stderr


PHP = r"""
$dsn = getenv('DBX_PHP');
$db = new PDO('odbc:' . $dsn, null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$s = $db->prepare('SELECT r_regionkey, r_name FROM samples.tpch.region
                   WHERE r_regionkey > ? AND r_name <> ? ORDER BY 1');
$s->execute([1, 'EUROPE']);
foreach ($s as $row) echo $row['r_regionkey'], ' ', $row['r_name'], "\n";
$s = $db->prepare('SELECT id FROM range(10) WHERE id >= ? ORDER BY id', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$s->execute([3]);
foreach ([[PDO::FETCH_ORI_LAST, 0], [PDO::FETCH_ORI_FIRST, 0], [PDO::FETCH_ORI_ABS, 4],
          [PDO::FETCH_ORI_PRIOR, 0]] as $f)
    echo $s->fetch(PDO::FETCH_NUM, $f[0], $f[1])[0], ' ';
echo "\n";
$c = odbc_connect($dsn, '', '');
$r = odbc_exec($c, 'SELECT id FROM range(20) ORDER BY id');
foreach ([15, 2, null] as $row) {
    odbc_fetch_row($r, $row);
    echo odbc_result($r, 1), ' ';
}
echo "\n", strpos(file_get_contents('/proc/self/maps'), 'odbccr') === false ? 'none' : 'loaded', "\n";
"""


@pytest.mark.skipif(not shutil.which("php"), reason="php is not installed")
def test_php_scrolls_and_binds_parameters_without_the_cursor_library(odbc):
    if "PDO_ODBC" not in subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("php has no PDO_ODBC")
    run = subprocess.run(["php", "-r", PHP], env=dict(os.environ, DBX_PHP=odbc.sandbox_string()), capture_output=True,
                         text=True, timeout=60, check=False)
    assert run.returncode == 0, (run.returncode, run.stderr)
    assert run.stdout.splitlines() == ["2 ASIA", "4 MIDDLE EAST", "9 3 6 5 ", "14 1 2 ", "none"]
