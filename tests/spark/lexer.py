"""The proxy's lexer, classes and functions against Spark's own lexer and parser, over a generated corpus. Output is TAP.

tokens must agree in where strings, quoted names, words, comments and hints begin and end, up to the first token that the proxy
calls odd (it trusts nothing of such a text, and does not keep its result). A statement that the proxy believes to read must be a
query to Spark, and one that Spark calls a command must never be one that the proxy keeps as a read. All relations that Spark finds in a statement are found by the proxy, or it says that there may be more."""
import glob
import itertools
import random
import re
import subprocess
import sys

GAPS = [" ", "\n", "\t", "\r\n", "/* c */", "/**/", "/* a /* b */ c */", "-- x\n", "-- x\\\ny\n", "-- x\r", "--\n", "/* -- */", "--/*\n",
        "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u205f", "\u3000", "/*'*/", "/* \" */", "/* ` */", "/*/ x */", "/* x /*/ y */",
        "/* /*+ h */", "/* \\*/", "/***/", "/* **/", "\f", "\v", "\u200b", "\u2029", "\u0085", "\ufeff"]
STRINGS = ["'a'", "''", "'it''s'", "'a' 'b'", "'a\\'b'", "'\\\\'", "\"a\"", "\"a\\\"b\"", "\"a\"\"b\"", "r'a\\'", "R\"a\\\"", "r'a' 'b'", "'--'",
           "'/*'", "';'", "'a\nb'", "x'1F'", "X'00'", "r 'a'", "ar'x'", "'\u00e9'", "'\\u0041'", "'${x}'", "r''", "'\\\n'", "'*/'",
           "'a'\"b\"", "R'\\\\'"]
NAMES = ["a", "`a`", "`a b`", "`a``b`", "``", "`--`", "`/*`", "a.b", "`a`.`b`", "a . b", "_a", "a1", "1a", "a$b", "$a", "\u00e4", "`\u00e4`",
         "t.1a", "`a\nb`", "`'`", "select_", "\u017fum", "t.`x`y", "a.b.c.d"]
NUMBERS = ["1", "1.5", ".5", "5.", "1e5", "1E+5", "1e-5", "1L", "1S", "1Y", "1.5BD", "1BD", "1F", "1D", "1.0e3D", "1..2", "1a", "1e", "1e5x",
           "1__0", "0x1F", "1.5.2", "1.a", "1.e5", "12L3", "1.5f", "1e+", "+1", "-1", "--1\n+2", "1--2\n", "1.2.3e4bd"]
PUNCTS = ["::", ":", "?", ":p", ": p", ":1", "->", "=>", "|>", "||", "<=>", "<>", "!=", "==", "<<", ">>", ">>>", "[", "]", "(", ")", "{", "}", "@",
          "#", "\\", "&", "^", "~", "%", "!", "$", "$$", "$$a$$", "$t$ a $t$", "$t$ a $u$ b $t$", "$1$", "*/", "/*+", "/*+ h */", "/*+ a(b) */",
          "a/*+ h */", "*/*", "/ *", "-", "- -", "= >", ": :", "::?", ":::", "|", ";", ";;", "/", "//", "*", "**/", "/*", "/* x", "'x", "\"x", "`x",
          "/*+ x", "-- x", "--", "-", "/*+/**/*/", "/*+ '*/' */", "/*+ /* c */ x */", "/*+ -- */\n*/"]
