#include "answer.h"

#include "core/json.h"
#include "core/sea_codec.h"

static const char *const ID_PATH[] = {"statement_id", NULL};
static const char *const STATE_PATH[] = {"status", "state", NULL};
static const char *const RESULT_PATH[] = {"result", NULL};

static enum answer_kind kind_of_success(const struct sea_answer *s) {
    const struct sea_manifest *m = &s->manifest;
    if (!s->has_manifest || m->total_rows < 0 || m->is_volume_operation) return ANSWER_PARTIAL;
    if (s->result.n_links) return ANSWER_EXTERNAL;
    if (m->total_chunks > 1 || s->result.next_index >= 0) return ANSWER_PARTIAL;
    if (m->total_rows == 0) return ANSWER_COMPLETE;
    if (sv_is_null(s->result.data_array) && sv_is_null(s->result.attachment)) return ANSWER_PARTIAL;
    return s->result.chunk.row_count == m->total_rows ? ANSWER_COMPLETE : ANSWER_PARTIAL;
}

static enum answer_kind kind_of(const struct sea_answer *s) {
    switch (s->state) {
    case SEA_SUCCEEDED: return kind_of_success(s);
    case SEA_PENDING:
    case SEA_RUNNING: return ANSWER_RUNNING;
    case SEA_CLOSED: return s->has_manifest ? kind_of_success(s) : ANSWER_FAILED;
    case SEA_FAILED:
    case SEA_CANCELED: return ANSWER_FAILED;
    default: return ANSWER_UNREADABLE;
    }
}

/* All links of the result, each once and in order. */
static bool has_all_links(const struct sea_answer *s) {
    int64_t rows = 0;
    if (s->result.n_links > ENTRY_MAX_BLOBS || s->manifest.total_chunks != s->result.n_links) return false;
    for (int i = 0; i < s->result.n_links; i++) {
        const struct sea_chunk_info *c = &s->result.links[i].chunk;
        if (c->index != i || c->row_offset != rows || c->row_count < 0) return false;
        rows += c->row_count;
    }
    return rows == s->manifest.total_rows;
}

struct answer answer_look(struct sv body, struct arena *a) {
    struct sea_answer s;
    struct err e = ERR_INIT;
    if (sea_answer_parse(body, a, &s, &e)) return (struct answer){.kind = ANSWER_UNREADABLE};
    enum answer_kind kind = kind_of(&s);
    bool linked = kind == ANSWER_EXTERNAL && has_all_links(&s);
    return (struct answer){
        .kind = kind,
        .n_links = linked ? s.result.n_links : 0,
        .links = linked ? s.result.links : NULL,
        .id = s.statement_id[0] ? sv_of(s.statement_id) : SV_NULL,
        .closed = s.state == SEA_CLOSED,
    };
}

static bool slice(struct sv body, const char *const *path, struct sv *out) {
    struct err e = ERR_INIT;
    bool found = false;
    return json_slice(body, path, out, &found, &e) == RC_OK && found;
}

static struct entry *make_entry(struct sv body, struct sv blobs) {
    struct sv id, result = SV_NULL;
    if (!slice(body, ID_PATH, &id)) return NULL;
    slice(body, RESULT_PATH, &result);
    struct entry *e = entry_new(body, blobs);
    if (!e) return NULL;
    e->id_at = (size_t)(id.ptr - body.ptr);
    e->id_len = id.len;
    if (result.ptr) e->result_at = (size_t)(result.ptr - body.ptr);
    e->result_len = result.len;
    return e;
}

/* A direct result is closed upstream, but a hit can be polled and closed like any statement: it is told as SUCCEEDED.
 */
static struct entry *make_reopened(struct sv body, struct sv blobs) {
    struct sv state;
    struct buf text;
    struct err e = ERR_INIT;
    struct entry *entry = NULL;
    if (!slice(body, STATE_PATH, &state)) return NULL;
    buf_init(&text, body.len + 16);
    const char *after = state.ptr + state.len;
    if (buf_add(&text, body.ptr, (size_t)(state.ptr - body.ptr), &e) == RC_OK &&
        buf_adds(&text, "\"SUCCEEDED\"", &e) == RC_OK &&
        buf_add(&text, after, (size_t)(body.ptr + body.len - after), &e) == RC_OK)
        entry = make_entry(buf_sv(&text), blobs);
    buf_fini(&text);
    return entry;
}

struct entry *answer_to_entry(struct sv body, struct sv blobs, const struct answer *a) {
    return a->closed ? make_reopened(body, blobs) : make_entry(body, blobs);
}
