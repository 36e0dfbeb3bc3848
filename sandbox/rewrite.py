"""Databricks trees made ready for the engine: intervals, functions, table names; only what sqlglot leaves open.

Runs after infer.py, whose types sit in node.meta["spark"].
"""
from decimal import Decimal

from sqlglot import exp

from .errors import SqlError

_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1, "WEEK": 7 * 86400}


def call(name, *args):
    return exp.Anonymous(this=name, expressions=[a if isinstance(a, exp.Expression) else exp.convert(a) for a in args])


def sql_text(text):
    return exp.Literal.string(text)


# ------------------------------------------------------------------------------------------------------ intervals
def interval_value(text, unit):
    """('months', n) or ('us', n) of an interval literal such as '3 04:30:20.123' DAY TO SECOND."""
    words = unit.upper().replace(" TO ", " ").split()
    words = [w.rstrip("S") for w in words]
    raw = text.strip()
    sign = -1 if raw.startswith("-") else 1
    body = raw.lstrip("+-").strip()
    try:
        if words[0] in ("YEAR", "MONTH"):
            if len(words) == 2:
                years, months = body.split("-")
                return "months", sign * (int(years) * 12 + int(months))
            return "months", sign * int(body) * (12 if words[0] == "YEAR" else 1)
        return "us", sign * _micros(body, words)
    except (ValueError, ArithmeticError):
        raise SqlError("INVALID_INTERVAL_FORMAT", f"Error parsing '{text}' to interval.", "22006") from None


def _micros(body, words):
    if len(words) == 1:
        return int(Decimal(body) * _SECONDS[words[0]] * 1000000)
    order = ["DAY", "HOUR", "MINUTE", "SECOND"]
    units = order[order.index(words[0]):order.index(words[1]) + 1]
    pieces = body.replace(" ", ":").split(":")
    if len(pieces) != len(units):
        raise ValueError(body)
    return int(sum(Decimal(p) * _SECONDS[u] for p, u in zip(pieces, units)) * 1000000)


def interval_expr(kind, n):
    if kind == "months":
        return call("to_months", n)
    days, rest = divmod(abs(n), 86400000000)
    sign = -1 if n < 0 else 1
    return exp.paren(exp.Add(this=call("to_days", sign * days), expression=call("to_microseconds", sign * rest)))


def _interval(e):
    unit, value = e.args.get("unit"), e.this
    if unit is None or not isinstance(value, exp.Literal):
        if unit is not None and value is not None and not isinstance(value, exp.Literal):
            name = unit.name.lower().rstrip("s") + "s"
            return call(f"to_{name}", value)
        return e
    words = unit.sql("databricks").upper()
    first = words.split()[0].rstrip("S")
    if first not in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "WEEK"):
        return e
    return interval_expr(*interval_value(value.name, words))


# ------------------------------------------------------------------------------------------------------ functions
def _spark(e):
    return e.meta.get("spark")


def _is(e, *names):
    t = _spark(e)
    return t is not None and t.name in names


def _cast(e):
    target = e.to.sql("databricks").upper()
    inner = e.this
    if target in ("STRING", "TEXT") or target.startswith(("VARCHAR", "CHAR")):
        if _is(inner, "TIMESTAMP"):
            return exp.cast(exp.Cast(this=inner, to=exp.DataType.build("TIMESTAMP_NTZ", dialect="databricks")), "text")
        if _is(inner, "BINARY"):
            return call("decode", inner)
        if _is(inner, "FLOAT", "DOUBLE"):
            return call("sandbox_float_text", exp.cast(inner, "double"))
        if _is(inner, "INTERVAL"):
            return call("sandbox_ym_text" if _spark(inner).is_year_month else "sandbox_dt_text", inner)
    if target.startswith("INTERVAL"):
        unit = target[len("INTERVAL"):].strip() or "DAY TO SECOND"
        if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Literal):
            inner = inner.this                           # a bound STRING parameter
        if isinstance(inner, exp.Literal) and inner.is_string:
            return interval_expr(*interval_value(inner.name, unit))
        return inner if _is(inner, "INTERVAL") else exp.Cast(this=inner, to=exp.DataType.build("INTERVAL"))
    if target == "BINARY" and _is(inner, "STRING"):
        return call("encode", inner)
    if target == "VOID":
        return exp.Null()
    if target in ("INT", "BIGINT", "SMALLINT", "TINYINT") and _is(inner, "DECIMAL", "DOUBLE", "FLOAT"):
        e.set("this", call("trunc", inner))
    if target in ("BIGINT", "INT") and _is(inner, "TIMESTAMP"):
        return call("sandbox_epoch", inner)
    return e