VERBS = ["SELECT 1", "SELECT a FROM t", "VALUES (1)", "TABLE t", "FROM t SELECT a", "FROM t |> WHERE a = 1", "SELECT a FROM t |> AGGREGATE sum(a)",
         "SHOW TABLES", "SHOW SCHEMAS", "SHOW COLUMNS IN t", "SHOW CREATE TABLE t", "SHOW FUNCTIONS", "SHOW TBLPROPERTIES t", "SHOW CATALOGS",
         "SHOW VIEWS", "SHOW PARTITIONS t", "DESCRIBE t", "DESC TABLE EXTENDED t", "DESCRIBE QUERY SELECT 1", "DESCRIBE FUNCTION sum",
         "DESCRIBE DATABASE s", "EXPLAIN SELECT 1", "EXPLAIN INSERT INTO t VALUES (1)", "LIST FILE",
         "INSERT INTO t VALUES (1)", "INSERT OVERWRITE t SELECT 1", "INSERT INTO t TABLE u", "INSERT OVERWRITE DIRECTORY '/x' USING csv SELECT 1",
         "FROM t INSERT INTO u SELECT a", "FROM t INSERT INTO u SELECT a INSERT INTO v SELECT b", "UPDATE t SET a = 1", "DELETE FROM t",
         "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", "TRUNCATE TABLE t", "CREATE TABLE t (a INT)", "CREATE TABLE t AS SELECT 1",
         "CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE TEMPORARY VIEW v AS SELECT 1", "CREATE OR REPLACE GLOBAL TEMP VIEW v AS SELECT 1",
         "REPLACE TABLE t AS SELECT 1", "ALTER TABLE t ADD COLUMN b INT", "ALTER VIEW v AS SELECT 1", "ALTER TABLE t RENAME TO u",
         "DROP TABLE t", "DROP VIEW IF EXISTS v", "CREATE SCHEMA s", "DROP DATABASE s", "CREATE FUNCTION f AS 'x'", "DROP TEMPORARY FUNCTION f",
         "REFRESH TABLE t", "ANALYZE TABLE t COMPUTE STATISTICS", "MSCK REPAIR TABLE t", "REPAIR TABLE t", "CACHE TABLE t", "UNCACHE TABLE t",
         "CLEAR CACHE", "COMMENT ON TABLE t IS 'x'", "LOAD DATA INPATH 'x' INTO TABLE t", "SET x = 1", "SET", "SET TIME ZONE 'UTC'", "SET CATALOG c",
         "SET VAR x = 1", "RESET", "RESET x", "USE s", "USE CATALOG c", "DECLARE VARIABLE x INT", "DROP TEMPORARY VARIABLE x", "CALL p()",
         "EXECUTE IMMEDIATE 'SELECT 1'", "ADD JAR 'x'", "ADD FILE 'x'", "BEGIN SELECT 1; END", "BEGIN END", "SELECT 1; SELECT 2", "SELECT 1;;",
         "SELECT TRANSFORM(a) USING 'cat' FROM t", "FROM t MAP a USING 'cat'", "FROM t REDUCE a USING 'cat'", "SELECT TRANSFORM(a, x -> x)",
         "GRANT SELECT ON t TO u", "REVOKE SELECT ON t FROM u", "CREATE ROLE r", "SHOW ROLES", "LOCK TABLE t SHARED", "COMMIT", "DFS x",
         "SELECT * FROM (DELETE FROM t)", "FROM t |> INSERT INTO u", "EXPLAIN EXTENDED DELETE FROM t", "CREATE INDEX i ON t (a)"]
FRAMES = ["{}", "({})", "(({}))", "( {} )", "WITH a AS (SELECT 1) {}", "WITH a AS (SELECT 1), b(x) AS (SELECT ')') {}",
          "WITH RECURSIVE a(n) AS (SELECT 1) {}", "WITH a (SELECT 1) {}", "WITH with AS (SELECT 1) {}", "WITH select AS (SELECT 1) {}",
          "WITH insert AS (SELECT 1) {}", "WITH a AS (WITH b AS (SELECT 1) SELECT 1) {}", "WITH a AS (SELECT 1) ({})", "{};", "; {}",
          "WITH a (x) AS (SELECT 1) {}", "WITH a AS (SELECT 1 UNION (SELECT 2)) {}", "EXPLAIN {}", "({}) UNION ALL ({})",
          "WITH recursive AS (SELECT 1) {}", "WITH RECURSIVE r MAX RECURSION LEVEL 5 AS (SELECT 1) {}"]
READS = {"read"}
LOOKS = {"meta", "probe"}
LOOKING = ("Show", "Describe", "Desc", "Explain", "List")


def cases(word, random_):
    return "".join(random_.choice((c.lower(), c.upper())) for c in word)


def texts(count):
    random_ = random.Random(20261121)
    parts = [STRINGS, NAMES, NUMBERS, PUNCTS, GAPS]
    for part in parts:
        for one in part:
            yield one
            yield "SELECT " + one
            yield "SELECT " + one + ", rand() -- */ ' \" `"
    for a, b in itertools.product(sum(parts, []), repeat=2):
        if random_.random() < 0.35:
            yield "SELECT " + a + b + " x"
    for _ in range(count):
        yield "".join(random_.choice(random_.choice(parts)) + random_.choice(("", "", " ")) for _ in range(random_.randint(2, 9)))
    letters = "'\"`\\-/*+;:?$(){}.,rR1eEaA \n\r\t|<>="
    for _ in range(count):
        yield "".join(random_.choice(letters) for _ in range(random_.randint(1, 24)))


