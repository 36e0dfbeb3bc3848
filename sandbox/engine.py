"""The SQL engine: one DuckDB process, its cursors, and the cached sample data attached read-only."""
import os
import tempfile
import threading
import time
import warnings

import duckdb

from . import rewrite, udf
from .errors import Canceled, SqlError, from_engine
from .result import reader_result
from .translate import EMPTY

warnings.filterwarnings("ignore", message="Arrow output on a DB-API")
BATCH_ROWS = 20480


class Engine:
    def __init__(self, cache_file=None, threads=0):
        config = {"temp_directory": os.path.join(tempfile.gettempdir(), f"sandbox-{os.getpid()}.tmp"), **({"threads": threads} if threads else {})}
        self.db = duckdb.connect(":memory:", config=config)
        self.db.execute("SET python_enable_replacements = false")
        if cache_file:
            self.db.execute(f"ATTACH '{cache_file}' AS cache (READ_ONLY)")
        for line in rewrite.MACROS.strip().split(";\n"):
            if line.strip():
                self.db.execute(line)
        udf.register(self.db)
        self.idle, self.lock, self.serial = [], threading.Lock(), 0

    # -- cursors -----------------------------------------------------------------------------------------------
    def cursor(self, zone):
        """An idle cursor set to a time zone."""
        with self.lock:
            for i, (c, z) in enumerate(self.idle):
                if z == zone:
                    return self.idle.pop(i)[0]
            c = self.idle.pop()[0] if self.idle else self._new_cursor()
        try:
            c.execute("SET TimeZone = '" + zone.replace("'", "''") + "'")
        except duckdb.Error:
            raise SqlError("INVALID_CONF_VALUE.TIME_ZONE", f"The value '{zone}' in the config \"spark.sql.session.timeZone\" is "
                           "invalid. Cannot resolve the given timezone.", "22022") from None
        return c

    def _new_cursor(self):
        c = self.db.cursor()
        c.execute("SET max_expression_depth TO 20000")
        return c

    def release(self, cursor, zone):
        with self.lock:
            if len(self.idle) < 32:
                self.idle.append((cursor, zone))

    def discard(self, cursor):
        """Instead of giving it back: what failed may have left a result open in it, and then it runs nothing more."""
        try:
            cursor.close()
        except duckdb.Error:
            pass

    # -- running -----------------------------------------------------------------------------------------------
    def columns(self, query, zone):
        """[(name, Type, nullable)] of a query without running it."""
        cursor = self.cursor(zone)
        try:
            rel = self._relation(cursor, query.sql)
            columns = self._result(query, rel, self._limit0(rel), zone).columns
        except duckdb.Error as e:
            self.discard(cursor)
            raise from_engine(e) from None
        except BaseException:
            self.discard(cursor)
            raise
        self.release(cursor, zone)
        return columns

    def _limit0(self, rel):
        return rel.limit(0).to_arrow_reader(BATCH_ROWS)

    def query(self, query, zone, ticket):
        """Result of a query; the cursor is given back when its batches are used up. `ticket.cursor` can be interrupted."""
        cursor = self.cursor(zone)
        ticket.start(cursor)
        try:
            rel = self._relation(cursor, query.sql)
            reader = rel.to_arrow_reader(BATCH_ROWS)
            out = self._result(query, rel, reader, zone)
        except duckdb.Error as e:
            ticket.stop()
            self.discard(cursor)
            raise self._error(e, ticket) from None
        except BaseException:
            ticket.stop()
            self.discard(cursor)
            raise
        out.batches = self._guard(out.batches, cursor, zone, ticket)
        return out

    def _relation(self, cursor, sql):
        rel = cursor.sql(sql)
        if rel is None:
            raise SqlError("UNSUPPORTED_FEATURE", "The statement gives no result.", "0A000")
        return rel

    def _result(self, query, rel, reader, zone):
        inferred = query.columns if query.columns and len(query.columns) == len(rel.columns) else None
        names = ["" if n == EMPTY else n for n in ([c[0] for c in inferred] if inferred else rel.columns)]
        return reader_result(names, reader, inferred, zone)

    def _guard(self, batches, cursor, zone, ticket):
        done = False
        try:
            yield from batches
            done = True
        except (duckdb.Error, OSError, RuntimeError, ValueError) as e:
            raise self._error(e, ticket) from None
        finally:
            ticket.stop()
            if done:
                self.release(cursor, zone)
            else:
                self.discard(cursor)

    def _error(self, e, ticket):
        return Canceled() if ticket.canceled else from_engine(e)

    def execute(self, sql, zone="Etc/UTC", ticket=None, values=None):
        """Run a statement without a result set; returns the engine's count of rows or None."""
        cursor = self.cursor(zone)
        if ticket:
            ticket.start(cursor)
        try:
            row = cursor.execute(sql, values).fetchone()
            return row[0] if row and isinstance(row[0], int) else None
        except duckdb.Error as e:
            raise (self._error(e, ticket) if ticket else from_engine(e)) from None
        finally:
            if ticket:
                ticket.stop()
            self.release(cursor, zone)

    def fresh(self, stem):
        """A new engine table name."""
        with self.lock:
            self.serial += 1
            return '"' + f"{stem}#{self.serial}".replace('"', '""') + '"'


class Ticket:
    """The right to interrupt what a statement runs."""

    def __init__(self):
        self.cursor, self.canceled, self.lock = None, False, threading.Lock()

    def start(self, cursor):
        with self.lock:
            if self.canceled:
                raise Canceled()
            self.cursor = cursor

    def stop(self):
        with self.lock:
            self.cursor = None

    def cancel(self):
        with self.lock:
            self.canceled = True
            running = self.cursor is not None
        if running:
            threading.Thread(target=self._interrupt, name="interrupt", daemon=True).start()

    def _interrupt(self):
        """Until it has an effect: an interrupt that comes just before the engine begins is forgotten."""
        while True:
            with self.lock:
                if self.cursor is None:
                    return
                self.cursor.interrupt()
            time.sleep(0.02)
