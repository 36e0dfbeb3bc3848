/* What dbxproxy_requests_total is broken down by, once: the labels class= and outcome=.
 *
 *   REQUEST_CLASS(id, "word")           in the order of enum sqlclass, after "other" for what is no statement
 *   REQUEST_OUTCOME(id, "word", "meaning")
 *
 * Define the one that is wanted; the other is empty then. */
#ifndef REQUEST_CLASS
#define REQUEST_CLASS(id, word)
#endif
#ifndef REQUEST_OUTCOME
#define REQUEST_OUTCOME(id, word, meaning)
#endif
REQUEST_CLASS(REQUEST_OTHER,   "other")
REQUEST_CLASS(REQUEST_READ,    "read")
REQUEST_CLASS(REQUEST_META,    "meta")
REQUEST_CLASS(REQUEST_PROBE,   "probe")
REQUEST_CLASS(REQUEST_WRITE,   "write")
REQUEST_CLASS(REQUEST_AUTHZ,   "authz")
REQUEST_CLASS(REQUEST_SESSION, "session")
REQUEST_CLASS(REQUEST_FILE,    "file")
REQUEST_CLASS(REQUEST_CODE,    "code")
REQUEST_CLASS(REQUEST_MULTI,   "multi")
REQUEST_OUTCOME(REQUEST_PASS,    "pass",    "no statement, or about one that is not ours: passed on")
REQUEST_OUTCOME(REQUEST_HIT,     "hit",     "answered with a fresh result that was kept")
REQUEST_OUTCOME(REQUEST_STALE,   "stale",   "answered with a result past its life, within the configured window")
REQUEST_OUTCOME(REQUEST_MISS,    "miss",    "cacheable, and run upstream")
REQUEST_OUTCOME(REQUEST_JOINED,  "joined",  "cacheable, and answered by a run that another request had begun")
REQUEST_OUTCOME(REQUEST_BYPASS,  "bypass",  "a statement that has no place in the cache")
REQUEST_OUTCOME(REQUEST_REFUSED, "refused", "answered by the proxy itself with a refusal")
REQUEST_OUTCOME(REQUEST_ERROR,   "error",   "no whole answer came, or none could be given")
#undef REQUEST_CLASS
#undef REQUEST_OUTCOME
