/* [server]: the process. The columns of this and the other tables of this folder:
 *
 *   CFG(KIND, field, "key", "default", "bounds", flags, "meaning")
 *
 * KIND      type in the struct    written as                       bounds
 * TEXT      char *, never NULL    anything                         ""
 * LIST      struct cfg_list       comma-separated words            ""
 * SECRET    char *, never NULL    file:PATH or env:NAME            ""
 * TIME      int64_t, ms           500ms 30s 15m 24h, bare: s       "smallest..largest"
 * SIZE      size_t, bytes         512KiB 64MiB 1GiB, bare: bytes   "smallest..largest"
 * INT       int                   a whole number                   "smallest..largest"
 * PERCENT   int                   20%                              "smallest..largest"
 * BOOL      bool                  yes no true false on off 1 0     ""
 * WORD      int, index in bounds  one of the words                 "first|second|…"
 *
 * flags: CF_NONE, CF_REQUIRED, CF_RESTART (a reload cannot change it: it says so and keeps the old value),
 * CF_SEMANTIC (a change makes all results kept before unusable). Structs, parser, dbxproxyd -T, docs and the check of
 * the sample come from these lists. */
CFG(LIST,    admin,            "admin",            "", "", CF_NONE, "Where /healthz, /readyz, /metrics, the status page and /admin are: unix:PATH or loopback host:port.")
CFG(SECRET,  admin_token,      "admin_token",      "", "", CF_NONE, "Bearer token that /admin asks for on TCP addresses; without it /admin is on Unix sockets only.")
CFG(LIST,    admin_uids,       "admin_uids",       "", "", CF_NONE, "User ids that may use a Unix admin socket besides root and the daemon's own.")
CFG(TEXT,    ready_file,       "ready_file",       "", "", CF_RESTART, "Written (JSON: pid, addresses) when all addresses listen.")
CFG(TIME,    idle_exit_ms,     "idle_exit",        "0", "0..7d", CF_NONE, "End after this long without a request; 0 = never.")
CFG(TIME,    drain_delay_ms,   "drain_delay",      "0", "0..10m", CF_NONE, "SIGTERM: /readyz says 503 for this long before listeners close.")
CFG(TIME,    drain_timeout_ms, "drain_timeout",    "30s", "0..10m", CF_NONE, "SIGTERM: how long requests under way may take.")
CFG(BOOL,    insecure_listen,  "insecure_listen",  "no", "", CF_NONE, "Allow plain TCP on addresses other than loopback.")
CFG(INT,     max_connections,  "max_connections",  "20000", "16..1000000", CF_NONE, "Client connections at once; the oldest idle one gives way.")
