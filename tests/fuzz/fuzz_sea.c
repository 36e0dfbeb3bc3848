/* Answers of the statement API: whole answers, chunk answers, error bodies, and the little texts inside them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/mem.h"
#include "core/retry.h"
#include "core/sea_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A view handed out lies inside the body, or there is none. */
static void check_view(struct sv body, struct sv view) {
    if (view.ptr && (view.ptr < body.ptr || view.ptr + view.len > body.ptr + body.len)) __builtin_trap();
}

static size_t touch(const struct sea_result *r) {
    size_t n = 0;
    for (int i = 0; i < r->n_links; i++) {
        n += strlen(r->links[i].url);
        for (int k = 0; k < r->links[i].n_headers; k++)
            n += strlen(r->links[i].headers[k].name) + strlen(r->links[i].headers[k].value);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena a = ARENA_INIT;
    struct sea_answer answer;
    struct sea_result result;
    struct err e = ERR_INIT;
    struct sv body = sv_make((const char *)data, size);
    char state[6], *text = mem_strndup((const char *)data, size);
    volatile size_t sink = 0;
    if (!text) return 0;
    if (sea_answer_parse(body, &a, &answer, &e) == RC_OK) {
        check_view(body, answer.result.data_array);
        check_view(body, answer.result.attachment);
        sink += touch(&answer.result);
        for (int i = 0; i < answer.manifest.n_columns; i++) sink += strlen(answer.manifest.columns[i].name);
        if (answer.state != SEA_SUCCEEDED && sea_statement_error(&answer, &e) != RC_ERR) __builtin_trap();
    } else if (!e.text[0]) __builtin_trap();
    if (sea_result_parse(body, &a, &result, &e) == RC_OK) sink += touch(&result);
    if (sea_http_error(400, body, &e) != RC_ERR || !e.text[0]) __builtin_trap();
    sink += sea_sqlstate_find(text, state);
    sink += sea_time_parse(text) != 0;
    sink += (size_t)retry_after_parse(body, 0);
    sink += dbx_type_of_sql(body);
    mem_free(text);
    arena_fini(&a);
    return 0;
}
