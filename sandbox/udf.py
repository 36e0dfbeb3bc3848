"""Functions of Spark that the engine lacks and SQL macros cannot express."""
from duckdb.sqltypes import VARCHAR

CODES = {c: d for d, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in letters}


def soundex(text):
    """As Spark's UTF8String.soundex: a text that does not begin with an ASCII letter stays as it is."""
    word = text.upper()
    if not ("A" <= word[:1] <= "Z"):
        return text
    out, last = word[0], CODES.get(word[0], 0)
    for c in word[1:]:
        if c in "HW":
            continue
        code = CODES.get(c, 0)
        if code and code != last:
            out += str(code)
        if len(out) == 4:
            break
        last = code
    return out.ljust(4, "0")


def register(db):
    db.create_function("soundex", soundex, [VARCHAR], VARCHAR)
