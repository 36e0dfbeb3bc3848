"""What Spark would say the result columns of a query are: name, type, nullability.

Works on sqlglot's tree of the *original* Databricks text, before it is rewritten for the engine. A type of None means
"not known": the caller then asks the engine. Decimal rules are those of Spark's DecimalPrecision; each node's type is also
left in node.meta["spark"] for the rewriter.
"""
from sqlglot import exp

from . import types as T

UNKNOWN = (None, True)


class Scope:
    """Names visible at one SELECT: sources in FROM order, CTEs, the enclosing scope."""

    def __init__(self, parent=None, ctes=None):
        self.parent, self.sources = parent, []          # [(alias, [(name, Type, nullable)] or None)]
        self.ctes = dict(ctes or {})
        self.aliases, self.hidden = {}, set()

    def column(self, table, name):
        low = name.lower()
        hits = []
        for alias, cols in self.sources:
            if table and alias.lower() != table.lower():
                continue
            if cols is None:
                return UNKNOWN
            hits += [c for c in cols if c[0].lower() == low]
        if hits:
            return hits[0][1], hits[0][2]
        if table and not any(a.lower() == table.lower() for a, _ in self.sources):
            base = self.column(None, table)              # struct_column.field
            if base[0] is not None and base[0].name == "STRUCT":
                return field_of(base, name)
        if not table and low in self.aliases:
            return self.aliases[low]
        return self.parent.column(table, name) if self.parent else None


def field_of(base, name):
    for label, kind in zip(base[0].labels, base[0].items):
        if label.lower() == name.lower():
            return kind, True
    return UNKNOWN


