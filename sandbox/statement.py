"""Statements: from a request to a result that can be fetched in chunks. One function moves the state."""
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from . import commands, ids
from .encode import Encoder
from .engine import Ticket
from .errors import Canceled, SqlError, not_found
from .translate import Context
from .wordlist import Words

MOVES = {"PENDING": {"RUNNING", "FAILED", "CANCELED"}, "RUNNING": {"SUCCEEDED", "FAILED", "CANCELED"}, "SUCCEEDED": {"CLOSED"},
         "FAILED": set(), "CANCELED": set(), "CLOSED": set()}
FINAL = {"SUCCEEDED", "FAILED", "CANCELED", "CLOSED"}
INLINE_LIMIT = 25 << 20
SPOOL_LIMIT = 4 << 30


class Statement:
    """`ask` is the validated request (see execute.py); `options` are the faults chosen for this statement."""

    def __init__(self, ask, session, user, warehouse, options):
        self.id, self.ask, self.session, self.user, self.warehouse = ids.uuid(), ask, session, user, warehouse
        self.options = options
        self.state, self.error, self.changed = "PENDING", None, threading.Condition()
        self.ticket, self.canceling = Ticket(), False
        self.zone = session.timezone
        self.columns, self.encoder, self.truncated, self.inline = [], None, False, False
        self.created, self.ended, self.kind = time.time(), None, "OTHER"

    def move(self, state, error=None):
        """The one mover: False when the move is not allowed (any more)."""
        with self.changed:
            if state not in MOVES[self.state]:
                return False
            self.state, self.error = state, error or self.error
            if state in FINAL:
                self.ended = self.ended or time.time()
            if state in ("CLOSED", "CANCELED", "FAILED") and self.encoder is not None:
                self.encoder.spool.close()
                self.encoder = None
            self.changed.notify_all()
            return True

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        with self.changed:
            while self.state not in FINAL:
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self.changed.wait(left)

    def cancel(self):
        """Asked by the client or by a time limit; the state follows when the work has stopped."""
        with self.changed:
            self.canceling = True
            pending = self.state == "PENDING"
            self.changed.notify_all()
        self.ticket.cancel()
        if pending:
            self.move("CANCELED")

    @property
    def total_rows(self):
        return self.encoder.rows if self.encoder else 0