_RENAMED = {"isnull": "sandbox_isnull", "isnotnull": "sandbox_isnotnull", "format_string": "printf", "bround": "sandbox_bround", "date_sub": "sandbox_date_sub", "collect_set": "sandbox_collect_set", "size": "sandbox_size",
            "cardinality": "sandbox_size", "array_contains": "list_contains", "array_distinct": "list_distinct",
            "array_sort": "list_sort", "sort_array": "list_sort", "percentile_approx": "quantile_disc",
            "approx_percentile": "quantile_disc", "map_contains_key": "map_contains", "sequence": "generate_series",
            "char_length": "length", "character_length": "length", "octet_length": "strlen", "named_struct": "struct_pack",
            "unix_timestamp": "sandbox_epoch", "try_to_timestamp": "sandbox_try_timestamp", "xxhash64": "hash",
            "array_join": "sandbox_array_join", "array_max": "list_max", "array_min": "list_min", "slice": "sandbox_slice",
            "array_position": "list_position", "array_union": "sandbox_array_union", "array_intersect": "list_intersect",
            "flatten": "flatten", "date_part": "date_part", "timestamp_seconds": "to_timestamp", "signum": "sign"}

MACROS = """
CREATE MACRO sandbox_bround(x, n := 0) AS round_even(x, n);
CREATE MACRO sandbox_trunc(d, f) AS CAST(date_trunc(CASE upper(f) WHEN 'MM' THEN 'month' WHEN 'MON' THEN 'month' WHEN 'YY' THEN 'year' WHEN 'YYYY' THEN 'year' WHEN 'Q' THEN 'quarter' ELSE lower(f) END, CAST(d AS DATE)) AS DATE);
CREATE MACRO sandbox_now_epoch() AS CAST(epoch(now()) AS BIGINT);
CREATE MACRO safe_add(a, b) AS TRY(a + b);
CREATE MACRO safe_subtract(a, b) AS TRY(a - b);
CREATE MACRO safe_multiply(a, b) AS TRY(a * b);
CREATE MACRO try_add(a, b) AS TRY(a + b);
CREATE MACRO try_subtract(a, b) AS TRY(a - b);
CREATE MACRO try_multiply(a, b) AS TRY(a * b);
CREATE MACRO sandbox_isnull(a) AS a IS NULL;
CREATE MACRO sandbox_isnotnull(a) AS a IS NOT NULL;
CREATE MACRO format_number(x, n) AS format('{:,.' || CAST(n AS VARCHAR) || 'f}', CAST(x AS DOUBLE));
CREATE MACRO sandbox_divisor(x) AS CASE WHEN x = 0 THEN error('Division by zero') ELSE x END;
CREATE MACRO sandbox_divisor_or_null(x) AS nullif(x, 0);
CREATE MACRO sandbox_epoch(x) AS CAST(epoch(CAST(x AS TIMESTAMPTZ)) AS BIGINT);
CREATE MACRO sandbox_float_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE CAST(x AS VARCHAR) END;
CREATE MACRO sandbox_ym_text(x) AS 'INTERVAL ''' || CASE WHEN datepart('year', x) * 12 + datepart('month', x) < 0 THEN '-' ELSE '' END || abs(datepart('year', x)) || '-' || abs(datepart('month', x)) || ''' YEAR TO MONTH';
CREATE MACRO sandbox_dt_text(x) AS 'INTERVAL ''' || CASE WHEN epoch_us(x) < 0 THEN '-' ELSE '' END || (abs(epoch_us(x)) // 86400000000) || ' ' || lpad(CAST((abs(epoch_us(x)) // 3600000000) % 24 AS VARCHAR), 2, '0') || ':' || lpad(CAST((abs(epoch_us(x)) // 60000000) % 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST((abs(epoch_us(x)) // 1000000) % 60 AS VARCHAR), 2, '0') || CASE WHEN abs(epoch_us(x)) % 1000000 = 0 THEN '' ELSE rtrim('.' || lpad(CAST(abs(epoch_us(x)) % 1000000 AS VARCHAR), 6, '0'), '0') END || ''' DAY TO SECOND';
CREATE MACRO sandbox_date_sub(d, n) AS CAST(d AS DATE) - CAST(n AS INTEGER);
CREATE MACRO sandbox_collect_set(x) AS list_distinct(list(x));
CREATE MACRO sandbox_size(x) AS len(x);
CREATE MACRO pmod(a, b) AS ((a % b) + b) % b;
CREATE MACRO nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END;
CREATE MACRO negative(a) AS -a;
CREATE MACRO positive(a) AS a;
CREATE MACRO space(n) AS repeat(' ', n);
CREATE MACRO substring_index(s, d, n) AS CASE WHEN n > 0 THEN array_to_string(string_split(s, d)[1:n], d) ELSE array_to_string(string_split(s, d)[n:], d) END;
CREATE MACRO sandbox_array_join(a, d) AS array_to_string(a, d);
CREATE MACRO sandbox_array_union(a, b) AS list_distinct(list_concat(a, b));
CREATE MACRO sandbox_slice(a, s, n) AS a[s : s + n - 1];
CREATE MACRO sandbox_try_timestamp(x) AS TRY_CAST(x AS TIMESTAMPTZ);
CREATE MACRO from_unixtime(x) AS strftime(CAST(to_timestamp(x) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S');
CREATE MACRO timestamp_millis(x) AS to_timestamp(x / 1000.0);
CREATE MACRO timestamp_micros(x) AS to_timestamp(x / 1000000.0);
CREATE MACRO find_in_set(s, l) AS list_position(string_split(l, ','), s);
CREATE MACRO element_at(a, i) AS a[i];
CREATE MACRO initcap(s) AS array_to_string([upper(w[1]) || lower(w[2:]) for w in string_split(s, ' ')], ' ');
CREATE MACRO sandbox_sleep(n) AS (SELECT count(*) FROM range(CAST(n * 60000000 AS BIGINT)) a WHERE hash(range) = 1 AND random() < 0);
CREATE MACRO is_member(g) AS false;
CREATE MACRO is_account_group_member(g) AS false;
CREATE MACRO input_file_name() AS '';
CREATE MACRO monotonically_increasing_id() AS row_number() OVER () - 1;
"""