class Inference:
    """One query's inference. `columns_of(parts)` gives a table's [(name, Type, nullable)] or None."""

    def __init__(self, columns_of, constants):
        self.columns_of, self.constants = columns_of, constants

    # -- queries -----------------------------------------------------------------------------------------------
    def query(self, node, scope=None):
        """[(name, Type|None, nullable)] or None when the shape is not understood."""
        if isinstance(node, exp.Subquery):
            return self.query(node.this, scope)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, scope)
        if isinstance(node, exp.Values):
            return self.values(node, scope)
        if isinstance(node, exp.Select):
            return self.select(node, scope)
        if isinstance(node, exp.Table):
            return self.columns_of(parts_of(node))
        return None

    def with_ctes(self, node, scope):
        inner = Scope(scope, scope.ctes if scope else None)
        w = node.args.get("with_") or node.args.get("with")
        for cte in (w.expressions if w else []):
            if w.args.get("recursive"):
                inner.ctes[cte.alias.lower()] = None
            cols = self.query(cte.this, inner)
            inner.ctes[cte.alias.lower()] = rename(cols, cte.args.get("alias"))
        return inner

    def set_operation(self, node, scope):
        inner = self.with_ctes(node, scope)
        left, right = self.query(node.left, inner), self.query(node.right, inner)
        if left is None or right is None or len(left) != len(right):
            return left
        return [(a[0], common(a[1], b[1]), a[2] or b[2]) for a, b in zip(left, right)]

    def values(self, node, scope):
        rows = [r.expressions if isinstance(r, exp.Tuple) else [r] for r in node.expressions]
        out = None
        for row in rows:
            kinds = [self.expr(e, scope or Scope()) for e in row]
            out = kinds if out is None else [(common(a[0], b[0]), a[1] or b[1]) for a, b in zip(out, kinds)]
        cols = [(f"col{i + 1}", t, n) for i, (t, n) in enumerate(out or [])]
        return rename(cols, node.args.get("alias"))

    def select(self, node, scope):
        inner = self.with_ctes(node, scope)
        from_ = node.args.get("from_") or node.args.get("from")
        outer_join = False
        if from_ is not None:
            self.source(from_.this, inner)
        for join in node.args.get("joins") or []:
            side = (join.side or "").upper()
            kind = (join.kind or "").upper()
            before = len(inner.sources)
            if kind in ("SEMI", "ANTI") or side in ("SEMI", "ANTI"):
                continue
            self.source(join.this, inner)
            if side in ("LEFT", "FULL"):
                nullify(inner, before, len(inner.sources))
            if side in ("RIGHT", "FULL"):
                nullify(inner, 0, before)
            outer_join = outer_join or bool(side)
            using = {i.name.lower() for i in join.args.get("using") or []}
            if using:
                inner.hidden |= {(alias.lower(), u) for alias, _ in inner.sources[before:] for u in using}
        for lateral in node.args.get("laterals") or []:
            self.lateral(lateral, inner)
        known = self.proven(node, inner) if not outer_join else set()
        out = []
        for e in node.expressions:
            cols = self.projection(e, inner, known)
            if cols is None:
                return None
            out += cols
        for part in ("where", "having", "group", "order", "qualify"):
            if node.args.get(part) is not None:
                self.annotate(node.args[part], inner)
        for join in node.args.get("joins") or []:
            if join.args.get("on") is not None:
                self.annotate(join.args["on"], inner)
        return out

    def annotate(self, node, scope):
        """Type the expressions below a clause, for the rewriter only."""
        if isinstance(node, (exp.Select, exp.SetOperation)):
            self.query(node, scope)
        elif isinstance(node, exp.Func) or isinstance(node, (exp.Binary, exp.Cast, exp.Column, exp.Literal, exp.Unary)):
            self.expr(node, scope)
        else:
            for child in node.iter_expressions():
                self.annotate(child, scope)

    def source(self, node, scope):
        alias = node.alias_or_name
        if isinstance(node, exp.Table):
            if isinstance(node.this, exp.Func):
                cols = self.table_function(node.this, scope)
                alias = node.alias or node.this.name
            elif not node.db and node.name.lower() in scope.ctes:
                cols = scope.ctes[node.name.lower()]
            else:
                cols = self.columns_of(parts_of(node))
            scope.sources.append((alias, rename(cols, node.args.get("alias"))))
            for join in node.args.get("joins") or []:
                self.source(join.this, scope)
        elif isinstance(node, (exp.Subquery, exp.Values)):
            inner = node.this if isinstance(node, exp.Subquery) else node
            cols = self.query(inner, scope)
            scope.sources.append((alias, rename(cols, node.args.get("alias"))))
        else:
            scope.sources.append((alias or "", None))

    def table_function(self, f, scope):
        if f.name.lower() == "range" or isinstance(f, exp.GenerateSeries):
            return [("id", T.BIGINT, False)]
        if f.name.lower() == "sequence":
            return [("id", T.BIGINT, True)]
        return None

    def lateral(self, node, scope):
        alias = node.args.get("alias")
        names = [c.name for c in (alias.columns if alias else [])]
        self.expr(node.this, scope)
        if isinstance(node.this, (exp.Explode, exp.ExplodeOuter)):
            items = self.expr(node.this.this, scope)[0]
            kinds = list(items.items) if items is not None and items.items else [None]
        elif isinstance(node.this, exp.Posexplode):
            items = self.expr(node.this.this, scope)[0]
            kinds = [T.INT] + (list(items.items) if items is not None and items.items else [None])
        else:
            kinds = [None] * len(names)
        names = names or (["key", "value"] if len(kinds) == 2 else ["col"])
        scope.sources.append((alias.name if alias and alias.this else "", [(n, k, True) for n, k in zip(names, kinds)]))

    def projection(self, e, scope, known):
        if isinstance(e, exp.Star) or (isinstance(e, exp.Column) and isinstance(e.this, exp.Star)):
            return self.star(e, scope, known)
        inner = e.this if isinstance(e, exp.Alias) else e
        if isinstance(inner, (exp.Explode, exp.ExplodeOuter)):
            t = self.expr(inner.this, scope)[0]
            name = e.alias or "col"
            return [(name, t.items[0] if t is not None and t.name == "ARRAY" else None, True)]
        t = self.expr(inner, scope)
        if isinstance(inner, exp.Column) and inner.name.lower() in known:
            t = (t[0], False)
        name = e.alias_or_name
        if e.alias:
            scope.aliases.setdefault(name.lower(), t)
        return [(name, t[0], t[1])]

    def star(self, e, scope, known):
        only = e.table.lower() if isinstance(e, exp.Column) else None
        star = e.this if isinstance(e, exp.Column) else e
        dropped = {x.name.lower() for x in (star.args.get("except_") or star.args.get("except") or [])}
        out = []
        for alias, cols in scope.sources:
            if only and alias.lower() != only:
                continue
            if cols is None:
                return None
            out += [(n, t, null and n.lower() not in known) for n, t, null in cols
                    if n.lower() not in dropped and (only or (alias.lower(), n.lower()) not in scope.hidden)]
        return out

    def proven(self, node, scope):
        """Columns that a top-level conjunct of WHERE proves non-null (Spark's analysis does the same)."""
        where, out = node.args.get("where"), set()
        if where is None:
            return out
        for c in (where.this.flatten() if isinstance(where.this, exp.And) else [where.this]):
            c = c.unnest()
            if isinstance(c, (exp.EQ, exp.GT, exp.LT, exp.GTE, exp.LTE, exp.NEQ)):
                out |= {s.name.lower() for s in (c.left, c.right) if isinstance(s, exp.Column)}
            if isinstance(c, exp.Not) and isinstance(c.this, exp.Is) and isinstance(c.this.this, exp.Column):
                out.add(c.this.this.name.lower())
        return out

    # -- expressions -------------------------------------------------------------------------------------------
    def expr(self, e, scope):
        """(Type|None, nullable) of an expression."""
        out = self.typed(e, scope) or UNKNOWN
        e.meta["spark"] = out[0]
        return out

    def typed(self, e, scope):
        for kind, rule in _RULES:
            if isinstance(e, kind):
                return rule(self, e, scope)
        for child in e.iter_expressions():
            self.annotate(child, scope)
        name = e.name.lower() if isinstance(e, exp.Anonymous) else (e.sql_name().lower() if isinstance(e, exp.Func) else "")
        kind = FUNCTIONS.get(name)
        if kind is None:
            return UNKNOWN
        if callable(kind):
            return kind([self.expr(c, scope)[0] for c in arguments(e)]), name not in NEVER_NULL
        return kind, name not in NEVER_NULL


