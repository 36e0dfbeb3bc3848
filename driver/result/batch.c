#include "batch.h"

#include "base64.h"
#include "core/mem.h"

void batch_free(struct batch **b) {
    if (!b || !*b) return;
    (*b)->release(*b);
    *b = NULL;
}

enum rc attachment_decode(struct sv token, char **bytes, size_t *len, struct err *e) {
    size_t at = 0;
    *bytes = NULL;
    *len = 0;
    if (token.len < 2 || token.ptr[0] != '"' || token.ptr[token.len - 1] != '"')
        return err_set(e, ERR_RESULT_CORRUPT, "the attachment is not a JSON string");
    token = sv_make(token.ptr + 1, token.len - 2);
    *bytes = mem_alloc(token.len / 4 * 3 + 3);
    if (!*bytes) return err_nomem(e);
    if (base64_get(token, true, *bytes, len, &at)) return RC_OK;
    mem_free(*bytes);
    *bytes = NULL;
    *len = 0;
    return err_set(e, ERR_RESULT_CORRUPT, "the attachment is not base64: bad character at %zu", at);
}