def statements():
    random_ = random.Random(7)
    for verb, frame in itertools.product(VERBS, FRAMES):
        yield frame.format(verb, verb)
        yield frame.format(cases(verb, random_), verb)
        for gap in random_.sample(GAPS, 6):
            yield gap + frame.format(verb, verb).replace(" ", gap + " ", 2)
    for verb in VERBS:
        yield verb.replace(" ", " /*+ h */ ", 1)
        yield verb + " -- x"
        yield "/* SELECT 1 */ " + verb
        yield "SELECT 1 " + verb
        yield verb + " " + verb


class Queries:
    """Random statements, most of which Spark can parse."""
    TABLES = ["t1", "T2", "`t3`", "s.t4", "c.s.t5", "x.t6", "`a`.`b`.`t7`", "t8"]
    CTES = ["t1", "e1", "e2", "`e3`"]
    ALIASES = ["", "", "", " a", " AS b", " AS t1", " window", " AS where", " AS c(x, y)", " d(x, y)", " lateral", " limit", " minus", " AS `from`"]

    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, *options):
        return self.r.choice(options)

    def name(self):
        return self.r.choice(self.TABLES + self.CTES)

    def expression(self, deep):
        one = self.r.randint(0, 13)
        if deep <= 0 or one < 5:
            return self.pick("a", "1", "'x FROM y'", "b.c", "`from`", "f.g", "count(*)", "(a IS DISTINCT FROM b)", "extract(YEAR FROM d)",
                             "trim(BOTH 'x' FROM y)", "substring(a FROM 1 FOR 2)", "coalesce(a, b)", "CAST(a AS DECIMAL(10, 2))",
                             "sum(a) OVER (PARTITION BY b, c ORDER BY d, e)", "transform(a, (x, i) -> x + i)", "CASE WHEN a THEN b ELSE c END",
                             "overlay(a PLACING 'x' FROM 3)", "a[1]", "array(1, 2)", ":p", "?", "a::int")
        if one < 8:
            return "(" + self.query(deep - 1) + ")"
        if one < 9:
            return "(EXISTS (" + self.query(deep - 1) + "))"
        if one < 11:
            return "(a " + self.pick("", "NOT ") + "IN (" + self.query(deep - 1) + "))"
        if one < 12:
            return f"extract(DAY FROM ({self.query(deep - 1)}))"
        return f"f({self.expression(deep - 1)}, {self.expression(deep - 1)})"

    def relation(self, deep):
        one = self.r.randint(0, 15)
        alias = self.r.choice(self.ALIASES) if self.r.random() < 0.3 else self.pick("", " a", " AS b")
        if deep <= 0 or one < 6:
            version = self.pick("", "", "", " VERSION AS OF 3", " TIMESTAMP AS OF '2026-01-01'", " TABLESAMPLE (10 PERCENT)")
            return self.name() + version + alias
        if one < 8:
            return "(" + self.query(deep - 1) + ")" + alias
        if one < 9:
            return "(" + self.relation(deep - 1) + self.pick(" JOIN ", " CROSS JOIN ") + self.relation(deep - 1) + ")" + alias
        if one < 12:
            on = self.pick(" ON a = b", " USING (a, b)", " ON " + self.expression(deep - 1), "")
            kind = self.pick(" JOIN ", " LEFT JOIN ", " NATURAL JOIN ", " ANTI JOIN ", " CROSS JOIN LATERAL (SELECT 1) x JOIN ")
            return self.relation(deep - 1) + kind + self.relation(deep - 1) + on
        if one < 13:
            return self.pick("VALUES (1, 2), (3, 4)", "VALUES 1, 2", "VALUES (a)") + self.pick("", " AS v(a, b)", " v")
        if one < 14:
            return self.pick("range(5)", "explode(array(1, 2))", "LATERAL explode(a)", "my_rows(1)", "LATERAL (SELECT 1)") + self.pick("", " z")
        return self.relation(deep - 1) + self.pick(" PIVOT (sum(a) FOR b IN (1, 2))", " UNPIVOT (v FOR n IN (a, b))", "")

    def select(self, deep):
        first = self.pick("*, ", "*, a, ", "* EXCEPT (a), ", "table, ", "", "", "", "")
        out = "SELECT " + self.pick("", "", "DISTINCT ", "/*+ h(t9, t10) */ ") + first
        out += ", ".join(self.expression(deep) for _ in range(self.r.randint(1, 3)))
        if self.r.random() < 0.9:
            out += " FROM " + ", ".join(self.relation(deep) for _ in range(self.r.randint(1, 3)))
            out += self.pick("", "", "", " LATERAL VIEW explode(a) q AS y, z")
        out += self.pick("", "", "", " WHERE " + self.expression(deep - 1) + " = 1", self.pick("", "", " WHERE (a), t8"))
        out += self.pick("", "", " GROUP BY a, b", " GROUP BY a WITH ROLLUP", " GROUP BY GROUPING SETS ((a, b), (c))")
        out += self.pick("", "", " HAVING a > " + self.expression(deep - 1), " WINDOW w AS (ORDER BY a), v AS (ORDER BY b)")
        return out

    def query(self, deep):
        one = self.r.randint(0, 19)
        if deep <= 0 or one < 10:
            out = self.select(deep)
        elif one < 12:
            out = self.with_() + self.query(deep - 1)
        elif one < 14:
            out = self.query(deep - 1) + self.pick(" UNION ALL ", " EXCEPT ", " INTERSECT ", " MINUS ", " UNION ") + self.query(deep - 1)
        elif one < 15:
            out = "(" + self.query(deep - 1) + ")"
        elif one < 16:
            out = "TABLE " + self.name()
        elif one < 17:
            out = "FROM " + self.relation(deep - 1) + self.pick(", ", " JOIN ") + self.relation(deep - 1) + " SELECT a, " + self.expression(deep - 1)
        elif one < 18:
            out = "VALUES (1, 2), (3, 4)"
        else:
            out = self.pick("FROM ", "SELECT * FROM ", "TABLE ") + self.name() + "".join(self.pipe(deep) for _ in range(self.r.randint(1, 3)))
        return out if out.endswith(("b", "5", "2")) else out + self.pick("", "", "", " ORDER BY a, b", " LIMIT 5", " ORDER BY a LIMIT 5 OFFSET 2")

    def pipe(self, deep):
        return " |> " + self.pick("WHERE a = " + self.expression(deep - 1), "JOIN " + self.relation(deep - 1) + " ON a = b", "SELECT a, b",
                                  "AGGREGATE sum(a), max(b) GROUP BY c", f"UNION ALL ({self.query(deep - 1)})", "EXTEND 1 AS x, 2 AS y",
                                  "LIMIT 5", "ORDER BY a, b", "AS u", "SET a = 1, b = 2", "DROP a, b")

    def with_(self):
        ctes = [self.r.choice(self.CTES) + self.pick("", "", "(x, y)") + self.pick(" AS ", " AS ", " ") + "(" + self.query(1) + ")"
                for _ in range(self.r.randint(1, 3))]
        return "WITH " + self.pick("", "", "RECURSIVE ") + ", ".join(ctes) + " "

    def statement(self):
        target, one = self.r.choice(self.TABLES), self.r.randint(0, 11)
        if one < 7:
            return self.pick("", "", "", "EXPLAIN ", self.with_()) + self.query(3)
        if one < 9:
            return self.pick("", self.with_()) + self.pick("INSERT INTO ", "INSERT INTO TABLE ", "INSERT OVERWRITE ") + target + " " + self.query(2)
        if one < 10:
            return f"DELETE FROM {target} WHERE {self.expression(2)} = 1"
        if one < 11:
            return f"UPDATE {target} SET a = {self.expression(2)}, b = {self.expression(1)} WHERE {self.expression(1)}"
        source = self.pick(self.name(), "(" + self.query(2) + ")") + self.pick("", " AS src")
        return f"MERGE INTO {target} USING {source} ON a = {self.expression(1)} WHEN MATCHED THEN UPDATE SET a = {self.expression(1)}"


