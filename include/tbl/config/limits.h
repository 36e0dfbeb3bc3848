/* [limits]: what a client may cost. Columns: server.h. */
CFG(SIZE,    max_body,         "max_body",         "24MiB", "1KiB..256MiB", CF_NONE, "Bytes of one request body, also after unpacking.")
CFG(SIZE,    max_header,       "max_header",       "32KiB", "1KiB..1MiB", CF_NONE, "Bytes of the header block.")
CFG(TIME,    header_timeout_ms, "header_timeout",  "10s", "1s..5m", CF_NONE, "A request's header must be complete after this long.")
CFG(TIME,    idle_timeout_ms,  "idle_timeout",     "2m", "1s..1h", CF_NONE, "Connections without a request are closed after this long.")
CFG(TIME,    write_timeout_ms, "write_timeout",    "60s", "1s..1h", CF_NONE, "A client that takes nothing for this long is dropped.")
CFG(SIZE,    queue_high,       "queue_high",       "256KiB", "16KiB..16MiB", CF_NONE, "Bytes queued for one client above which reading upstream stops.")
