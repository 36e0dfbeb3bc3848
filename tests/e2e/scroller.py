"""scroller: a static cursor through the driver manager, by ctypes, since pyodbc does not scroll. As a program it
scrolls over a large result in a process of its own and prints what it found, as JSON.

    scroller.py CONNECTION_STRING ROWS JUMPS"""
import ctypes
import json
import random
import resource
import sys
import time

NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE = 1, 2, 3, 4, 5, 6
SUCCESS, INFO, NO_DATA = 0, 1, 100
CURSOR_TYPE, STATIC, ROW_ARRAY_SIZE = 6, 3, 27
NTS, CHAR, SBIGINT, V380, DRIVER_NOPROMPT = -3, 1, -25, 380, 0
ENV, DBC, STMT = 1, 2, 3

lib = ctypes.CDLL("libodbc.so.2")


def pointer(value):
    return ctypes.c_void_p(value)


class Scroller:
    """One connection with one statement, and a static cursor over (id BIGINT, text)."""

    def __init__(self, text):
        self.env, self.dbc, self.stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        lib.SQLAllocHandle(ENV, None, ctypes.byref(self.env))
        lib.SQLSetEnvAttr(self.env, 200, pointer(V380), 0)
        lib.SQLAllocHandle(DBC, self.env, ctypes.byref(self.dbc))
        self.check(lib.SQLDriverConnect(self.dbc, None, text.encode(), NTS, None, 0, None, DRIVER_NOPROMPT),
                   DBC, self.dbc)
        lib.SQLAllocHandle(STMT, self.dbc, ctypes.byref(self.stmt))
        self.check(lib.SQLSetStmtAttr(self.stmt, CURSOR_TYPE, pointer(STATIC), 0))
        self.id, self.text = ctypes.c_int64(), ctypes.create_string_buffer(64)
        self.inds = (ctypes.c_ssize_t * 2)()
        lib.SQLBindCol(self.stmt, 1, SBIGINT, ctypes.byref(self.id), 8, ctypes.byref(self.inds, 0))
        lib.SQLBindCol(self.stmt, 2, CHAR, self.text, 64, ctypes.byref(self.inds, 8))

    def diagnostic(self, kind=STMT, handle=None):
        state, text, length = ctypes.create_string_buffer(6), ctypes.create_string_buffer(2000), ctypes.c_short()
        lib.SQLGetDiagRec(kind, handle or self.stmt, 1, state, None, text, 2000, ctypes.byref(length))
        return state.value.decode(), text.value.decode()

    def check(self, rc, kind=STMT, handle=None):
        if rc != SUCCESS:
            raise RuntimeError(f"{rc}: {self.diagnostic(kind, handle)}")

    def execute(self, sql):
        self.check(lib.SQLExecDirect(self.stmt, sql.encode(), NTS))

    def fetch(self, how, offset=0):
        return lib.SQLFetchScroll(self.stmt, how, ctypes.c_ssize_t(offset))

    def close(self):
        lib.SQLFreeHandle(STMT, self.stmt)
        lib.SQLDisconnect(self.dbc)
        lib.SQLFreeHandle(DBC, self.dbc)
        lib.SQLFreeHandle(ENV, self.env)


def expect(s, row):
    assert s.id.value == row - 1, (s.id.value, row)
    assert s.text.value.decode() == f"v{(row - 1) * 7}", (s.text.value, row)


def main(text, rows, jumps):
    s = Scroller(text)
    began = time.monotonic()
    s.execute(f"SELECT id, concat('v', id * 7) AS t FROM range({rows}) ORDER BY id")
    s.check(s.fetch(LAST))
    expect(s, rows)
    read = time.monotonic()
    for row in random.Random(4).choices(range(1, rows + 1), k=jumps):
        s.check(s.fetch(ABSOLUTE, row))
        expect(s, row)
    jumped = time.monotonic()
    for row in range(rows, 0, -1)[:20000]:
        s.check(s.fetch(ABSOLUTE if row == rows else PRIOR, row))
        expect(s, row)
    s.check(s.fetch(FIRST))
    expect(s, 1)
    assert s.fetch(ABSOLUTE, rows + 1) == NO_DATA
    s.close()
    print(json.dumps({"peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                      "read_s": round(read - began, 2), "jump_us": round((jumped - read) / jumps * 1e6),
                      "rows": rows, "jumps": jumps}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
