/* model: the speed of light by hand. libcurl, LZ4, nanoarrow's message reader
 * and one fixed loop put the chunks of the lineitem cassettes into the very
 * buffers that bench/fetch binds: arrays of 1,000 rows, numbers and dates
 * native, decimals and text as SQL_C_CHAR, a length per cell. No driver
 * manager, no checks, no errors but "it failed".
 *
 *   bench/model STORAGE-URL-PREFIX N-CHUNKS      e.g.
 * http://127.0.0.1:4711/chunk/lineitem_1m/ 9
 *
 * One thread downloads and decompresses, the other fills the buffers. Prints
 * the same JSON as bench/fetch. */
#include <curl/curl.h>
#include <lz4frame.h>
#include <nanoarrow/nanoarrow_ipc.h>
#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

enum { ROWSET = 1000, COLUMNS = 16, CELL = 260, SLOTS = 2, PLAIN_BYTES = 24 << 20 };

struct slot {
    char *plain;
    size_t len;
    int full;
};

struct model {
    const char *prefix;
    int n_chunks;
    struct slot slots[SLOTS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *cells[COLUMNS];
    SQLLEN *lengths[COLUMNS];
    long long rows;
    double first, start;
};

struct body {
    char *bytes;
    size_t len, cap;
};

static void fail(const char *what) {
    fprintf(stderr, "model: %s failed\n", what);
    exit(1);
}

/* ---- thread one: bytes ------------------------------------------------------------------------------------------ */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
    struct body *b = arg;
    if (b->len + n * size > b->cap) {
        b->cap = (b->len + n * size) * 2;
        if (!(b->bytes = realloc(b->bytes, b->cap))) return 0;
    }
    memcpy(b->bytes + b->len, bytes, n * size);
    b->len += n * size;
    return n * size;
}

static size_t inflate(LZ4F_dctx *ctx, const struct body *b, char *out) {
    static const LZ4F_decompressOptions_t NO_CHECKSUMS = {.skipChecksums = 1};
    size_t used = 0, made = 0;
    while (used < b->len) {
        size_t from = b->len - used, to = PLAIN_BYTES - made;
        size_t hint = LZ4F_decompress(ctx, out + made, &to, b->bytes + used, &from, &NO_CHECKSUMS);
        if (LZ4F_isError(hint) || (!from && !to)) fail("LZ4");
        used += from;
        made += to;
    }
    return made;
}

static void *produce(void *arg) {
    struct model *m = arg;
    char url[300];
    struct body body = {NULL, 0, 0};
    LZ4F_dctx *ctx;
    CURL *curl = curl_easy_init();
    if (!curl || LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION))) fail("start");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
    for (int i = 0; i < m->n_chunks; i++) {
        struct slot *s = &m->slots[i % SLOTS];
        snprintf(url, sizeof url, "%s%d", m->prefix, i);
        curl_easy_setopt(curl, CURLOPT_URL, url);
        body.len = 0;
        if (curl_easy_perform(curl)) fail("download");
        pthread_mutex_lock(&m->lock);
        while (s->full) pthread_cond_wait(&m->changed, &m->lock);
        pthread_mutex_unlock(&m->lock);
        s->len = inflate(ctx, &body, s->plain);
        pthread_mutex_lock(&m->lock);
        s->full = 1;
        pthread_cond_broadcast(&m->changed);
        pthread_mutex_unlock(&m->lock);
    }
    curl_easy_cleanup(curl);
    LZ4F_freeDecompressionContext(ctx);
    free(body.bytes);
    return NULL;
}

/* ---- thread two: cells ------------------------------------------------------------------------------------------ */

static SQLLEN put_decimal(char *out, const char *bytes) {
    long long v;
    char digits[24];
    int n = 0, at = 0;
    memcpy(&v, bytes, 8);
    if (v < 0) out[at++] = '-', v = -v;
    do digits[n++] = (char)('0' + v % 10), v /= 10;
    while (v || n < 3);
    while (n > 2) out[at++] = digits[--n];
    out[at++] = '.';
    out[at++] = digits[1];
    out[at++] = digits[0];
    out[at] = '\0';
    return at;
}

static void put_date(SQL_DATE_STRUCT *out, int32_t days) {
    unsigned z = (unsigned)(days + 719468), era = z / 146097, doe = z - era * 146097;
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
    out->year = (SQLSMALLINT)(yoe + era * 400 + (month <= 2));
    out->month = (SQLUSMALLINT)month;
    out->day = (SQLUSMALLINT)(doy - (153 * mp + 2) / 5 + 1);
}

/* Columns of lineitem: b = bigint, i = int, d = decimal, s = string, t = date.
 */