def _anonymous(e, context):
    name = e.name.lower()
    constant = context.constant(name)
    if constant is not None and not e.expressions:
        return constant
    if name == "typeof" and e.expressions and _spark(e.expressions[0]) is not None:
        return sql_text(_spark(e.expressions[0]).lower())
    if name in ("int", "bigint", "double", "string", "float", "boolean", "date", "timestamp", "binary", "smallint",
                "tinyint", "decimal") and len(e.expressions) == 1:
        cast = exp.Cast(this=e.expressions[0], to=exp.DataType.build(name, dialect="databricks"))
        return _cast(cast)
    if name in _RENAMED:
        e.set("this", _RENAMED[name])
    return e


def _typeof(e, context):
    return sql_text(_spark(e.this).lower()) if _spark(e.this) is not None else e


def _constant_node(e, context):
    key = {"CurrentCatalog": "current_catalog", "CurrentSchema": "current_schema", "CurrentDatabase": "current_database",
           "CurrentUser": "current_user", "SessionUser": "session_user", "CurrentTimezone": "current_timezone",
           "CurrentVersion": "current_version", "Version": "version"}[type(e).__name__]
    return context.constant(key)


def _divide(e, context):
    """Division by zero is an error in ANSI mode and NULL otherwise."""
    by = e.expression
    if isinstance(by, exp.Literal) and by.name.strip("0.") != "":
        return e
    e.set("expression", call("sandbox_divisor" if context.ansi else "sandbox_divisor_or_null", by))
    return e


_CONSTANTS = tuple(getattr(exp, n) for n in ("CurrentCatalog", "CurrentSchema", "CurrentDatabase", "CurrentUser", "SessionUser",
                                             "CurrentTimezone", "CurrentVersion", "Version") if hasattr(exp, n))


def functions(tree, context):
    """Rewrite the nodes of a tree, innermost first, and return the tree."""
    nodes = [n for n in tree.walk(bfs=False)]
    for node in reversed(nodes):
        new = _one(node, context)
        if new is not node:
            new.meta.setdefault("spark", node.meta.get("spark"))
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _one(node, context):
    if isinstance(node, _CONSTANTS):
        return _constant_node(node, context) or node
    if isinstance(node, exp.Interval):
        return _interval(node)
    if isinstance(node, exp.Anonymous):
        return _anonymous(node, context)
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return _cast(node)
    if hasattr(exp, "Typeof") and isinstance(node, exp.Typeof):
        return _typeof(node, context)
    if hasattr(exp, "StrToUnix") and isinstance(node, exp.StrToUnix):
        return call("sandbox_epoch", node.this) if node.this is not None and not isinstance(node.this, exp.CurrentTimestamp) else call("sandbox_now_epoch")
    if isinstance(node, exp.DayOfWeek) and not node.meta.get("shifted"):
        node.meta["shifted"] = True                      # the engine counts from Sunday = 0
        return exp.paren(exp.Add(this=node.copy(), expression=exp.Literal.number(1)))
    if isinstance(node, exp.Length) and _is(node.this, "BINARY"):
        return call("octet_length", node.this)
    if isinstance(node, (exp.DateTrunc, exp.TimestampTrunc)) and _is(node, "DATE"):
        return call("sandbox_trunc", node.this, sql_text(node.text("unit")))
    if isinstance(node, (exp.Div, exp.Mod, exp.IntDiv)) and not node.meta.get("guarded"):
        node.meta["guarded"] = True
        return _divide(node, context)
    if isinstance(node, exp.ParseJSON):
        return exp.cast(node.this, exp.DataType.build("JSON"))
    if isinstance(node, (exp.Sub,)) and _is(node.left, "DATE") and _is(node.right, "DATE"):
        return call("to_days", exp.cast(exp.Sub(this=node.left.copy(), expression=node.right.copy()), "int"))
    if isinstance(node, exp.Column) and not node.table and context.constant(node.name.lower()) is not None \
            and node.meta.get("spark_constant"):
        return context.constant(node.name.lower())
    return node