class Statements:
    def __init__(self, sandbox):
        self.box, self.lock, self.all, self.count = sandbox, threading.Lock(), {}, 0
        self.pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="statement")

    # -- life --------------------------------------------------------------------------------------------------
    def submit(self, st):
        with self.lock:
            self.all[st.id] = st
            self.count += 1
            if self.count % 32 == 0:
                self._forget()
        self.box.counters.add("statements_executed")
        self.box.counters.group("statements_by_text", st.ask.statement[:200])
        st.warehouse.start()    # before the answer, so that whoever has it finds the warehouse starting
        self.pool.submit(self._work, st)
        return st

    def get(self, statement_id, user):
        with self.lock:
            st = self.all.get(statement_id)
        if st is None or st.user.name != user.name:
            raise not_found(f"Statement {statement_id} does not exist.")
        keep = self.box.settings["retention_seconds"]
        if st.state == "SUCCEEDED" and st.ended and time.time() - st.ended > keep:
            st.move("CLOSED")
        return st

    def forget(self, st):
        with self.lock:
            self.all.pop(st.id, None)

    def _forget(self):
        """Old statements go, and so do results that nobody closed: past retention, or the oldest above a total size."""
        now, keep = time.time(), self.box.settings["retention_seconds"]
        ended = [s for s in self.all.values() if s.ended]
        for s in ended:
            if s.ended < now - 12 * 3600 or (len(self.all) > 20000 and s.state != "SUCCEEDED"):
                self.all.pop(s.id, None)
        held = [s for s in ended if s.state == "SUCCEEDED"]
        size = sum(s.encoder.spool.size for s in held if s.encoder)
        for s in held:
            if s.ended < now - keep or size > SPOOL_LIMIT:
                size -= s.encoder.spool.size if s.encoder else 0
                s.move("CLOSED")

    def active(self):
        with self.lock:
            return [s for s in self.all.values() if s.state in ("PENDING", "RUNNING")]

    # -- work --------------------------------------------------------------------------------------------------
    def _work(self, st):
        try:
            self._run(st)
        except Canceled:
            st.move("CANCELED") or st.move("FAILED", Canceled())
        except SqlError as e:
            st.move("RUNNING")
            st.move("FAILED", e)
        except Exception as e:  # noqa: BLE001 - whatever it is, the client must hear of it
            if not self.box.quiet:
                traceback.print_exc()
            st.move("RUNNING")
            st.move("FAILED", SqlError("INTERNAL_ERROR", f"{type(e).__name__}: {e}", "XX000", code="INTERNAL_ERROR"))
        finally:
            self.box.counters.group("statements_by_state", st.state)

    def _run(self, st):
        if st.options.get("pending_forever"):
            self._idle(st, 10 ** 9)
        if st.options.get("start_delay_ms"):
            self._idle(st, st.options["start_delay_ms"] / 1000)
        if not st.warehouse.wait_running(lambda: st.canceling):
            raise Canceled()
        if not st.move("RUNNING"):
            return
        if st.options.get("run_ms"):
            self._idle(st, st.options["run_ms"] / 1000)
        if st.options.get("fail"):
            f = st.options["fail"]
            e = SqlError("", "", f.get("sql_state", ""), code=f.get("error_code", "BAD_REQUEST"))
            e.message = f.get("message", "[INTERNAL_ERROR] injected")
            raise e
        timer = self._time_limit(st)
        try:
            self._encode(st, self._execute(st))
        finally:
            if timer:
                timer.cancel()
        st.warehouse.touch()
        if not st.move("SUCCEEDED"):
            st.move("CANCELED")

    def _idle(self, st, seconds):
        deadline = time.monotonic() + seconds
        with st.changed:
            while not st.canceling and time.monotonic() < deadline:
                st.changed.wait(min(1.0, deadline - time.monotonic()))
        if st.canceling:
            raise Canceled()

    def _time_limit(self, st):
        seconds = st.session.conf("statement_timeout")
        if not seconds.isdigit() or int(seconds) == 0:
            return None
        timer = threading.Timer(int(seconds), self._expire, [st])
        timer.daemon = True
        timer.start()
        return timer

    def _expire(self, st):
        st.move("FAILED", SqlError("STATEMENT_TIMEOUT", f"Statement was cancelled because it ran longer than "
                                   f"{st.session.conf('statement_timeout')} seconds.", "57014", code="DEADLINE_EXCEEDED"))
        st.ticket.cancel()

    def _execute(self, st):
        words = Words(st.ask.statement)
        st.kind = commands.verb(words)
        self.box.counters.group("statements_by_class", st.kind)
        context = Context(self.box.store, st.session, st.user, self.box.information_schema)
        context.files = self.box.files
        return commands.run(words, st.ask.parameters, commands.Run(self.box.engine, context, st.ticket))

    def _encode(self, st, result):
        s, ask = self.box.settings, st.ask
        st.columns = result.columns
        lz4_on = ask.lz4 and not st.options.get("ignore_lz4")
        enc = Encoder(ask.format, lz4_on, result.columns, st.zone, s["chunk_rows"], s["chunk_bytes"])
        st.encoder = enc
        try:
            self._fill(st, enc, result)
        except BaseException:
            enc.spool.close()
            raise
        finally:
            close = getattr(result.batches, "close", None)
            if close:
                close()
        if ask.disposition == "INLINE_OR_EXTERNAL_LINKS":
            st.inline = enc.bytes <= s["inline_limit_bytes"] and (len(enc.chunks) <= 1 or s["split_attachments"])
        else:
            st.inline = ask.disposition == "INLINE"

    def _fill(self, st, enc, result):
        rows, size = 0, 0
        ask = st.ask
        for batch in result.batches:
            if st.canceling:
                raise Canceled()
            if ask.row_limit is not None and rows + batch.num_rows > ask.row_limit:
                batch, st.truncated = batch.slice(0, ask.row_limit - rows), True
            if ask.byte_limit is not None and size + batch.nbytes > ask.byte_limit:
                width = max(1, batch.nbytes // max(1, batch.num_rows))
                batch, st.truncated = batch.slice(0, max(0, (ask.byte_limit - size) // width)), True
            rows, size = rows + batch.num_rows, size + batch.nbytes
            enc.add(batch)
            if ask.disposition == "INLINE" and enc.bytes > INLINE_LIMIT:
                break
            if st.truncated:
                break
        enc.finish()
        if ask.disposition == "INLINE" and enc.bytes > INLINE_LIMIT:
            e = SqlError("INLINE_BYTE_LIMIT_EXCEEDED", "", "54000")
            e.message = (f"Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most "
                         f"{INLINE_LIMIT} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to download "
                         "the full result.")
            raise e
