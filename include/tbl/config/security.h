/* [security]: who may read what, and for how long. Columns: server.h. */
CFG(TIME,    auth_ttl_ms,      "auth_ttl",         "60s", "0..5m", CF_NONE, "A hit needs a token that the workspace accepted this recently; 0 = asked for every hit.")
CFG(TIME,    auth_grace_ms,    "auth_grace",       "5m", "0..1h", CF_NONE, "… or this recently while the workspace cannot be reached.")
CFG(TIME,    authz_ttl_ms,     "authz_ttl",        "0", "0..30d", CF_NONE, "How long a right to read, once shown, is believed; 0 = as ttl.")
CFG(WORD,    passthrough,      "passthrough",      "listed", "deny|listed|all", CF_NONE, "Paths that are not the Statement Execution API: none, the usual ones of clients, or all pass.")
