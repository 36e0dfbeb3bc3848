/* [breaker]: when a workspace or warehouse is left alone. Columns: server.h. */
CFG(BOOL,    enabled,          "enabled",          "yes", "", CF_NONE, "no: every request is tried.")
CFG(TIME,    window_ms,        "window",           "10s", "1s..10m", CF_NONE, "Calls of this long are looked at.")
CFG(INT,     min_calls,        "min_calls",        "20", "1..100000", CF_NONE, "At least so many calls …")
CFG(PERCENT, failures,         "failures",         "50", "1..100", CF_NONE, "… of which this share failed open it.")
CFG(INT,     consecutive,      "consecutive",      "5", "1..1000", CF_NONE, "So many transport failures in a row open it too.")
CFG(TIME,    open_ms,          "open",             "5s", "100ms..10m", CF_NONE, "How long it stays open the first time; doubles each time.")
CFG(TIME,    open_max_ms,      "open_max",         "60s", "100ms..1h", CF_NONE, "… up to this.")
CFG(INT,     close_after,      "close_after",      "3", "1..100", CF_NONE, "So many probes in a row must succeed to close it.")
