"""Test Anything Protocol for the Python applications: a check is a function with a sentence; a failure is told, not fatal.

    from tap import check, done
    @check("lists tables")
    def _():
        assert ...
    done()
"""
import json
import os
import sys
import time
import traceback

EXPECTED = json.load(open(os.environ["DBX_EXPECTED"]))
CONN, DSN, TABLE = os.environ["DBX_CONN"], os.environ["DBX_DSN"], os.environ["DBX_TABLE"]
BAD_CONN = os.environ["DBX_BAD_CONN"]
UNDER_VALGRIND = bool(os.environ.get("DBX_VALGRIND"))
_count, _failed = 0, 0


class Skip(Exception):
    pass


def _tell(ok, name, more=""):
    global _count, _failed
    _count += 1
    _failed += not ok and "# TODO" not in more
    print(f"{'ok' if ok else 'not ok'} {_count} - {name}{more}", flush=True)


def check(name, todo=None):
    """todo: why it is known to fail; a failure is told and does not count."""
    def run(test):
        begin = time.monotonic()
        try:
            test()
            _tell(True, name, f" # {time.monotonic() - begin:.1f} s" if time.monotonic() - begin > 1 else "")
        except Skip as why:
            _tell(True, name, f" # SKIP {why}")
        except Exception:
            _tell(False, name, f" # TODO {todo}" if todo else "")
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()[-16:]), end="", flush=True)
        return test
    return run


def equal(got, want, what=""):
    assert got == want, f"{what}: got {got!r:.300}, want {want!r:.300}"


def differences(got, want):
    """Cells that differ, of two dictionaries row -> column -> text."""
    return [f"row {r}, {c}: got {got.get(r, {}).get(c, 'nothing')!r:.120}, want {v!r:.120}"
            for r, cells in want.items() for c, v in cells.items() if got.get(r, {}).get(c, "nothing") != v]


def done():
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)
