/* [listen.NAME]: one address for clients. Columns: server.h. */
CFG(TEXT,    address,          "address",          "", "", CF_REQUIRED, "host:port, [ipv6]:port, unix:PATH, or systemd:NAME for a socket that systemd passes.")
CFG(TEXT,    tenant,           "tenant",           "", "", CF_NONE, "The tenant of all requests that arrive here. Empty: chosen by Host, or the only tenant.")
CFG(TEXT,    public_url,       "public_url",       "", "", CF_NONE, "scheme://host[:port] as clients see it, for links to kept results. Empty: as the request's Host says.")
CFG(LIST,    allow_uids,       "allow_uids",       "", "", CF_NONE, "Unix socket: user ids that may connect besides root and the daemon's own; * = all. Its mode is 0666 then, else 0600.")
CFG(TEXT,    tls_cert,         "tls_cert",         "", "", CF_NONE, "PEM file with certificate and chain: TLS 1.2 or newer is spoken here.")
CFG(TEXT,    tls_key,          "tls_key",          "", "", CF_NONE, "PEM file with its key.")
CFG(TEXT,    tls_client_ca,    "tls_client_ca",    "", "", CF_NONE, "PEM file: clients must show a certificate of these authorities.")