def arguments(e):
    if isinstance(e, exp.Anonymous):
        return e.expressions
    return [c for c in e.iter_expressions() if not isinstance(c, (exp.DataType, exp.Var))]


def parts_of(table):
    return [p.name for p in (table.args.get("catalog"), table.args.get("db"), table.this) if p is not None]


def rename(cols, alias):
    """Apply `AS t(x, y)`."""
    names = [c.name for c in alias.columns] if alias is not None and hasattr(alias, "columns") else []
    if cols is None or not names:
        return cols
    return [(names[i] if i < len(names) else n, t, null) for i, (n, t, null) in enumerate(cols)]


def nullify(scope, first, last):
    for i in range(first, last):
        alias, cols = scope.sources[i]
        if cols is not None:
            scope.sources[i] = (alias, [(n, t, True) for n, t, _ in cols])


# ------------------------------------------------------------------------------------------------- type arithmetic
def as_decimal(t):
    """The decimal an integer counts as beside a decimal."""
    if t.name == "DECIMAL":
        return t.precision, t.scale
    return T.INTEGERS[t.name], 0


def bounded(p, s):
    """Spark's adjustPrecisionScale: over 38 digits, give up scale but keep at least 6."""
    if p <= 38:
        return T.decimal(p, s)
    digits = p - s
    return T.decimal(38, max(38 - digits, min(s, 6)))


