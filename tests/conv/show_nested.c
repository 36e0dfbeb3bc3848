/* Columns of an Arrow stream (standard input) as the driver shows them: each cell its length in bytes, a colon, the text, a
 * newline; NULL is "-". For nested.py. */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "driver/convert/convert.h"
#include "driver/result/block.h"

enum { MOST_COLUMNS = 8, MOST_BYTES = 1 << 24 };

static int fail(const struct err *e) {
    fprintf(stderr, "%s\n", e->text);
    return 1;
}

static void show(const struct col_view *v, int64_t row) {
    const int32_t *at = v->offsets + v->offset + row;
    if (col_is_null(v, row)) {
        puts("-");
        return;
    }
    printf("%d:", at[1] - at[0]);
    fwrite((const char *)v->data + at[0], 1, (size_t)(at[1] - at[0]), stdout);
    putchar('\n');
}

int main(int argc, char **argv) {
    struct sea_column columns[MOST_COLUMNS];
    struct sea_manifest m = {.format = SEA_ARROW_STREAM, .columns = columns, .n_columns = argc > 1 ? atoi(argv[1]) : 1};
    struct decoder_in in = {.manifest = &m, .row_count = -1};
    struct err e = ERR_INIT;
    struct decoder *d = NULL;
    struct batch *b = NULL;
    char *bytes = mem_alloc(MOST_BYTES);
    if (!bytes || m.n_columns > MOST_COLUMNS) return 1;
    for (int i = 0; i < m.n_columns; i++)
        columns[i] = (struct sea_column){.name = "c", .type = DBX_STRUCT, .type_text = "STRUCT", .interval = ""};
    size_t len = fread(bytes, 1, MOST_BYTES, stdin);
    if (decoder_new(&d, &in, block_of(bytes, len), &e)) return fail(&e);
    for (;;) {
        if (decoder_next(d, &b, &e)) return fail(&e);
        if (!b) break;
        for (int64_t row = 0; row < b->n_rows; row++)
            for (int c = 0; c < b->n_cols; c++) {
                if (b->cols[c].phys != COL_UTF8) return 1;
                show(&b->cols[c], row);
            }
        batch_free(&b);
    }
    decoder_free(&d);
    return 0;
}
