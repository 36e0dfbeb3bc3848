"""Names that Spark gives to unaliased result columns: `count(1)`, `(a + 1)`, `CAST(x AS INT)`."""
from sqlglot import exp
from sqlglot.dialects.databricks import Databricks

_OPS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.EQ: "=", exp.GT: ">", exp.LT: "<",
        exp.GTE: ">=", exp.LTE: "<=", exp.And: "AND", exp.Or: "OR", exp.NullSafeEQ: "<=>", exp.IntDiv: "div"}


def of(e):
    """Column name of a projection that is neither a star nor aliased."""
    if isinstance(e, exp.Column):
        return e.name
    if isinstance(e, exp.Dot):
        return e.expression.name
    if isinstance(e, exp.Literal):
        return e.name
    if isinstance(e, exp.Null):
        return "NULL"
    if isinstance(e, exp.Boolean):
        return "true" if e.this else "false"
    if isinstance(e, exp.Paren):
        return of(e.this)
    if isinstance(e, exp.NEQ):
        return f"(NOT ({of(e.left)} = {of(e.right)}))"
    for kind, op in _OPS.items():
        if type(e) is kind:
            return f"({of(e.left)} {op} {of(e.right)})"
    if isinstance(e, exp.Neg):
        return f"(- {of(e.this)})" if not isinstance(e.this, exp.Literal) else f"-{e.this.name}"
    if isinstance(e, exp.Not) and isinstance(e.this, exp.Is) and isinstance(e.this.expression, exp.Null):
        return f"({of(e.this.this)} IS NOT NULL)"
    if isinstance(e, exp.Is):
        return f"({of(e.this)} IS {of(e.expression)})"
    if isinstance(e, exp.DPipe):
        return f"concat({', '.join(of(x) for x in e.flatten())})"
    if isinstance(e, exp.Not):
        return f"(NOT {of(e.this)})"
    if isinstance(e, exp.Count):
        inner = e.this
        distinct = "DISTINCT " if isinstance(inner, exp.Distinct) else ""
        items = inner.expressions if isinstance(inner, exp.Distinct) else [inner] + e.expressions
        return f"count({distinct}{', '.join('1' if isinstance(i, exp.Star) else of(i) for i in items)})"
    if isinstance(e, (exp.Cast, exp.TryCast)) and not e.args.get("format"):
        if isinstance(e.this, exp.Literal) and e.this.is_string and e.meta.get("literal"):
            return e.meta["literal"]
        word = "TRY_CAST" if isinstance(e, exp.TryCast) else "CAST"
        return f"{word}({of(e.this)} AS {e.to.sql('databricks')})"
    if isinstance(e, exp.JSONExtract):
        return _plain(e).rsplit(":", 1)[-1].rsplit(".", 1)[-1]
    if isinstance(e, exp.Subquery):
        return "scalarsubquery()"
    if isinstance(e, (exp.HexString,)):
        return f"X'{e.name.upper()}'"
    if isinstance(e, exp.Window):
        return _plain(e)
    if isinstance(e, exp.Anonymous):
        return f"{e.name}({', '.join(of(a) for a in e.expressions)})"
    if isinstance(e, exp.Func) and not isinstance(e, (exp.Case, exp.If, exp.Connector)):
        return _function(e)
    return _plain(e)


def _function(e):
    text = _plain(e)
    head = text.split("(", 1)
    if len(head) == 1:
        return head[0].lower() + "()"
    return head[0].lower() + "(" + head[1] if head[0].replace("_", "").isalnum() else text


def _plain(e):
    """The generator's spelling, string quotes dropped as Spark does, qualifiers removed."""
    e = e.copy()
    for c in e.find_all(exp.Column):
        if c.table and isinstance(c.this, exp.Identifier):
            c.set("table", None), c.set("db", None), c.set("catalog", None)
    for lit in list(e.find_all(exp.Literal)):
        if lit.is_string and lit is not e and isinstance(lit.parent, exp.Func):
            lit.replace(exp.Var(this=lit.name))
    return e.sql(Databricks)
