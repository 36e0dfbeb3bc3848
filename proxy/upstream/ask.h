/* ask: what a request sends, in libcurl's words; good for every try of it. Bodies are the caller's. */
#ifndef PROXY_UPSTREAM_ASK_H
#define PROXY_UPSTREAM_ASK_H

#include <curl/curl.h>

#include "upstream.h"

struct ask {
    char *method, *url;
    struct curl_slist *headers;  /* wiped at the end: a token is among them */
    struct sv body, own_body;    /* as it is sent now; for the warehouse asked for */
    bool decode;
    int64_t silence_ms;
};

/* ERR_UNSUPPORTED when the link of a call leads where none should; also after a failure ask_fini() is due. */
enum rc ask_init(struct ask *a, const struct upstream_call *call, const struct config_upstream *up,
                 struct err *e) MUST_CHECK;
void ask_fini(struct ask *a);

#endif
