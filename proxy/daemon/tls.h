/* tls: what a listener with a certificate shows and asks for: TLS 1.2 or newer, forward secrecy, HTTP/1.1. The files
 * are read once; a reload makes a new one, connections keep theirs. */
#ifndef PROXY_TLS_H
#define PROXY_TLS_H

#include <openssl/ssl.h>

#include "proxy/config/config.h"

/* *out NULL: the listener has no certificate. The caller's (SSL_CTX_free). ERR_CONFIG_BAD names file and fault. */
enum rc tls_of_listen(const struct config_listen *l, SSL_CTX **out, struct err *e) MUST_CHECK;

#endif