def resolved(name):
    parts = name.split(".")
    return ".".join((["c", "s"][:3 - len(parts)] if len(parts) < 3 else []) + parts)


def compare_relations(corpus, ours, spark):
    wrong, parsed, same, opened = [], 0, 0, 0
    for text, (_, _, mine), (_, plan, theirs) in zip(corpus, ours, spark):
        if plan == "error":
            continue
        sure, *names = mine.split()
        found, wanted = set(names), {resolved(n) for n in theirs.split()}
        parsed += 1
        same += found == wanted or (text.startswith("EXPLAIN") and not wanted)  # what is explained is no part of Spark's plan
        opened += sure == "open"
        if sure == "sure" and not wanted <= found:
            wrong.append(f"{text!r}\n#   misses {sorted(wanted - found)}")
    return wrong, f"{parsed} parsed by Spark, {same} sets equal, {opened} said to be open, {len(wrong)} incomplete"


def known_functions(path):
    with open(path, encoding="utf-8") as lines:
        return {row[0]: row[1] for row in (line.split("\t") for line in lines if line.strip() and line[0] != "#")}


def compare_functions(java, known):
    """Every function of Spark has a class, and what Spark calls random or about the caller or the time is not deterministic."""
    wrong, count = [], 0
    moving = re.compile(r"!$|^(Current(?!TimeZone)|Now|LocalTime|SparkVersion)")
    done = subprocess.run(java + ["functions"], capture_output=True, check=True, encoding="utf-8")
    for name, *made_of in (line.split() for line in done.stdout.splitlines()):
        if not re.fullmatch("[a-z_0-9]+", name):
            continue
        count += 1
        if name not in known:
            wrong.append(f"{name} is not in functions.tsv")
        elif any(moving.search(e) for e in made_of) and known[name] in "DOK":
            wrong.append(f"{name} is {known[name]}, but consists of {made_of}")
    return wrong, f"{count} functions of Spark, {len(wrong)} wrong"


