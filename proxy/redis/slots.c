#include "slots.h"

/* CRC-16/XMODEM, as the specification of Redis Cluster says. */
static uint16_t crc16(struct sv v) {
    uint16_t crc = 0;
    for (size_t i = 0; i < v.len; i++) {
        crc ^= (uint16_t)((uint8_t)v.ptr[i] << 8);
        for (int b = 0; b < 8; b++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

unsigned slots_of(struct sv key) {
    struct sv before, rest, tag, after;
    if (sv_cut(key, '{', &before, &rest) && sv_cut(rest, '}', &tag, &after) && tag.len) key = tag;
    return crc16(key) % SLOTS;
}

static bool set_host(struct slots_node *n, struct sv host, long long port) {
    if (host.len >= sizeof n->host || port < 1 || port > 65535 || (host.len && memchr(host.ptr, '\0', host.len)))
        return false;
    if (host.len) memcpy(n->host, host.ptr, host.len);
    n->host[host.len] = '\0';
    if (sv_eq(host, SV_LIT("?"))) n->host[0] = '\0'; /* its own name is unknown to the node */
    n->port = (int)port;
    return true;
}

/* The index of the node in the map, entered if it is new; -1 = no room. */
static int enter(struct slots_map *m, const struct slots_node *n) {
    for (int i = 0; i < m->n_nodes; i++)
        if (m->nodes[i].port == n->port && strcmp(m->nodes[i].host, n->host) == 0) return i;
    if (m->n_nodes == SLOTS_MAX_NODES) return -1;
    m->nodes[m->n_nodes] = *n;
    return m->n_nodes++;
}

static bool read_range(const struct reply *range, struct slots_map *m) {
    const struct reply *from = reply_at(range, 0), *to = reply_at(range, 1), *master = reply_at(range, 2);
    const struct reply *host = reply_at(master, 0), *port = reply_at(master, 1);
    struct slots_node n;
    if (!from || !to || !host || !port || port->type != REPLY_INTEGER || from->type != REPLY_INTEGER ||
        to->type != REPLY_INTEGER || from->integer < 0 || to->integer >= SLOTS || from->integer > to->integer ||
        !set_host(&n, reply_text(host), port->integer))
        return false;
    int at = enter(m, &n);
    for (long long s = from->integer; s <= to->integer; s++) {
        m->n_slots += (m->owner[s] < 0) - (at < 0 && m->owner[s] < 0);
        m->owner[s] = (int16_t)at;
    }
    return true;
}

bool slots_read(const struct reply *r, struct slots_map *out) {
    out->n_nodes = out->n_slots = 0;
    for (int s = 0; s < SLOTS; s++) out->owner[s] = -1;
    if (!r || r->type != REPLY_ARRAY) return false;
    for (size_t i = 0; i < r->n; i++)
        if (!read_range(r->element[i], out)) return false;
    return true;
}

enum slots_redirect slots_redirect(const struct reply *r, unsigned *slot, struct slots_node *to) {
    enum slots_redirect what = reply_is_error(r, "MOVED ") ? SLOTS_MOVED
                               : reply_is_error(r, "ASK ") ? SLOTS_ASK
                                                           : SLOTS_STAY;
    struct sv word, rest, number, address;
    long long s, port;
    if (what == SLOTS_STAY || !sv_cut(reply_text(r), ' ', &word, &rest) || !sv_cut(rest, ' ', &number, &address) ||
        !sv_to_i64(number, &s) || s < 0 || s >= SLOTS)
        return SLOTS_STAY;
    size_t colon = address.len;
    while (colon > 0 && address.ptr[colon - 1] != ':') colon--; /* the last: IPv6 has others */
    if (colon == 0 || !sv_to_i64(sv_make(address.ptr + colon, address.len - colon), &port) ||
        !set_host(to, sv_make(address.ptr, colon - 1), port))
        return SLOTS_STAY;
    *slot = (unsigned)s;
    return what;
}
