"""The execute request: its fields checked, and the answers about a statement: status, manifest, result."""
import base64
from dataclasses import dataclass, field

from . import types as T
from .errors import SqlError, invalid
from .http import Raw

DISPOSITIONS = ("INLINE", "EXTERNAL_LINKS", "INLINE_OR_EXTERNAL_LINKS")
FORMATS = ("JSON_ARRAY", "ARROW_STREAM", "CSV")
MAX_TEXT = 16 << 20


@dataclass
class Ask:
    """A validated execute request. `wait` is in seconds; `direct` = no wait_timeout was given."""
    statement: str
    warehouse_id: str
    session_id: str = None
    catalog: str = None
    schema: str = None
    parameters: list = field(default_factory=list)
    row_limit: int = None
    byte_limit: int = None
    disposition: str = "INLINE"
    format: str = "JSON_ARRAY"
    lz4: bool = False
    compression_asked: bool = False
    wait: float = 10.0
    direct: bool = True
    cancel_on_timeout: bool = False
    query_tags: list = field(default_factory=list)


def _enum(body, name, allowed, default):
    value = body.get(name)
    if value in (None, ""):
        return default
    if value not in allowed:
        raise invalid(f"Invalid value for {name}: {value}. Must be one of {', '.join(allowed)}.")
    return value


def _limit(body, name):
    value = body.get(name)
    if value is None:
        return None
    try:
        value = int(value)
    except (TypeError, ValueError):
        raise invalid(f"{name} must be an integer.") from None
    if value < 0:
        raise invalid(f"{name} must not be negative.")
    return value or None


def _wait(text):
    """Seconds of `0s`, `5s`…`50s`."""
    try:
        seconds = int(text[:-1]) if isinstance(text, str) and text.endswith("s") else -1
    except ValueError:
        seconds = -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise invalid(f"Invalid wait_timeout: {text}. The wait_timeout must be 0s, or between 5s and 50s.")
    return float(seconds)


def parse(body):
    """Ask of a request body; ApiError 400 when a field is wrong."""
    text = body.get("statement")
    if not isinstance(text, str) or not text:
        raise invalid("Parameter statement is required.")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT:
        raise invalid("The statement text is larger than 16 MiB.")
    warehouse = body.get("warehouse_id")
    if not isinstance(warehouse, str) or not warehouse:
        raise invalid("Parameter warehouse_id is required.")
    ask = Ask(text, warehouse, body.get("session_id") or None, body.get("catalog"), body.get("schema"))
    ask.disposition = _enum(body, "disposition", DISPOSITIONS, "INLINE")
    ask.format = _enum(body, "format", FORMATS, "JSON_ARRAY")
    if ask.disposition == "INLINE" and ask.format != "JSON_ARRAY":
        raise invalid(f"The format {ask.format} is not supported with disposition INLINE. Only JSON_ARRAY is supported.")
    compression = _enum(body, "result_compression", ("LZ4_FRAME", "NONE"), None)
    ask.lz4 = compression == "LZ4_FRAME" and ask.format == "ARROW_STREAM"
    ask.row_limit, ask.byte_limit = _limit(body, "row_limit"), _limit(body, "byte_limit")
    if body.get("wait_timeout") is not None:
        ask.wait, ask.direct = _wait(body["wait_timeout"]), False
    ask.cancel_on_timeout = _enum(body, "on_wait_timeout", ("CONTINUE", "CANCEL"), "CONTINUE") == "CANCEL"
    ask.parameters = _parameters(body.get("parameters") or [])
    return ask


def _parameters(items):
    if not isinstance(items, list) or not all(isinstance(p, dict) for p in items):
        raise invalid("parameters must be a list of objects.")
    named = [p for p in items if p.get("name")]
    if named and len(named) != len(items):
        raise invalid("Named and positional parameters must not be mixed.")
    return items


# ------------------------------------------------------------------------------------------------------------ answers
def status(st):
    out = {"state": st.state}
    if st.state == "FAILED" and isinstance(st.error, SqlError):
        out["error"] = {"error_code": st.error.code, "message": st.error.message}
        if st.error.sqlstate and not st.options.get("omit_sql_state"):
            out["sql_state"] = st.error.sqlstate
    return out


def manifest(st):
    """The manifest of a succeeded statement; fields that would be empty are left out."""
    enc, ask = st.encoder, st.ask
    inline_json = ask.disposition == "INLINE"
    schema = {"column_count": len(st.columns)}
    if st.columns:
        schema["columns"] = [T.manifest_column(n, t, i) for i, (n, t, _) in enumerate(st.columns)]
    out = {"format": ask.format, "schema": schema, "total_chunk_count": len(enc.chunks)}
    if enc.chunks:
        out["chunks"] = [{"chunk_index": c.index, "row_offset": c.row_offset, "row_count": c.row_count,
                          **({} if inline_json else {"byte_count": c.byte_count})} for c in enc.chunks]
    out["total_row_count"] = enc.rows
    if not inline_json:
        out["total_byte_count"] = enc.bytes
    out["truncated"] = st.truncated or bool(st.options.get("truncated"))
    if enc.lz4_on:
        out["result_compression"] = "LZ4_FRAME"
    return out


def chunk_link(st, index):
    return f"/api/2.0/sql/statements/{st.id}/result/chunks/{index}"


def result(st, index, storage, settings):
    """The `result` object that starts at chunk `index`; also the whole answer of the chunk endpoint."""
    enc = st.encoder
    if not enc.chunks:
        return {}
    if not st.inline:
        many = settings["links_per_answer"] if st.ask.disposition == "INLINE_OR_EXTERNAL_LINKS" else 1
        return {"external_links": [link(st, c, storage, settings) for c in enc.chunks[index:index + many]]}
    c = enc.chunks[index]
    out = {"chunk_index": c.index, "row_offset": c.row_offset, "row_count": c.row_count}
    if index + 1 < len(enc.chunks):
        out["next_chunk_index"], out["next_chunk_internal_link"] = index + 1, chunk_link(st, index + 1)
    if st.ask.format == "JSON_ARRAY":
        out["data_array"] = Raw(enc.json_rows(c))
    else:
        data = enc.piece(c)
        out["byte_count"], out["attachment"] = len(data), base64.b64encode(data).decode()
    return out


def link(st, c, storage, settings):
    url, expiration = storage.link(st, c)
    out = {"chunk_index": c.index, "row_offset": c.row_offset, "row_count": c.row_count,
           "byte_count": st.encoder.wire_size(c)}
    if c.index + 1 < len(st.encoder.chunks):
        out["next_chunk_index"], out["next_chunk_internal_link"] = c.index + 1, chunk_link(st, c.index + 1)
    out["external_link"], out["expiration"] = url, expiration
    if settings["link_headers"]:
        out["http_headers"] = settings["link_headers"]
    return out


def answer(st, storage, settings):
    """The execute / get-status answer."""
    with st.changed:
        out = {"statement_id": st.id, "status": status(st)}
        if st.state == "SUCCEEDED":
            out["manifest"] = manifest(st)
            out["result"] = result(st, 0, storage, settings)
    return out
