"""The two kinds of failure: a request that is not accepted (ApiError) and a statement that fails (SqlError)."""
import re


class ApiError(Exception):
    """Answered as an HTTP error; `code` is a string for services and a number for the gateway."""

    def __init__(self, status, code, message, details=None, headers=None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details, headers or {}

    def body(self):
        out = {"error_code": self.code, "message": self.message}
        if self.details:
            out["details"] = self.details
        return out


def not_found(message):
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", message)


def invalid(message):
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


class SqlError(Exception):
    """Answered as HTTP 200 with state FAILED. `error_class` and SQLSTATE are those of Spark's error classes."""

    def __init__(self, error_class, text, sqlstate, tail="", code="BAD_REQUEST"):
        self.error_class, self.sqlstate, self.code = error_class, sqlstate, code
        self.message = f"[{error_class}] {text} SQLSTATE: {sqlstate}{tail}"
        super().__init__(self.message)


class Canceled(Exception):
    """The statement was cancelled while running."""


def _locate(sql, pos):
    """(line, column, that line) of a character offset."""
    before = sql[:pos]
    line = before.count("\n") + 1
    col = pos - (before.rfind("\n") + 1)
    return line, col


def syntax_error(sql, pos, near=None):
    """PARSE_SYNTAX_ERROR with the position and excerpt that the server adds."""
    if pos >= len(sql.rstrip()):
        pos, near = len(sql.rstrip()), "end of input"
    if near is None:
        m = re.compile(r"\w+|\S").match(sql, pos)
        near = m.group(0) if m else "end of input"
    near = "end of input" if near == "end of input" else f"'{near}'"
    line, col = _locate(sql, pos)
    lines = sql.split("\n")
    shown = "\n".join(lines[:line]) + "\n" + "-" * col + "^^^\n" + "\n".join(lines[line:])
    err = SqlError("PARSE_SYNTAX_ERROR", f"Syntax error at or near {near}.", "42601",
                   f" (line {line}, pos {col})\n\n== SQL ==\n{shown}")
    err.message = "\n" + err.message
    return err


def table_not_found(name):
    quoted = ".".join(f"`{p}`" for p in name)
    return SqlError("TABLE_OR_VIEW_NOT_FOUND",
                    f"The table or view {quoted} cannot be found. Verify the spelling and correctness of the schema "
                    "and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, "
                    "or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP "
                    "VIEW IF EXISTS or DROP TABLE IF EXISTS.", "42P01", "; line 1 pos 14")


def schema_not_found(name):
    quoted = ".".join(f"`{p}`" for p in name)
    return SqlError("SCHEMA_NOT_FOUND", f"The schema {quoted} cannot be found. Verify the spelling and correctness of "
                    "the schema and catalog.", "42704")


def catalog_not_found(name):
    return SqlError("NO_SUCH_CATALOG_EXCEPTION", f"Catalog '{name}' was not found. Please verify the catalog name and "
                    "then retry the query or command again.", "42704")


def _cast_input(m):
    value, target = m.group(1), _TYPE_WORDS.get(m.group(2).upper(), m.group(2).upper())
    return SqlError("CAST_INVALID_INPUT",
                    f"The value '{value}' of the type \"STRING\" cannot be cast to \"{target}\" because it is malformed. "
                    "Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate "
                    "malformed input and return NULL instead.", "22018")


_TYPE_WORDS = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT", "INT128": "DECIMAL(38,0)",
               "BOOL": "BOOLEAN", "VARCHAR": "STRING", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP"}


def _unresolved(m):
    name = m.group(1)
    hints = re.findall(r'"([^"]+)"', (m.group(2) or "") if m.re.groups > 1 else "")
    quoted = ".".join(f"`{p}`" for p in name.split("."))
    if hints:
        return SqlError("UNRESOLVED_COLUMN.WITH_SUGGESTION",
                        f"A column, variable, or function parameter with name {quoted} cannot be resolved. Did you mean "
                        f"one of the following? [{', '.join('`' + h + '`' for h in hints[:5])}].", "42703", "; line 1 pos 7")
    return SqlError("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", f"A column, variable, or function parameter with name {quoted} "
                    "cannot be resolved.", "42703", "; line 1 pos 7")


def _raised(m):
    """error('[CLASS] text SQLSTATE: x') from our own rewrites comes back through the engine: take it as it is."""
    return SqlError(m.group(1), m.group(2).strip(), m.group(3))


def _simple(error_class, text, state):
    return lambda m: SqlError(error_class, text.format(*m.groups(), m=m.group(0)), state)


_RULES = [(re.compile(p, re.S), f) for p, f in [
    (r"\[([A-Z_.]+)\] (.*?) SQLSTATE: (\w{5})", _raised),
    (r"[Dd]ivision by zero", _simple("DIVIDE_BY_ZERO", "Division by zero. Use `try_divide` to tolerate divisor being 0 and "
                                     "return NULL instead. If necessary set \"ansi_mode\" to \"false\" to bypass this error.",
                                     "22012")),
    (r"Could not convert string '(.*?)' to (\w+)", _cast_input),
    (r"Could not convert string \"(.*?)\" to (\w+)", _cast_input),
    (r"(?:invalid|field value out of range).*?\"(.*?)\".*?(?:expected format is \((YYYY-MM-DD)\))",
     lambda m: _cast_input(re.match(r"(.*)\x00(.*)", m.group(1) + "\x00DATE", re.S))),
    (r"(?:invalid timestamp field format|timestamp field value out of range): \"(.*?)\"",
     lambda m: _cast_input(re.match(r"(.*)\x00(.*)", m.group(1) + "\x00TIMESTAMP", re.S))),
    (r"date field value out of range: \"(.*?)\"",
     lambda m: _cast_input(re.match(r"(.*)\x00(.*)", m.group(1) + "\x00DATE", re.S))),
    (r"(?:with value (\S+) can't be cast because the value is out of range|Casting value \"(.*?)\" to type (\S+) failed)",
     lambda m: SqlError("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION" if m.group(3) else "CAST_OVERFLOW",
                        f"The value {m.group(1) or m.group(2)} cannot be represented in the target type due to an overflow. "
                        "Use `try_cast` to tolerate overflow and return NULL instead.", "22003")),
    (r"Could not cast value .* to|Could not convert .* to", _simple("CAST_INVALID_INPUT", "{m}", "22018")),
    (r"Overflow in (\w+)", _simple("ARITHMETIC_OVERFLOW", "Overflow in {0}. Use 'try_add' or the like to tolerate overflow and "
                                   "return NULL instead. If necessary set \"ansi_mode\" to \"false\" to bypass this error.",
                                   "22003")),
    (r"Referenced column \"(.*?)\" (?:was )?not found(?:.*?Candidate bindings: ([^\n]*))?", _unresolved),
    (r"Column \"(.*?)\" referenced that exists in the SELECT clause", lambda m: _unresolved(re.match(r"(.*)(\x00)?", m.group(1)))),
    (r"Referenced table \"(.*?)\" not found", _unresolved),
    (r"Table \"(.*?)\" does not have a column named \"(.*?)\"(?:.*?Candidate bindings: ([^\n]*))?",
     lambda m: _unresolved(re.match(r"(.*?)\x00(.*)", f"{m.group(1)}.{m.group(2)}\x00{m.group(3) or ''}", re.S))),
    (r"Table with name (.*?) does not exist", lambda m: table_not_found([m.group(1)])),
    (r"Function with name \"?(\w+)\"? does not exist",
     _simple("UNRESOLVED_ROUTINE", "Cannot resolve routine `{0}` on search path [`system`.`builtin`, `system`.`session`, "
             "`main`.`default`].", "42883")),
    (r"must appear in the GROUP BY clause", _simple(
        "MISSING_AGGREGATION", "The non-aggregating expression is based on columns which are not participating in the GROUP "
        "BY clause. Add the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value\".",
        "42803")),
    (r"Ambiguous reference to column name \"(.*?)\"",
     _simple("AMBIGUOUS_REFERENCE", "Reference `{0}` is ambiguous.", "42704")),
    (r"More than one row returned by a subquery", _simple(
        "SCALAR_SUBQUERY_TOO_MANY_ROWS", "More than one row returned by a subquery used as an expression.", "21000")),
    (r"NOT NULL constraint failed: \S*?\.?([^.\s]+)$", _simple(
        "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "NOT NULL constraint violated for column: {0}.", "23502")),
    (r"CHECK constraint failed", _simple("DELTA_EXCEED_CHAR_VARCHAR_LIMIT", "Value exceeds char/varchar type length limitation.", "22001")),
    (r"has (\d+) columns but (\d+) values were supplied|Column count|column count mismatch", _simple(
        "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS", "Cannot write to the table, the number of columns does not "
        "match.", "21S01")),
    (r"No function matches the given name and argument types '(\w+)\((.*?)\)'", _simple(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "Cannot resolve \"{0}\" due to data type mismatch: ({1}).", "42K09")),
    (r"Cannot compare values of type|Cannot mix values of type", _simple(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "{m}: the operands have incompatible types.", "42K09")),
    (r"syntax error at or near \"(.*?)\"", _simple("PARSE_SYNTAX_ERROR", "Syntax error at or near '{0}'.", "42601")),
]]


def from_engine(exc):
    """The engine's exception as the SqlError the real server would give."""
    text = str(exc)
    for pattern, make in _RULES:
        m = pattern.search(text)
        if m:
            return make(m)
    first = text.split("\n")[0]
    kind = type(exc).__name__
    if kind in ("ParserException",):
        return SqlError("PARSE_SYNTAX_ERROR", first, "42601")
    if kind in ("NotImplementedException",):
        return SqlError("UNSUPPORTED_FEATURE", first, "0A000")
    if kind in ("BinderException",):
        return SqlError("DATATYPE_MISMATCH", first, "42K09")
    if kind in ("ConversionException",):
        return SqlError("CAST_INVALID_INPUT", first, "22018")
    if kind in ("OutOfRangeException",):
        return SqlError("ARITHMETIC_OVERFLOW", first, "22003")
    return SqlError("INTERNAL_ERROR", first, "XX000", code="INTERNAL_ERROR")
