/* [retry]: repeating what is known to be harmless. Columns: server.h. */
CFG(INT,     max,              "max",              "2", "0..10", CF_NONE, "Repetitions of one request.")
CFG(PERCENT, budget,           "budget",           "20", "0..100", CF_NONE, "Repetitions of all, as share of requests …")
CFG(INT,     budget_floor,     "budget_floor",     "10", "0..10000", CF_NONE, "… and so many per second in any case.")
CFG(TIME,    base_ms,          "base",             "100ms", "1ms..1m", CF_NONE, "First wait; doubles, with full jitter.")
CFG(TIME,    cap_ms,           "cap",              "5s", "1ms..5m", CF_NONE, "Longest wait.")
CFG(TIME,    retry_after_max_ms, "retry_after_max", "60s", "0..10m", CF_NONE, "Retry-After is obeyed up to this; beyond, the answer is passed on.")
