"""GRANT and REVOKE on tables and views: kept for information_schema, not enforced. On anything else they do nothing."""
_SECURABLES = {"CATALOG", "SCHEMA", "DATABASE", "VOLUME", "FUNCTION", "PROCEDURE", "CONNECTION", "EXTERNAL", "METASTORE", "SHARE"}


def run(words, parameters, r):
    gives = words.take().text.upper() == "GRANT"
    privileges = _privileges(words)
    if words.word() in _SECURABLES:
        words.rest()
        return
    words.accept("TABLE") or words.accept("VIEW")
    table = r.store.table(words.name(), r.namespace)
    words.expect("TO" if gives else "FROM")
    grantee = words.string() if words.is_string() else words.rest().strip("`")
    for p in privileges:
        entry = (r.user.name, grantee, p)
        table.grants = [g for g in table.grants if g[1:] != entry[1:]] + ([entry] if gives else [])
    r.store.changed()


def _privileges(words):
    out, one = [], []
    while not words.accept("ON"):
        if words.accept(","):
            out, one = out + ["_".join(one)], []
        else:
            one.append(words.take().text.upper())
    return out + ["_".join(one)]