def run(command, corpus):
    done = subprocess.run(command, input="".join(t + "\0" for t in corpus).encode(), capture_output=True, check=True)
    lines = done.stdout.decode().split("\n")
    return list(zip(lines[0::3], lines[1::3], lines[2::3]))[:len(corpus)]


def paint(line, text):
    """One letter per character; capital where a string or quoted name begins. Stops (None) at what is odd."""
    out = ["." for _ in text]
    letters = {"word": "w", "number": "w", "marker": "w", "string": "s", "name": "n", "punct": "p", "semi": ";", "hint": "h"}
    for token in line.split():
        kind, start, end = token.split(":")
        start, end = int(start), int(end)
        if kind == "gap":
            continue
        if kind == "odd":
            return out[:start], start
        for i in range(start, end):
            out[i] = letters[kind]
            if kind in ("number", "marker") and text[i] in ".+-:?":
                out[i] = "p"
        if kind in ("string", "name"):
            out[start] = out[start].upper()
    return out, len(text)


def compare_tokens(corpus, ours, spark):
    wrong, odd = [], 0
    for text, (mine, _, _), (theirs, plan, _) in zip(corpus, ours, spark):
        a, until = paint(mine, text)
        b, theirs_until = paint(theirs, text)
        odd += until < len(text)
        n = min(until, theirs_until)
        if a[:n] != b[:n]:
            wrong.append(f"{text!r}\n#   ours  {''.join(a)}\n#   spark {''.join(b)} {plan}")
    return wrong, odd


def compare_classes(corpus, ours, spark):
    wrong, parsed = [], 0
    for text, (tokens, mine, _), (_, plan, _) in zip(corpus, ours, spark):
        class_, reason, _ = mine.split()
        commands = plan.split()[1:]
        parsed += plan != "error"
        if plan == "query" and class_ not in READS | {"code", "multi"}:
            wrong.append(f"{text!r}: {mine}, Spark: {plan}")
        if commands and class_ in READS and reason == "none":
            wrong.append(f"{text!r}: {mine}, Spark: {plan}")
        if commands and class_ in READS | LOOKS and not commands[0].startswith(LOOKING):
            wrong.append(f"{text!r}: {mine}, Spark: {plan}")
        own = re.search("(?i)CALL|EXECUTE|[^ -~\n\r\t]", text)  # what they do is not in their text
        if plan == "query" and class_ == "code" and not own and "odd:" not in tokens:
            wrong.append(f"{text!r}: a query, but {mine}")
    return wrong, parsed


def report(number, name, wrong, note):
    print(f"{'not ok' if wrong else 'ok'} {number} - {name} ({note})")
    for line in wrong[:40]:
        print("# " + line)


def main():
    program, source, jars, functions = sys.argv[1:5]
    java = ["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join(glob.glob(jars + "/*.jar")), source]
    corpus = [t for t in dict.fromkeys(itertools.chain(texts(5000), statements())) if "\0" not in t]
    ours, spark = run([program], corpus), run(java, corpus)
    print("1..4")
    wrong, odd = compare_tokens(corpus, ours, spark)
    report(1, "tokens begin and end where Spark's do", wrong, f"{len(corpus)} texts, {odd} with something odd, {len(wrong)} differ")
    bad, parsed = compare_classes(corpus, ours, spark)
    report(2, "reads are queries, commands are no reads", bad, f"{parsed} parsed by Spark, {len(bad)} differ")
    queries = Queries(11)
    corpus = list(dict.fromkeys(queries.statement() for _ in range(5000)))
    missing, note = compare_relations(corpus, run([program], corpus), run(java, corpus))
    report(3, "every relation is found, or the set is said to be open", missing, note)
    unknown, note = compare_functions(java, known_functions(functions))
    report(4, "functions of Spark have their class", unknown, note)
    return 1 if wrong or bad or missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
