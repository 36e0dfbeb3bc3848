#include "tls.h"

#include <openssl/err.h>
#include <string.h>

static enum rc fail(const struct config_listen *l, const char *key, const char *file, struct err *e) {
    unsigned long code = ERR_peek_last_error();
    const char *why = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return err_set(e, ERR_CONFIG_BAD, "[listen.%s] %s %s: %s", l->name, key, file, why ? why : "cannot be used");
}

/* Clients offer what they speak; we speak HTTP/1.1. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *arg) {
    static const unsigned char OURS[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, OURS, sizeof OURS - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A key with a passphrase would make OpenSSL ask on the terminal. */
static int no_passphrase(char *buf, int size, int for_writing, void *arg) {
    (void)buf;
    (void)size;
    (void)for_writing;
    (void)arg;
    return -1;
}

static enum rc load_files(SSL_CTX *ctx, const struct config_listen *l, struct err *e) {
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, l->tls_cert) != 1) return fail(l, "tls_cert", l->tls_cert, e);
    if (SSL_CTX_use_PrivateKey_file(ctx, l->tls_key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return fail(l, "tls_key", l->tls_key, e);
    if (!*l->tls_client_ca) return RC_OK;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(l->tls_client_ca);
    if (!names || SSL_CTX_load_verify_locations(ctx, l->tls_client_ca, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail(l, "tls_client_ca", l->tls_client_ca, e);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return RC_OK;
}

static bool set_up(SSL_CTX *ctx, const struct config_listen *l) {
    size_t len = strlen(l->name);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* idle connections give their buffers back */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets only: nothing to keep per client */
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM") == 1 &&
           SSL_CTX_set_session_id_context(ctx, (const unsigned char *)l->name,
                                          (unsigned)(len < SSL_MAX_SID_CTX_LENGTH ? len : SSL_MAX_SID_CTX_LENGTH)) == 1;
}

enum rc tls_of_listen(const struct config_listen *l, SSL_CTX **out, struct err *e) {
    *out = NULL;
    if (!*l->tls_cert) return RC_OK;
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) return err_nomem(e);
    if (!set_up(ctx, l)) fail(l, "TLS", "", e);
    else if (load_files(ctx, l, e) == RC_OK) {
        *out = ctx;
        return RC_OK;
    }
    SSL_CTX_free(ctx);
    return RC_ERR;
}
