"""What the proxy calls keepable gives the same answer twice: calls of every function in functions.tsv, and queries over tables,
each run twice on the sandbox, which keeps nothing. Output is TAP."""
import http.client
import itertools
import json
import subprocess
import sys

ARGUMENTS = ["", "1", "'a'", "1.5", "true", "NULL", "array(3, 1, 2)", "DATE'2026-01-02'", "TIMESTAMP'2026-01-02 03:04:05'", "1, 2", "'a', 'b'",
             "'abc', 2", "DATE'2026-01-02', 3", "array(1, 2), 1", "'2026-01-02', 'yyyy-MM-dd'", "1, 2, 3", "'a', 'b', 'c'", "'abc', 1, 2",
             "array(1, 2), x -> x + 1"]
QUERIES = ["SELECT {f}(x) FROM (VALUES (3), (1), (2)) AS t(x)", "SELECT {f}(x) OVER (ORDER BY x) FROM (VALUES (3), (1), (2)) AS t(x)",
           "SELECT {f}(x, 1) FROM (VALUES (3), (1), (2)) AS t(x)"]
OTHERS = ["SELECT 1", "VALUES (1), (2)", "SHOW CATALOGS", "SHOW SCHEMAS", "SHOW TABLES", "SELECT * FROM range(1000) WHERE id % 7 = 3 LIMIT 5",
          "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50) SELECT sum(n) FROM r", "DESCRIBE QUERY SELECT 1",
          "SELECT a, sum(b) FROM (VALUES (1, 2), (1, 3), (2, 4)) AS t(a, b) GROUP BY ALL ORDER BY a"]
# both run, so that a rand() that is a constant here would not hide: these must differ
MOVING = ["SELECT rand()", "SELECT uuid()", "SELECT current_timestamp()"]


class Warehouse:
    def __init__(self, ready):
        with open(ready, encoding="utf-8") as f:
            said = json.load(f)
        self.said = said
        host = said["url"].split("//", 1)[1].rstrip("/")
        self.failure = ""
        self.connection = http.client.HTTPConnection(host, timeout=30)

    def run(self, sql):
        """The bytes of the result; None when it failed, and then self.failure says how."""
        body = json.dumps({"statement": sql, "warehouse_id": self.said["warehouse_id"], "wait_timeout": "30s"})
        self.connection.request("POST", "/api/2.0/sql/statements", body,
                                {"Authorization": "Bearer " + self.said["token"], "Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        if answer.get("status", {}).get("state") != "SUCCEEDED":
            self.failure = answer["status"]["error"]["message"]
            return None
        return json.dumps([answer["manifest"]["schema"], answer["result"].get("data_array")])


def statements(functions):
    with open(functions, encoding="utf-8") as lines:
        names = [line.split("\t")[0] for line in lines if line.strip() and line[0] != "#" and line.split("\t")[1] != "K"]
    for name, query in itertools.product(names, [f"SELECT {{f}}({a})" for a in ARGUMENTS] + QUERIES):
        yield name, query.format(f=name)
    yield from ((None, sql) for sql in OTHERS)


def judge(program, corpus):
    done = subprocess.run([program], input="".join(sql + "\0" for sql in corpus).encode(), capture_output=True, check=True)
    return [line.split()[1] for line in done.stdout.decode().split("\n")[1::3]]


def main():
    program, functions, ready = sys.argv[1:4]
    warehouse = Warehouse(ready)
    corpus = list(statements(functions))
    keepable = [one for one, why in zip(corpus, judge(program, [sql for _, sql in corpus])) if why == "none"]
    ran, changed, absent = 0, [], set()
    for name, sql in keepable:
        first = None if name in absent else warehouse.run(sql)
        if first is None:
            if "UNRESOLVED_ROUTINE" in warehouse.failure:
                absent.add(name)
            continue
        ran += 1
        if warehouse.run(sql) != first:
            changed.append(sql)
    print("1..2")
    print(f"{'not ok' if changed or ran < 300 else 'ok'} 1 - what may be kept is the same twice "
          f"({len(keepable)} of {len(corpus)} may be kept, {ran} ran, "
          f"{len(changed)} changed; the sandbox lacks {len(absent)} functions)")
    for sql in changed:
        print("# " + sql)
    still = [sql for sql in MOVING if warehouse.run(sql) == warehouse.run(sql)]
    print(f"{'not ok' if still else 'ok'} 2 - the same question about what moves gets another answer")
    return 1 if changed or still or ran < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
