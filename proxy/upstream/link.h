/* link: where links of the upstream's answers may lead. They are somebody else's words, and must not lead us into places
 * that only we can reach. */
#ifndef PROXY_UPSTREAM_LINK_H
#define PROXY_UPSTREAM_LINK_H

#include <stdbool.h>
#include <sys/socket.h>

#include "core/err.h"
#include "proxy/config/config.h"

/* https, and a host that is known as storage or listed in link_hosts. ERR_UNSUPPORTED otherwise. */
enum rc link_check(const struct config_upstream *up, const char *link, struct err *e) MUST_CHECK;

/* What a name leads to is asked again, when connecting: only addresses of the public internet. */
bool link_address_is_public(int family, const struct sockaddr *a);

#endif
