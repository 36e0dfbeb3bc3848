#include "rowstore.h"

#include "core/mem.h"
#include "spill.h"

enum { PIECE_BYTES = 256 * 1024, LOADED_BYTES = 4 * 1024 * 1024 };

struct block {
    int64_t first, n;           /* rows [first, first + n) of the cursor */
    struct batch *batch;        /* NULL = on disk only */
    struct spill_place place;
};

struct rowstore {
    struct rowstore_in in;
    size_t held;                /* bytes of batches that stay in memory */
    struct spill *spill;        /* NULL = none needed yet */
    int64_t rows;
    struct block *blocks;       /* by first row, without gaps */
    size_t n_blocks, cap_blocks;
    size_t *loaded;             /* blocks read back from disk, the oldest first */
    size_t n_loaded, cap_loaded, loaded_bytes;
};

enum rc rowstore_new(struct rowstore **out, const struct rowstore_in *in, struct err *e) {
    *out = mem_zalloc(sizeof **out);
    if (!*out) return err_nomem(e);
    (*out)->in = *in;
    return RC_OK;
}

void rowstore_free(struct rowstore **s) {
    if (!*s) return;
    for (size_t i = 0; i < (*s)->n_blocks; i++) batch_free(&(*s)->blocks[i].batch);
    spill_free(&(*s)->spill);
    mem_free((*s)->blocks);
    mem_free((*s)->loaded);
    mem_free(*s);
    *s = NULL;
}

int64_t rowstore_rows(const struct rowstore *s) { return s->rows; }

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static struct block *next_block(struct rowstore *s, struct err *e) {
    if (s->n_blocks == s->cap_blocks) {
        size_t cap = s->cap_blocks ? s->cap_blocks * 2 : 16;
        struct block *grown = mem_realloc(s->blocks, cap * sizeof *grown);
        if (!grown) return (void)err_nomem(e), NULL;
        s->blocks = grown;
        s->cap_blocks = cap;
    }
    return &s->blocks[s->n_blocks];
}

static void append(struct rowstore *s, struct block *b, int64_t n) {
    b->first = s->rows;
    b->n = n;
    s->rows += n;
    s->n_blocks++;
}

static enum rc keep(struct rowstore *s, struct batch **b, struct err *e) {
    struct block *block = next_block(s, e);
    if (!block) return RC_ERR;
    *block = (struct block){ .batch = *b };
    append(s, block, (*b)->n_rows);
    s->held += (*b)->bytes;
    *b = NULL;
    return RC_OK;
}

static enum rc put_away(struct rowstore *s, const struct batch *b, struct err *e) {
    if (!s->spill && spill_new(&s->spill, s->in.folder, e)) return RC_ERR;
    int64_t pieces = (int64_t)(b->bytes / PIECE_BYTES) + 1, step = (b->n_rows + pieces - 1) / pieces;
    for (int64_t row = 0; row < b->n_rows; row += step) {
        int64_t n = step < b->n_rows - row ? step : b->n_rows - row;
        struct block *block = next_block(s, e);
        if (!block) return RC_ERR;
        *block = (struct block){ .batch = NULL };
        if (spill_put(s->spill, b, row, n, &block->place, e)) return RC_ERR;
        append(s, block, n);
    }
    return RC_OK;
}

/* Once rows went to disk the later ones follow them: the budget is for the beginning, which is read most often. */
enum rc rowstore_add(struct rowstore *s, struct batch **b, struct err *e) {
    bool fits = !s->spill && s->held + (*b)->bytes <= s->in.max_bytes;
    enum rc rc = fits ? keep(s, b, e) : put_away(s, *b, e);
    batch_free(b);
    return rc;
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

static size_t block_of(const struct rowstore *s, int64_t row) {
    size_t low = 0, high = s->n_blocks;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->blocks[middle].first <= row) low = middle;
        else high = middle;
    }
    return low;
}

static enum rc load(struct rowstore *s, size_t index, struct err *e) {
    struct block *block = &s->blocks[index];
    if (s->n_loaded == s->cap_loaded) {
        size_t cap = s->cap_loaded ? s->cap_loaded * 2 : 16;
        size_t *grown = mem_realloc(s->loaded, cap * sizeof *grown);
        if (!grown) return err_nomem(e);
        s->loaded = grown;
        s->cap_loaded = cap;
    }
    if (spill_get(s->spill, &block->place, &block->batch, e)) return RC_ERR;
    s->loaded[s->n_loaded++] = index;
    s->loaded_bytes += block->place.bytes;
    return RC_OK;
}

enum rc rowstore_find(struct rowstore *s, int64_t row, struct batch **b_r, int64_t *row_r, struct err *e) {
    if (row < 0 || row >= s->rows) return err_set(e, ERR_INTERNAL, "row %lld was not kept", (long long)row);
    size_t index = block_of(s, row);
    if (!s->blocks[index].batch && load(s, index, e)) return RC_ERR;
    *b_r = s->blocks[index].batch;
    *row_r = row - s->blocks[index].first;
    return RC_OK;
}

void rowstore_trim(struct rowstore *s) {
    size_t gone = 0;
    while (s->loaded_bytes > LOADED_BYTES && gone + 1 < s->n_loaded) {
        struct block *block = &s->blocks[s->loaded[gone++]];
        s->loaded_bytes -= block->place.bytes;
        batch_free(&block->batch);
    }
    if (gone == 0) return;
    s->n_loaded -= gone;
    for (size_t i = 0; i < s->n_loaded; i++) s->loaded[i] = s->loaded[i + gone];
}
