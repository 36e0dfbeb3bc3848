/* [log]: what is written down. Columns: server.h. */
CFG(WORD,    level,            "level",            "warning", "off|fatal|error|warning|info|debug|trace", CF_NONE, "Messages on standard error, one JSON object per line.")
CFG(TEXT,    access,           "access",           "", "", CF_NONE, "File for one JSON line per request; - = standard output. Empty: none.")
CFG(BOOL,    sql,              "log_sql",          "no", "", CF_NONE, "Add the statement to access lines, every literal replaced by ?.")