static void fill(struct model *m, const struct ArrowArrayView *v, int64_t row, int64_t n) {
    static const char kinds[COLUMNS + 1] = "bbbiddddsstttsss";
    for (int c = 0; c < COLUMNS; c++) {
        const struct ArrowArrayView *a = v->children[c];
        const char *data = a->buffer_views[1].data.as_char;
        SQLLEN *len = m->lengths[c];
        char *out = m->cells[c];
        switch (kinds[c]) {
        case 'b':
            memcpy(out, data + row * 8, (size_t)n * 8);
            for (int64_t k = 0; k < n; k++) len[k] = 8;
            break;
        case 'i':
            memcpy(out, data + row * 4, (size_t)n * 4);
            for (int64_t k = 0; k < n; k++) len[k] = 4;
            break;
        case 'd':
            for (int64_t k = 0; k < n; k++) len[k] = put_decimal(out + k * CELL, data + (row + k) * 16);
            break;
        case 't':
            for (int64_t k = 0; k < n; k++) {
                put_date((SQL_DATE_STRUCT *)(void *)out + k, ((const int32_t *)(const void *)data)[row + k]);
                len[k] = sizeof(SQL_DATE_STRUCT);
            }
            break;
        default: {
            const int32_t *at = (const int32_t *)(const void *)data;
            const char *text = a->buffer_views[2].data.as_char;
            for (int64_t k = 0; k < n; k++) {
                int32_t size = at[row + k + 1] - at[row + k];
                memcpy(out + k * CELL, text + at[row + k], (size_t)size);
                out[k * CELL + size] = '\0';
                len[k] = size;
            }
        }
        }
    }
}

static void take_batch(struct model *m, const struct ArrowArrayView *v) {
    for (int64_t row = 0; row < v->length; row += ROWSET) {
        int64_t n = v->length - row < ROWSET ? v->length - row : ROWSET;
        fill(m, v, row, n);
        if (!m->rows) m->first = now() - m->start;
        m->rows += n;
    }
}

/* One chunk: schema message, batches, end mark. */
static void consume(struct model *m, const char *bytes, size_t len) {
    struct ArrowIpcDecoder decoder;
    struct ArrowSchema schema;
    struct ArrowArrayView *view;
    int have_schema = 0;
    if (ArrowIpcDecoderInit(&decoder)) fail("Arrow");
    for (struct ArrowBufferView in = {{bytes}, (int64_t)len}; in.size_bytes > 8;) {
        if (ArrowIpcDecoderDecodeHeader(&decoder, in, NULL)) break;
        in.data.as_char += decoder.header_size_bytes;
        in.size_bytes -= decoder.header_size_bytes;
        if (!have_schema) {
            if (ArrowIpcDecoderDecodeSchema(&decoder, &schema, NULL) ||
                ArrowIpcDecoderSetSchema(&decoder, &schema, NULL))
                fail("schema");
            have_schema = 1;
            continue;
        }
        struct ArrowBufferView body = {{in.data.as_char}, decoder.body_size_bytes};
        if (ArrowIpcDecoderDecodeArrayView(&decoder, body, -1, &view, NULL)) fail("batch");
        take_batch(m, view);
        in.data.as_char += decoder.body_size_bytes;
        in.size_bytes -= decoder.body_size_bytes;
    }
    if (have_schema) ArrowSchemaRelease(&schema);
    ArrowIpcDecoderReset(&decoder);
}

int main(int argc, char **argv) {
    static struct model m = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t producer;
    if (argc < 3) fail("usage: model STORAGE-URL-PREFIX N-CHUNKS");
    m.prefix = argv[1];
    m.n_chunks = atoi(argv[2]);
    for (int i = 0; i < SLOTS; i++)
        if (!(m.slots[i].plain = malloc(PLAIN_BYTES))) fail("memory");
    for (int i = 0; i < COLUMNS; i++) {
        m.cells[i] = malloc((size_t)ROWSET * CELL);
        m.lengths[i] = malloc(ROWSET * sizeof(SQLLEN));
        if (!m.cells[i] || !m.lengths[i]) fail("memory");
    }
    m.start = now();
    if (pthread_create(&producer, NULL, produce, &m)) fail("thread");
    for (int i = 0; i < m.n_chunks; i++) {
        struct slot *s = &m.slots[i % SLOTS];
        pthread_mutex_lock(&m.lock);
        while (!s->full) pthread_cond_wait(&m.changed, &m.lock);
        pthread_mutex_unlock(&m.lock);
        consume(&m, s->plain, s->len);
        pthread_mutex_lock(&m.lock);
        s->full = 0;
        pthread_cond_broadcast(&m.changed);
        pthread_mutex_unlock(&m.lock);
    }
    double seconds = now() - m.start;
    pthread_join(producer, NULL);
    printf("{\"rows\": %lld, \"columns\": %d, \"rowset\": %d, "
           "\"first_rowset_s\": %.4f, \"seconds\": %.4f, \"rows_per_s\": %.0f, "
           "\"peak_rss_mib\": %.1f, \"cpu_s\": %.3f}\n",
           m.rows, COLUMNS, ROWSET, m.first, seconds, (double)m.rows / seconds, peak_rss_mib(),
           cpu_seconds());
    return 0;
}