def common(a, b):
    """The type both fit in (UNION, CASE, COALESCE)."""
    if a is None or b is None:
        return a if b is None else b
    if a == b:
        return a
    if a.name == "VOID":
        return b
    if b.name == "VOID":
        return a
    order = ["TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE"]
    if a.name in order and b.name in order:
        top = order[max(order.index(a.name), order.index(b.name))]
        return T.DOUBLE if top == "FLOAT" and {"BIGINT", "INT"} & {a.name, b.name} else T.Type(top)
    if "DECIMAL" in (a.name, b.name):
        if {"FLOAT", "DOUBLE"} & {a.name, b.name}:
            return T.DOUBLE
        if all(x.name == "DECIMAL" or x.name in T.INTEGERS for x in (a, b)):
            (p1, s1), (p2, s2) = as_decimal(a), as_decimal(b)
            s = max(s1, s2)
            return T.decimal(min(38, max(p1 - s1, p2 - s2) + s), s)
    if {a.name, b.name} <= {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ"}:
        return T.TIMESTAMP if "TIMESTAMP" in (a.name, b.name) else T.TIMESTAMP_NTZ
    texts = {"STRING", "CHAR", "VARCHAR"}
    if a.name in texts and b.name in texts:
        return T.STRING
    if a.name in texts or b.name in texts:               # ANSI: the string is cast to the other side
        other = b if a.name in texts else a
        return T.BIGINT if other.name in T.INTEGERS else T.DOUBLE if other.name in ("FLOAT", "DECIMAL") else other
    if a.name == b.name and len(a.items) == len(b.items):
        return T.Type(a.name, items=tuple(common(x, y) for x, y in zip(a.items, b.items)), labels=a.labels)
    return a


def _literal_decimal(t, e):
    """An integer literal beside a decimal counts with its own number of digits."""
    if t is not None and t.name in T.INTEGERS and isinstance(e, exp.Literal):
        return T.decimal(max(1, len(e.name)), 0)
    return t


def _arith(op):
    def rule(self, e, scope):
        (a, n1), (b, n2) = self.expr(e.left, scope), self.expr(e.right, scope)
        return arithmetic(op, a, b, e.left, e.right), n1 or n2
    return rule


def arithmetic(op, a, b, left=None, right=None):
    if a is None or b is None:
        return None
    dates = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ"}
    if a.name in dates or b.name in dates:
        return date_arithmetic(op, a, b)
    if "INTERVAL" in (a.name, b.name):
        i = a if a.name == "INTERVAL" else b
        return T.interval("YEAR TO MONTH" if i.is_year_month and op in "*/" else "DAY TO SECOND" if op in "*/" else i.unit)
    if a.name == "VOID" or b.name == "VOID":
        other = b if a.name == "VOID" else a
        return T.DOUBLE if op == "/" and other.name != "DECIMAL" else other
    if a.name in ("STRING", "VARCHAR", "CHAR") or b.name in ("STRING", "VARCHAR", "CHAR"):
        other = b if a.name == "STRING" else a
        return T.BIGINT if other.name in T.INTEGERS and op != "/" else T.DOUBLE
    if "DECIMAL" in (a.name, b.name) and not {"FLOAT", "DOUBLE"} & {a.name, b.name}:
        a, b = _literal_decimal(a, left), _literal_decimal(b, right)
        if not all(x.name == "DECIMAL" or x.name in T.INTEGERS for x in (a, b)):
            return None
        (p1, s1), (p2, s2) = as_decimal(a), as_decimal(b)
        return decimal_arithmetic(op, p1, s1, p2, s2)
    if op == "/":
        return T.DOUBLE
    return common(a, b)


def decimal_arithmetic(op, p1, s1, p2, s2):
    if op in "+-":
        s = max(s1, s2)
        return bounded(max(p1 - s1, p2 - s2) + s + 1, s)
    if op == "*":
        return bounded(p1 + p2 + 1, s1 + s2)
    if op == "/":
        s = max(6, s1 + p2 + 1)
        return bounded(p1 - s1 + s2 + s, s)
    s = max(s1, s2)
    return bounded(min(p1 - s1, p2 - s2) + s, s)


def date_arithmetic(op, a, b):
    if b.name == "INTERVAL":
        whole_days = b.is_year_month or b.unit == "DAY"
        return T.DATE if a.name == "DATE" and whole_days else T.TIMESTAMP if a.name == "DATE" else a
    if a.name == "INTERVAL":
        return date_arithmetic(op, b, a)
    if a.name == "DATE" and b.name in T.INTEGERS:
        return T.DATE
    if op == "-" and a.name == b.name == "DATE":
        return T.interval("DAY")
    return T.interval("DAY TO SECOND") if op == "-" else None


# -------------------------------------------------------------------------------------------------- node by node
def _literal(self, e, scope):
    if e.is_string:
        return T.STRING, False
    text = e.name
    if text.isdigit():
        n = int(text)
        return (T.INT if n < 2 ** 31 else T.BIGINT if n < 2 ** 63 else T.decimal(len(text), 0)), False
    if "e" in text.lower():
        return T.DOUBLE, False
    whole, _, frac = text.partition(".")
    return T.decimal(max(len(whole.lstrip("0")) + len(frac), len(frac), 1), len(frac)), False


def _neg(self, e, scope):
    t, n = self.expr(e.this, scope)
    if isinstance(e.this, exp.Literal) and e.this.name == "9223372036854775808":
        return T.BIGINT, n
    return t, n


def _cast(self, e, scope):
    inner = self.expr(e.this, scope)
    try:
        t = T.parse(e.to.sql("databricks"))
    except ValueError:
        return UNKNOWN
    return t.erased(), inner[1] or isinstance(e, exp.TryCast)


def _column(self, e, scope):
    found = scope.column(e.table or None, e.name)
    if found is None:
        constant = self.constants.get(e.name.lower())
        return constant or UNKNOWN
    return found


def _interval(self, e, scope):
    unit = e.args.get("unit")
    text = unit.sql("databricks").upper() if unit is not None else ""
    words = [w.rstrip("S") for w in text.replace(" TO ", " ").split()]
    if not words and isinstance(e.this, exp.Literal):
        words = [w.upper().rstrip("S") for w in e.this.name.split() if w.isalpha()]
        words = [words[0]] + ([words[-1]] if len(words) > 1 else []) if words else []
    if not words or words[0] not in T.UNITS:
        return T.interval("DAY TO SECOND" if words and words[0] in ("WEEK", "MILLISECOND", "MICROSECOND") else "DAY"), True
    return T.interval(" TO ".join(words)), not isinstance(e.this, exp.Literal)


def _same(self, e, scope):
    return self.expr(e.this, scope)


def _boolean(self, e, scope):
    nulls = [self.expr(c, scope)[1] for c in e.iter_expressions() if not isinstance(c, (exp.Select, exp.Subquery))]
    return T.BOOLEAN, any(nulls) or not nulls


def _never_null_bool(self, e, scope):
    self.expr(e.this, scope)
    return T.BOOLEAN, False


def _case(self, e, scope):
    branches = [i.args["true"] for i in e.args["ifs"]]
    for i in e.args["ifs"]:
        self.expr(i.this, scope)
    return _merge(self, branches + ([e.args["default"]] if e.args.get("default") is not None else []), scope,
                  e.args.get("default") is None)


def _if(self, e, scope):
    self.expr(e.this, scope)
    otherwise = e.args.get("false")
    return _merge(self, [e.args["true"]] + ([otherwise] if otherwise is not None else []), scope, otherwise is None)


def _merge(self, nodes, scope, nullable):
    out = None
    for n in nodes:
        t, null = self.expr(n, scope)
        if t is None:
            return UNKNOWN
        out, nullable = (t if out is None else common(out, t)), nullable or null
    return out, nullable


def _coalesce(self, e, scope):
    nodes = [e.this] + e.expressions
    t = _merge(self, nodes, scope, False)[0]
    return t, all(self.expr(n, scope)[1] for n in nodes)


def _sum(self, e, scope):
    t = self.expr(e.this, scope)[0]
    if t is None:
        return UNKNOWN
    if t.name == "DECIMAL":
        return T.decimal(min(38, t.precision + 10), t.scale), True
    if t.name == "INTERVAL":
        return t, True
    return (T.BIGINT if t.name in T.INTEGERS else T.DOUBLE), True


def _avg(self, e, scope):
    t = self.expr(e.this, scope)[0]
    if t is not None and t.name == "DECIMAL":
        return bounded_avg(t), True
    return T.DOUBLE, True


def bounded_avg(t):
    return T.decimal(min(38, t.precision + 4), min(38, t.scale + 4)) if t.precision + 4 <= 38 else bounded(t.precision + 4, t.scale + 4)


def _count(self, e, scope):
    for c in e.iter_expressions():
        if not isinstance(c, exp.Star):
            self.annotate(c, scope)
    return T.BIGINT, False


def _nullable_same(self, e, scope):
    return self.expr(e.this, scope)[0], True


def _window(self, e, scope):
    out = self.expr(e.this, scope)
    for part in ("partition_by", "order"):
        value = e.args.get(part)
        for c in (value if isinstance(value, list) else [value] if value is not None else []):
            self.annotate(c, scope)
    return out


def _array(self, e, scope):
    if not e.expressions:
        return T.array(T.VOID), False
    t = _merge(self, e.expressions, scope, False)[0]
    return (T.array(t), False) if t is not None else UNKNOWN


def _struct(self, e, scope):
    pairs = []
    for i, c in enumerate(e.expressions):
        if isinstance(c, exp.PropertyEQ):
            name, value = c.this.name, c.expression
        elif isinstance(c, exp.Alias):
            name, value = c.alias, c.this
        else:
            name, value = (c.name if isinstance(c, exp.Column) else f"col{i + 1}"), c
        t = self.expr(value, scope)[0]
        if t is None:
            return UNKNOWN
        pairs.append((name, t))
    return T.struct(pairs), False


def _map(self, e, scope):
    keys, values = e.args.get("keys"), e.args.get("values")
    if keys is None or not keys.expressions:
        return T.mapping(T.VOID, T.VOID), False
    k, v = _merge(self, keys.expressions, scope, False)[0], _merge(self, values.expressions, scope, False)[0]
    return (T.mapping(k, v), False) if k is not None and v is not None else UNKNOWN


def _bracket(self, e, scope):
    t = self.expr(e.this, scope)[0]
    for c in e.expressions:
        self.expr(c, scope)
    if t is None or not t.items:
        return UNKNOWN
    return (t.items[-1] if t.name in ("MAP", "ARRAY") else None), True


def _dot(self, e, scope):
    base = self.expr(e.this, scope)
    return field_of(base, e.expression.name) if base[0] is not None and base[0].name == "STRUCT" else UNKNOWN


def _subquery(self, e, scope):
    cols = self.query(e.this if isinstance(e, exp.Subquery) else e, scope)
    return (cols[0][1], True) if cols else UNKNOWN


def _concat(self, e, scope):
    kinds = [self.expr(c, scope) for c in e.expressions]
    first = kinds[0][0] if kinds else T.STRING
    t = first if first is not None and first.name in ("ARRAY", "BINARY") else T.STRING
    return t, any(n for _, n in kinds)


def _round(self, e, scope):
    t, n = self.expr(e.this, scope)
    if t is not None and t.name == "DECIMAL":
        digits = e.args.get("decimals")
        s = int(digits.name) if isinstance(digits, exp.Literal) else 0
        s2 = min(max(s, 0), t.scale)
        return T.decimal(min(38, t.precision - t.scale + s2 + 1), s2), n
    return t, n


def _greatest(self, e, scope):
    return _merge(self, [e.this] + e.expressions, scope, True)


def _always(t):
    def rule(self, e, scope):
        nulls = [self.expr(c, scope)[1] for c in arguments(e)]
        return t, any(nulls) if nulls else False
    return rule


def _date_add(self, e, scope):
    base = self.expr(e.this, scope)
    unit = (e.args.get("unit").name.upper() if e.args.get("unit") is not None else "DAY")
    self.annotate(e.expression, scope)
    if isinstance(e, exp.TsOrDsAdd) or unit in ("DAY", "DAYS") and base[0] is not None and base[0].name in ("DATE", "STRING"):
        return T.DATE, base[1]
    return (base[0] if base[0] is not None and base[0].name != "DATE" else T.TIMESTAMP), base[1]


def _ceil(self, e, scope):
    t, n = self.expr(e.this, scope)
    if t is not None and t.name == "DECIMAL":
        return T.decimal(min(38, t.precision - t.scale + 1), 0), n
    return T.BIGINT, n


def _date_trunc(self, e, scope):
    t, n = self.expr(e.this, scope)
    if isinstance(e, exp.DateTrunc):                     # trunc(date, fmt) of Databricks
        return T.DATE, True
    return (t if t is not None and t.name == "TIMESTAMP_NTZ" else T.TIMESTAMP), n


def _types(*names):
    return tuple(getattr(exp, n) for n in names if hasattr(exp, n))


_RULES = [
    (exp.Paren, _same), (exp.Alias, _same), (exp.Column, _column), (exp.Literal, _literal),
    (exp.Boolean, lambda s, e, sc: (T.BOOLEAN, False)), (exp.Null, lambda s, e, sc: (T.VOID, True)),
    (_types("Cast", "TryCast"), _cast), (exp.Neg, _neg), (exp.Interval, _interval),
    (_types("HexString", "ByteString"), lambda s, e, sc: (T.BINARY, False)),
    (exp.RawString, lambda s, e, sc: (T.STRING, False)),
    (exp.Add, _arith("+")), (exp.Sub, _arith("-")), (exp.Mul, _arith("*")), (exp.Div, _arith("/")), (exp.Mod, _arith("%")),
    (exp.IntDiv, _always(T.BIGINT)), (exp.DPipe, _always(T.STRING)),
    (_types("Is", "Exists", "NullSafeEQ"), _never_null_bool),
    (_types("Connector", "Predicate", "Not", "In", "Between", "Like", "RLike", "RegexpLike", "StartsWith", "EndsWith",
            "Contains"), _boolean),
    (exp.Case, _case), (exp.If, _if), (exp.Coalesce, _coalesce), (exp.Sum, _sum), (exp.Avg, _avg),
    (_types("Count", "ApproxDistinct", "CountIf"), _count), (exp.Window, _window), (exp.WithinGroup, _same),
    (_types("Min", "Max", "First", "Last", "AnyValue", "Lag", "Lead", "FirstValue", "LastValue", "Nullif", "IgnoreNulls",
            "RespectNulls", "Filter", "Distinct"), _nullable_same),
    (exp.Array, _array), (exp.Struct, _struct), (_types("Map", "VarMap"), _map), (exp.Bracket, _bracket), (exp.Dot, _dot),
    ((exp.Subquery, exp.Select), _subquery), (_types("Concat", "ConcatWs"), _concat), (exp.Round, _round),
    (_types("Greatest", "Least"), _greatest), (exp.Abs, _same), (_types("Ceil", "Floor"), _ceil),
    (_types("ArrayAgg", "ArrayUniqueAgg"), lambda s, e, sc: ((lambda t: (T.array(t), False) if t else UNKNOWN)(s.expr(e.this, sc)[0]))),
    (_types("DateAdd", "TsOrDsAdd", "DateSub", "TimestampAdd"), _date_add),
    (_types("DateDiff", "TsOrDsDiff"), _always(T.INT)), (exp.TimestampTrunc, _date_trunc), (exp.DateTrunc, _date_trunc),
    (_types("Year", "Month", "Day", "DayOfWeek", "DayOfYear", "WeekOfYear", "Quarter", "Hour", "Minute", "Second", "Length",
            "StrPosition", "ArraySize", "Levenshtein", "Ascii", "DayOfMonth"), _always(T.INT)),
    (exp.Extract, lambda s, e, sc: (T.decimal(8, 6) if e.name.upper().startswith("SECOND") else T.INT, s.expr(e.expression, sc)[1])),
    (_types("Upper", "Lower", "Trim", "Substring", "Left", "Right", "Repeat", "Replace", "Pad", "Reverse", "Initcap", "Hex",
            "TimeToStr", "SubstringIndex", "RegexpReplace", "RegexpExtract", "MD5", "SHA", "SHA2", "ToBase64", "Chr", "Space",
            "SplitPart", "JSONFormat", "GroupConcat", "Translate", "ToChar", "DateFormat", "Overlay", "Typeof", "Uuid",
            "GetJsonObject", "TimestampToStr"), _always(T.STRING)),
    (_types("JSONExtract"), lambda s, e, sc: (T.VARIANT if (s.expr(e.this, sc)[0] or T.STRING).name == "VARIANT" else T.STRING, True)),
    (_types("Unhex", "FromBase64"), _always(T.BINARY)),
    (_types("CurrentDate", "ToDate", "TsOrDsToDate", "Date", "LastDay", "AddMonths", "DateFromParts", "NextDay"), _always(T.DATE)),
    (_types("CurrentTimestamp", "StrToTime", "TsOrDsToTimestamp", "Timestamp", "UnixToTime", "FromTimeZone", "AtTimeZone"),
     _always(T.TIMESTAMP)),
    (_types("RowNumber", "Rank", "DenseRank", "Ntile"), lambda s, e, sc: (T.INT, False)),
    (_types("PercentRank", "CumeDist"), lambda s, e, sc: (T.DOUBLE, False)),
    (_types("Sqrt", "Exp", "Ln", "Log", "Pow", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Atan2", "Stddev", "StddevPop",
            "StddevSamp", "Variance", "VariancePop", "Corr", "CovarPop", "CovarSamp", "Rand", "Cbrt", "Degrees", "Radians",
            "MonthsBetween", "Pi", "Quantile", "PercentileCont"), _always(T.DOUBLE)),
    (exp.Sign, _always(T.DOUBLE)), (_types("LogicalOr", "LogicalAnd"), _always(T.BOOLEAN)),
    (_types("Split", "RegexpSplit"), _always(T.array(T.STRING))), (exp.ParseJSON, _always(T.VARIANT)),
    (_types("StrToUnix", "UnixSeconds", "TimeToUnix"), _always(T.BIGINT)),
    (_types("CurrentCatalog", "CurrentSchema", "CurrentUser", "SessionUser", "CurrentDatabase", "CurrentTimezone"),
     lambda s, e, sc: (T.STRING, False)),
]
_RULES = [(k, r) for k, r in _RULES if k]

FUNCTIONS = {
    "current_catalog": T.STRING, "current_schema": T.STRING, "current_database": T.STRING, "current_user": T.STRING,
    "session_user": T.STRING, "user": T.STRING, "current_timezone": T.STRING, "current_metastore": T.STRING,
    "current_version": T.struct([("dbr_version", T.STRING), ("dbsql_version", T.STRING), ("u_build_hash", T.STRING),
                                 ("r_build_hash", T.STRING)]),
    "version": T.STRING, "typeof": T.STRING, "concat_ws": T.STRING, "date_format": T.STRING, "format_number": T.STRING,
    "base64": T.STRING, "unbase64": T.BINARY, "sha": T.STRING, "sha1": T.STRING, "crc32": T.BIGINT, "hash": T.INT,
    "xxhash64": T.BIGINT, "bit_length": T.INT, "octet_length": T.INT, "char_length": T.INT, "character_length": T.INT,
    "size": T.INT, "cardinality": T.INT, "isnull": T.BOOLEAN, "isnotnull": T.BOOLEAN, "try_divide": T.DOUBLE,
    "unix_timestamp": T.BIGINT, "from_unixtime": T.STRING, "timestamp_seconds": T.TIMESTAMP,
    "timestamp_millis": T.TIMESTAMP, "timestamp_micros": T.TIMESTAMP, "to_timestamp_ntz": T.TIMESTAMP_NTZ,
    "make_timestamp": T.TIMESTAMP, "make_date": T.DATE, "date_sub": T.DATE, "date_add": T.DATE, "dateadd": T.TIMESTAMP,
    "schema_of_json": T.STRING, "to_json": T.STRING, "monotonically_increasing_id": T.BIGINT, "bigint": T.BIGINT,
    "int": T.INT, "string": T.STRING, "double": T.DOUBLE, "float": T.FLOAT, "boolean": T.BOOLEAN, "date": T.DATE,
    "timestamp": T.TIMESTAMP, "binary": T.BINARY, "smallint": T.SMALLINT, "tinyint": T.TINYINT, "decimal": T.decimal(10, 0),
    "bround": lambda a: a[0], "pmod": lambda a: common(a[0], a[-1]), "negative": lambda a: a[0], "positive": lambda a: a[0],
    "element_at": lambda a: a[0].items[-1] if a[0] is not None and a[0].items else None,
    "get": lambda a: a[0].items[-1] if a[0] is not None and a[0].items else None,
    "map_keys": lambda a: T.array(a[0].items[0]) if a[0] is not None and a[0].items else None,
    "map_values": lambda a: T.array(a[0].items[1]) if a[0] is not None and a[0].items else None,
    "array_distinct": lambda a: a[0], "array_sort": lambda a: a[0], "sort_array": lambda a: a[0],
    "sequence": lambda a: T.array(a[0]) if a[0] is not None else None,
    "generate_series": lambda a: T.array(a[0]) if a[0] is not None else None,
    "array_contains": T.BOOLEAN, "map_contains_key": T.BOOLEAN, "nvl2": lambda a: common(a[1], a[2]),
    "collect_set": lambda a: T.array(a[0]) if a[0] is not None else None, "mode": lambda a: a[0],
    "median": T.DOUBLE, "percentile": T.DOUBLE, "percentile_approx": lambda a: a[0], "skewness": T.DOUBLE,
    "kurtosis": T.DOUBLE, "max_by": lambda a: a[0], "min_by": lambda a: a[0], "sandbox_ym": None, "uuid": T.STRING,
    "input_file_name": T.STRING, "is_member": T.BOOLEAN, "is_account_group_member": T.BOOLEAN, "assert_true": T.VOID,
}
NEVER_NULL = {"current_catalog", "current_schema", "current_database", "current_user", "session_user", "user",
              "current_timezone", "current_version", "version", "uuid", "isnull", "isnotnull", "hash", "xxhash64",
              "monotonically_increasing_id", "collect_set"}
