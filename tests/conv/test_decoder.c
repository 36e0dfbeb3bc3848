/* Chunks into batches: every Arrow type (streams made by pyarrow, see arrow/make.py), JSON_ARRAY text, and what goes
 * wrong. */
#include "tests/unit/test.h"

#include <lz4frame.h>
#include <stdlib.h>

#include "core/dec.h"
#include "core/dtime.h"
#include "core/mem.h"
#include "core/utf.h"
#include "driver/convert/convert.h"
#include "driver/result/block.h"
#include "driver/result/usual.h"

enum { MAX_COLUMNS = 16, CELL = 1024 };

static char *copy_of(const char *bytes, size_t len) {
    char *copy = mem_alloc(len);
    assert_non_null(copy);
    if (len) memcpy(copy, bytes, len);
    return copy;
}

static char *slurp(const char *name, const char *suffix, size_t *len) {
    char path[1024], *bytes = mem_alloc(1 << 20);
    const char *src = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/conv/arrow/%s%s", src ? src : ".", name, suffix);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    *len = fread(bytes, 1, (1 << 20) - 1, f);
    bytes[*len] = '\0';
    fclose(f);
    return bytes;
}

/* ---- a manifest out of SQL types divided by " | " ---------------------------------------------------------------- */

struct result {
    struct sea_manifest manifest;
    struct sea_column sea[MAX_COLUMNS];
    struct column columns[MAX_COLUMNS];
    char text[MAX_COLUMNS][64];
    struct buf seen;            /* cells as CHAR, rows ended by newlines */
    struct err e;
};

static void open_result(struct result *r, const char *types, enum sea_format format) {
    memset(r, 0, sizeof *r);
    buf_init(&r->seen, 1 << 24);
    r->manifest = (struct sea_manifest){.format = format, .columns = r->sea};
    for (const char *p = types; p && *p;) {
        int i = r->manifest.n_columns++;
        const char *bar = strstr(p, " | "), *end = strchr(p, '\n');
        if (bar && end && bar > end) bar = NULL;
        snprintf(r->text[i], sizeof r->text[i], "%.*s", bar ? (int)(bar - p) : (int)strcspn(p, "\n"), p);
        r->sea[i] = (struct sea_column){"c", dbx_type_of_sql(sv_of(r->text[i])), r->text[i], 0, 0, ""};
        if (r->sea[i].type == DBX_DECIMAL)
            sscanf(r->text[i], "DECIMAL(%d,%d)", &r->sea[i].precision, &r->sea[i].scale);
        r->columns[i].sea = r->sea[i];
        p = bar ? bar + 3 : NULL;
    }
}

static void add_cell(struct result *r, int i, const struct col_view *v, int64_t row) {
    static char data[CELL * 4];
    SQLLEN ind;
    uint8_t issue = CONV_OK;
    struct conv_job job = {.column = &r->columns[i], .c_type = SQL_C_CHAR, .data = data, .capacity = sizeof data,
                           .octet_length = (char *)&ind, .indicator = (char *)&ind};
    conv_find(v->phys, job.column, SQL_C_CHAR)(&job, v, row, 1, &issue);
    assert_int_equal(issue, CONV_OK);
    if (i) assert_ok(buf_adds(&r->seen, " | ", &r->e), r->e);
    assert_ok(buf_adds(&r->seen, ind == SQL_NULL_DATA ? "NULL" : data, &r->e), r->e);
}

static enum rc drain(struct result *r, struct decoder *d) {
    struct batch *b;
    for (;;) {
        if (decoder_next(d, &b, &r->e) != RC_OK) return RC_ERR;
        if (!b) return RC_OK;
        assert_true(b->n_rows > 0);
        assert_true(b->bytes > 0);
        for (int64_t row = 0; row < b->n_rows; row++) {
            for (int i = 0; i < b->n_cols; i++) add_cell(r, i, &b->cols[i], row);
            assert_ok(buf_addc(&r->seen, '\n', &r->e), r->e);
        }
        batch_free(&b);
    }
}

static enum rc decode(struct result *r, const char *bytes, size_t len, int64_t rows, size_t max_bytes) {
    struct decoder_in in = {.manifest = &r->manifest, .chunk_index = 7, .row_count = rows, .max_bytes = max_bytes};
    struct decoder *d = NULL;
    err_clear(&r->e);
    enum rc rc = decoder_new(&d, &in, block_of(copy_of(bytes, len), len), &r->e);
    if (rc == RC_OK) rc = decoder_columns(d, r->columns, &r->e);
    if (rc == RC_OK) rc = drain(r, d);
    decoder_free(&d);
    return rc;
}

static enum rc decode_json(struct result *r, const char *types, const char *text, int64_t rows) {
    open_result(r, types, SEA_JSON_ARRAY);
    return decode(r, text, strlen(text), rows, 0);
}

#define assert_seen(r, want) do { \
        assert_string_equal((r).seen.ptr ? (r).seen.ptr : "", want); \
        buf_fini(&(r).seen); } while (0)
#define assert_corrupt(call, r, code, words) do { \
        assert_err(call, (r).e, code); \
        if (!strstr((r).e.text, words)) fail_msg("\"%s\" does not say \"%s\"", (r).e.text, words); \
        buf_fini(&(r).seen); } while (0)

/* ---- Arrow ------------------------------------------------------------------------------------------------------- */

static void check_stream(const char *name) {
    size_t len, text_len;
    struct result r;
    char *bytes = slurp(name, ".arrow", &len), *text = slurp(name, ".txt", &text_len);
    open_result(&r, text, SEA_ARROW_STREAM);
    assert_ok(decode(&r, bytes, len, -1, 0), r.e);
    assert_seen(r, strchr(text, '\n') + 1);
    mem_free(bytes);
    mem_free(text);
}

static void every_arrow_type_becomes_the_text_it_should(void **state) {
    static const char *const NAMES[] = {"integers", "units", "decimals", "texts", "dictionaries", "nested", "unknown",
                                        "void",
                                        "body_lz4", "body_zstd"};
    UNUSED(state);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) check_stream(NAMES[i]);
}

static void a_stream_cut_anywhere_across_chunks_is_read_as_one(void **state) {
    size_t len, text_len;
    char *bytes = slurp("texts", ".arrow", &len), *text = slurp("texts", ".txt", &text_len);
    UNUSED(state);
    for (size_t cut = 0; cut <= len; cut += cut < 700 ? 1 : 37) {
        struct result r;
        struct decoder *d;
        open_result(&r, text, SEA_ARROW_STREAM);
        struct decoder_in in = {.manifest = &r.manifest, .row_count = 1, .more = true, .stitched = true};
        struct decoder_in last = {.manifest = &r.manifest, .chunk_index = 1, .row_count = 3};
        assert_ok(decoder_new(&d, &in, block_of(copy_of(bytes, cut), cut), &r.e), r.e);
        assert_ok(drain(&r, d), r.e);
        assert_ok(decoder_feed(d, &last, block_of(copy_of(bytes + cut, len - cut), len - cut), &r.e), r.e);
        assert_ok(drain(&r, d), r.e);
        decoder_free(&d);
        assert_seen(r, strchr(text, '\n') + 1);
    }
    mem_free(bytes);
    mem_free(text);
}

static void chunks_that_are_streams_of_their_own_may_be_fed_too(void **state) {
    size_t len;
    struct result r;
    struct decoder *d;
    char *bytes = slurp("void", ".arrow", &len);
    UNUSED(state);
    open_result(&r, "VOID", SEA_ARROW_STREAM);
    struct decoder_in in = {.manifest = &r.manifest, .row_count = 2, .more = true, .stitched = true};
    struct decoder_in last = {.manifest = &r.manifest, .chunk_index = 1, .row_count = 2};
    assert_ok(decoder_new(&d, &in, block_of(copy_of(bytes, len), len), &r.e), r.e);
    assert_ok(drain(&r, d), r.e);
    assert_ok(decoder_feed(d, &last, block_of(copy_of(bytes, len), len), &r.e), r.e);
    assert_ok(drain(&r, d), r.e);
    decoder_free(&d);
    assert_seen(r, "NULL\nNULL\nNULL\nNULL\n");
    mem_free(bytes);
}

static void a_stream_that_ends_early_is_an_error_wherever_it_ends(void **state) {
    size_t len, text_len;
    char *bytes = slurp("texts", ".arrow", &len), *text = slurp("texts", ".txt", &text_len);
    UNUSED(state);
    for (size_t cut = 0; cut + 8 < len; cut++) {    /* the last 8 bytes say only that nothing follows */
        struct result r;
        open_result(&r, text, SEA_ARROW_STREAM);
        if (decode(&r, bytes, cut, 4, 0) == RC_OK) fail_msg("%zu of %zu bytes were enough", cut, len);
        assert_true(r.e.code == ERR_RESULT_CORRUPT || r.e.code == ERR_RESULT_SHORT);
        buf_fini(&r.seen);
    }
    mem_free(bytes);
    mem_free(text);
}

static void fewer_and_more_rows_than_promised_are_errors(void **state) {
    size_t len;
    struct result r;
    char *bytes = slurp("void", ".arrow", &len);
    UNUSED(state);
    open_result(&r, "VOID", SEA_ARROW_STREAM);
    assert_corrupt(decode(&r, bytes, len, 3, 0), r, ERR_RESULT_SHORT, "chunk 7: 2 rows arrived where 3");
    open_result(&r, "VOID", SEA_ARROW_STREAM);
    assert_corrupt(decode(&r, bytes, len, 1, 0), r, ERR_RESULT_SHORT, "more rows");
    open_result(&r, "VOID", SEA_ARROW_STREAM);
    assert_ok(decode(&r, bytes, len, 2, 0), r.e);
    assert_seen(r, "NULL\nNULL\n");
    mem_free(bytes);
    assert_corrupt(decode_json(&r, "INT", "[[\"1\"]]", 2), r, ERR_RESULT_SHORT, "1 rows arrived where 2");
    assert_corrupt(decode_json(&r, "INT", "", 1), r, ERR_RESULT_SHORT, "0 rows");
}

static void data_of_another_type_than_announced_is_refused(void **state) {
    size_t len;
    struct result r;
    char *bytes = slurp("void", ".arrow", &len);
    UNUSED(state);
    open_result(&r, "VOID | INT", SEA_ARROW_STREAM);
    assert_corrupt(decode(&r, bytes, len, -1, 0), r, ERR_RESULT_CORRUPT, "announces 2 columns, but the data has 1");
    mem_free(bytes);
    bytes = slurp("decimals", ".arrow", &len);
    open_result(&r, "DECIMAL(38,17) | DECIMAL(38,2) | DECIMAL(7,2) | DECIMAL(15,2)", SEA_ARROW_STREAM);
    assert_corrupt(decode(&r, bytes, len, -1, 0), r, ERR_RESULT_CORRUPT, "scale 17");
    open_result(&r, "DATE | DECIMAL(38,2) | DECIMAL(7,2) | DECIMAL(15,2)", SEA_ARROW_STREAM);
    assert_corrupt(decode(&r, bytes, len, -1, 0), r, ERR_RESULT_CORRUPT, "announced as DATE");
    mem_free(bytes);
}

static void csv_is_not_read(void **state) {
    struct result r;
    UNUSED(state);
    open_result(&r, "INT", SEA_CSV);
    assert_corrupt(decode(&r, "1", 1, -1, 0), r, ERR_UNSUPPORTED, "CSV");
}

/* ---- LZ4 --------------------------------------------------------------------------------------------------------- */

static size_t compress(char *out, size_t room, const char *bytes, size_t len) {
    LZ4F_preferences_t p;
    memset(&p, 0, sizeof p);
    p.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    size_t n = LZ4F_compressFrame(out, room, bytes, len, &p);
    assert_false(LZ4F_isError(n));
    return n;
}

static void lz4_frames_cut_at_any_byte_of_the_stream_are_one_stream(void **state) {
    static char packed[1 << 16];
    size_t len, text_len;
    char *bytes = slurp("integers", ".arrow", &len), *text = slurp("integers", ".txt", &text_len);
    UNUSED(state);
    for (size_t cut = 1; cut < len; cut += 13) {
        struct result r;
        size_t n = compress(packed, sizeof packed, bytes, cut);
        n += compress(packed + n, sizeof packed - n, "", 0);
        n += compress(packed + n, sizeof packed - n, bytes + cut, len - cut);
        open_result(&r, text, SEA_ARROW_STREAM);
        r.manifest.lz4 = true;
        assert_ok(decode(&r, packed, n, 3, 0), r.e);
        assert_seen(r, strchr(text, '\n') + 1);
    }
    mem_free(bytes);
    mem_free(text);
}

static void lz4_that_is_cut_or_damaged_is_an_error(void **state) {
    static char packed[1 << 16];
    size_t len, text_len;
    char *bytes = slurp("integers", ".arrow", &len), *text = slurp("integers", ".txt", &text_len);
    size_t n = compress(packed, sizeof packed, bytes, len);
    struct result r;
    UNUSED(state);
    for (size_t cut = 0; cut < n; cut++) {
        open_result(&r, text, SEA_ARROW_STREAM);
        r.manifest.lz4 = true;
        if (decode(&r, packed, cut, 3, 0) == RC_OK) fail_msg("%zu of %zu bytes were enough", cut, n);
        buf_fini(&r.seen);
    }
    packed[n / 2] ^= 1;
    open_result(&r, text, SEA_ARROW_STREAM);
    r.manifest.lz4 = true;
    assert_int_equal(decode(&r, packed, n, 3, 0), RC_ERR);
    buf_fini(&r.seen);
    open_result(&r, text, SEA_ARROW_STREAM);
    r.manifest.lz4 = true;
    assert_corrupt(decode(&r, bytes, len, 3, 0), r, ERR_RESULT_CORRUPT, "chunk 7: the LZ4 data is damaged");
    mem_free(bytes);
    mem_free(text);
}

/* A message header of 48 MiB, announced and delivered as zeros. */
static void a_bomb_ends_at_the_ceiling(void **state) {
    enum { BIG = 4 << 20 };
    char *zeros = mem_zalloc(BIG), *packed = mem_alloc(2 * BIG);
    struct result r;
    UNUSED(state);
    memset(zeros, 0xff, 4);
    zeros[7] = 3;
    size_t n = compress(packed, 2 * BIG, zeros, BIG);
    open_result(&r, "INT", SEA_ARROW_STREAM);
    r.manifest.lz4 = true;
    assert_corrupt(decode(&r, packed, n, 3, 1 << 20), r, ERR_LIMIT, "chunk 7: more than 1048576 bytes");
    mem_free(zeros);
    mem_free(packed);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void json_cells_of_every_sort_are_read(void **state) {
    struct result r;
    UNUSED(state);
    assert_ok(decode_json(&r, "INT | STRING | TIMESTAMP",
                          " [ [ \"1\" , \"a\\u00e9\\n\\ud83d\\ude00\\/\\\"\", \"2021-01-01T10:00:00.000-08:00\" ] ,\n"
                          "[null,null,null],[3,true,\"2021-06-15T00:00:00.5Z\"] ] ", 3), r.e);
    assert_seen(r, "1 | aé\n😀/\" | 2021-01-01 10:00:00\nNULL | NULL | NULL\n3 | true | 2021-06-15 00:00:00.5\n");
    assert_ok(decode_json(&r, "INT", "[]", 0), r.e);
    assert_ok(decode_json(&r, "INT", "", 0), r.e);
    assert_ok(decode_json(&r, "INT", " null ", -1), r.e);
    assert_ok(decode_json(&r, "BINARY", "[[\"AQID\"],[\"010203\"],[\"\"]]", 3), r.e);
    assert_seen(r, "010203\n010203\n\n");
}

static void a_bad_cell_names_chunk_row_and_column(void **state) {
    static const struct { const char *type, *cell; } BAD[] = {
        {"INT", "x"}, {"INT", ""}, {"INT", "2147483648"}, {"TINYINT", "128"}, {"BIGINT",
                                                                               "9223372036854775808"}, {"INT", "1.0"},
        {"BOOLEAN", "yes"}, {"DOUBLE", "1e999"}, {"DOUBLE", "0x1"}, {"FLOAT", "1e39"}, {"DECIMAL(5,2)", "1000.00"},
        {"DECIMAL(5,2)", "1.001"}, {"DECIMAL(5,2)", "NaN"}, {"DATE", "2021-02-30"}, {"DATE", "2021-06-15 00:00:00"},
        {"TIMESTAMP", "2021-06-15T25:00:00"}, {"TIMESTAMP", "2021-06-15T00:00:00.0000001"}, {"TIMESTAMP", "now"},
        {"TIMESTAMP_NTZ", ""}, {"BINARY", "AQI"}, {"BINARY", "!!!!"}, {"INTERVAL YEAR TO MONTH", "1-12"},
        {"INTERVAL DAY TO SECOND", "1 24:00:00"}, {"INTERVAL DAY", "x"}, {"TIME", "24:00:00"}, {"VOID", "1"},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct result r;
        char text[256];
        snprintf(text, sizeof text, "[[null],[\"%s\"]]", BAD[i].cell);
        if (decode_json(&r, BAD[i].type, text, -1) == RC_OK) fail_msg("%s took \"%s\"", BAD[i].type, BAD[i].cell);
        assert_int_equal(r.e.code, ERR_RESULT_CORRUPT);
        assert_non_null(strstr(r.e.text, "chunk 7: row 2, column \"c\": "));
        buf_fini(&r.seen);
    }
}

static void json_that_is_not_rows_of_cells_is_refused(void **state) {
    static const char *const BAD[] = {
        "[", "[[", "[[\"1\"", "[[\"1\"]", "[[\"1\",]]", "[[]]", "[[\"1\",\"2\"]]", "[[\"1\"],]", "[[\"1\"]] x", "{}", "[\"1\"]",
        "[[\"1\"][\"2\"]]", "[[nul]]", "[[{}]]", "[[[1]]]", "[[\"1]]", "[[\"\\x\"]]", "[[\"a\nb\"]]", "nullx", "[[\"\\u12\"]]",
        "[[,]]", "[[\"\xff\"]]", "\"\"",
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct result r;
        if (decode_json(&r, "STRING", BAD[i], -1) == RC_OK) fail_msg("taken: %s", BAD[i]);
        if (r.e.code != ERR_RESULT_CORRUPT) fail_msg("%s: %s", BAD[i], r.e.text);
        buf_fini(&r.seen);
    }
}

static void long_json_comes_in_bounded_batches_and_loses_no_row(void **state) {
    enum { ROWS = 20000 };
    struct sea_column sea = {"c", DBX_INT, "INT", 0, 0, ""};
    struct sea_manifest m = {.format = SEA_JSON_ARRAY, .n_columns = 1, .columns = &sea};
    struct decoder_in in = {.manifest = &m, .row_count = ROWS};
    struct buf text;
    struct batch *b;
    struct decoder *d;
    struct err e;
    int64_t seen = 0;
    UNUSED(state);
    buf_init(&text, 1 << 20);
    for (int i = 0; i < ROWS; i++) assert_ok(buf_addf(&text, &e, "%s[\"%d\"]", i ? "," : "[", i), e);
    assert_ok(buf_addc(&text, ']', &e), e);
    size_t len = text.len;
    assert_ok(decoder_new(&d, &in, block_of(buf_take(&text), len), &e), e);
    for (;;) {
        assert_ok(decoder_next(d, &b, &e), e);
        if (!b) break;
        assert_true(b->n_rows <= 4096);
        for (int64_t i = 0; i < b->n_rows; i++) assert_int_equal(((const int32_t *)b->cols[0].data)[i], seen + i);
        seen += b->n_rows;
        batch_free(&b);
    }
    assert_int_equal(seen, ROWS);
    decoder_free(&d);
}

/* ---- JSON in pieces ---- */

static const char PIECES_TYPES[] = "INT | STRING | BOOLEAN";
static const char PIECES_TEXT[] = " [ [\"1\", \"a\\u00e9\\\"\xc3\xa9\\n]\", \"true\"] ,[null,null,null],[-23,\"\",false],"
                                  "[\"4\",\"[\\\\\",\"true\"]]\n";
static const char PIECES_SEEN[] = "1 | a\xc3\xa9\"\xc3\xa9\n] | 1\nNULL | NULL | NULL\n-23 |  | 0\n4 | [\\ | 1\n";

/* Feeds from[0 … len) as pieces of n bytes each, all but the last of everything with more to come. */
static enum rc feed_pieces(struct result *r, struct decoder **d, struct decoder_in *in, const char *from, size_t len,
                           size_t n, bool is_last) {
    for (size_t at = 0; at < len; at += n, in->row_count = 0) {
        size_t take = len - at < n ? len - at : n;
        struct block *piece = block_of(copy_of(from + at, take), take);
        in->more = !is_last || at + n < len;
        if ((*d ? decoder_feed(*d, in, piece, &r->e) : decoder_new(d, in, piece, &r->e)) != RC_OK) return RC_ERR;
        if (drain(r, *d) != RC_OK) return RC_ERR;
    }
    return RC_OK;
}

static void json_in_pieces_of_any_size_is_the_same_rows(void **state) {
    UNUSED(state);
    for (size_t n = 1; n <= sizeof PIECES_TEXT; n++) {
        struct result r;
        struct decoder *d = NULL;
        open_result(&r, PIECES_TYPES, SEA_JSON_ARRAY);
        struct decoder_in in = {.manifest = &r.manifest, .row_count = 4};
        assert_ok(feed_pieces(&r, &d, &in, PIECES_TEXT, sizeof PIECES_TEXT - 1, n, true), r.e);
        decoder_free(&d);
        assert_seen(r, PIECES_SEEN);
    }
}

static void json_chunks_in_pieces_follow_one_another(void **state) {
    UNUSED(state);
    for (size_t n = 1; n < 40; n++) {
        struct result r;
        struct decoder *d = NULL;
        open_result(&r, "INT", SEA_JSON_ARRAY);
        struct decoder_in in = {.manifest = &r.manifest, .row_count = 2};
        assert_ok(feed_pieces(&r, &d, &in, "[[\"1\"],[2]]", 11, n, false), r.e);
        in.chunk_index++, in.row_count = 0;
        assert_ok(feed_pieces(&r, &d, &in, " null ", 6, n, false), r.e);
        in.chunk_index++, in.row_count = 1;
        assert_ok(feed_pieces(&r, &d, &in, "[[\"3\"]]", 7, n, true), r.e);
        decoder_free(&d);
        assert_seen(r, "1\n2\n3\n");
    }
}

static void json_that_ends_early_is_an_error_wherever_it_ends(void **state) {
    UNUSED(state);
    for (size_t len = 2; len < sizeof PIECES_TEXT - 2; len++) {         /* from behind the blank to before the "]" */
        for (size_t n = 1; n < 30; n += 7) {
            struct result r;
            struct decoder *d = NULL;
            open_result(&r, PIECES_TYPES, SEA_JSON_ARRAY);
            struct decoder_in in = {.manifest = &r.manifest, .row_count = -1};
            assert_corrupt(feed_pieces(&r, &d, &in, PIECES_TEXT, len, n, true), r, ERR_RESULT_CORRUPT, "chunk 0: row ");
            decoder_free(&d);
        }
    }
}

static void a_json_chunk_that_ends_early_is_told_before_the_next_is_read(void **state) {
    struct result r;
    struct decoder *d = NULL;
    UNUSED(state);
    open_result(&r, "INT", SEA_JSON_ARRAY);
    struct decoder_in in = {.manifest = &r.manifest, .row_count = 2};
    assert_ok(feed_pieces(&r, &d, &in, "[[\"1\"],[2]", 10, 4, false), r.e);
    in.chunk_index++;
    assert_corrupt(feed_pieces(&r, &d, &in, "]", 1, 1, true), r, ERR_RESULT_CORRUPT, "chunk 0: row 3: the text ends");
    decoder_free(&d);
}

/* ---- usual forms ---- */

/* What the quick readers take, the general ones take as the same value. Returns how many of the four took it. */
static int agree(struct sv text) {
    int64_t v;
    int32_t days;
    long long n;
    dec_int d;
    struct dtime_text t;
    int taken = 0;
    if (usual_int(text, &v)) taken++, assert_true(sv_to_i64(text, &n) && n == v);
    if (usual_decimal(text, 6, 2, &v)) taken++, assert_true(dec_parse(text, 6, 2, &d) && d == v);
    if (usual_date(text, &days))
        taken++, assert_true(dtime_parse(text, &t) == DTIME_DATE && dtime_days(t.t.year, t.t.month, t.t.day) == days);
    if (usual_stamp(text, &v)) {
        int64_t us = 0;
        taken++;
        assert_true(dtime_parse(text, &t) == DTIME_STAMP && dtime_to_us(&t.t, &us) && us == v);
    }
    return taken;
}

static void the_quick_readers_agree_with_the_general_ones(void **state) {
    static const char *const SEEDS[] = {"-123456789012345678", "0", "-0", "1234.56", "-0.05", "2024-02-29", "0001-01-01",
                                        "9999-12-31", "2021-06-15T12:34:56", "2021-06-15 23:59:59.123456",
                                        "2021-06-15T12:34:56.7Z", "1969-12-31 00:00:00.05+05:30"};
    static const char LETTERS[] = "0123456789-:.+TZ ";
    uint64_t seed = 1;
    UNUSED(state);
    for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++) {
        size_t len = strlen(SEEDS[i]);
        if (agree(sv_of(SEEDS[i])) == 0) fail_msg("nobody takes %s", SEEDS[i]);
        for (size_t cut = 0; cut < len; cut++) agree(sv_make(SEEDS[i], cut));
        for (int n = 0; n < 20000; n++) {
            char text[40];
            memcpy(text, SEEDS[i], len);
            for (int k = 0; k <= n % 3; k++) {
                seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
                text[(seed >> 33) % len] = LETTERS[(seed >> 50) % (sizeof LETTERS - 1)];
            }
            agree(sv_make(text, len));
        }
    }
}

/* ---- attachments ------------------------------------------------------------------------------------------------- */

static void an_attachment_is_base64_with_or_without_escaped_slashes(void **state) {
    static const struct { const char *token, *bytes; size_t len; } GOOD[] = {
        {"\"\"", "", 0}, {"\"AA==\"", "\0", 1}, {"\"AQI=\"", "\1\2", 2}, {"\"AQID\"", "\1\2\3",
                                                                          3}, {"\"\\/\\/\\/\\/\"", "\xff\xff\xff", 3},
        {"\"AQIDBA\"", "\1\2\3\4", 4},
    };
    static const char *const BAD[] = {"", "\"", "AQID", "\"A\"", "\"AQ=D\"", "\"A===\"", "\"AQID====\"", "\"AQ D\"",
                                      "\"AQI-\"", "\"\\n\""};
    struct err e;
    char *bytes;
    size_t len;
    UNUSED(state);
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_ok(attachment_decode(sv_of(GOOD[i].token), &bytes, &len, &e), e);
        assert_int_equal(len, GOOD[i].len);
        assert_memory_equal(bytes, GOOD[i].bytes, len);
        mem_free(bytes);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        if (attachment_decode(sv_of(BAD[i]), &bytes, &len, &e) == RC_OK) fail_msg("taken: %s", BAD[i]);
        assert_int_equal(e.code, ERR_RESULT_CORRUPT);
        assert_null(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_arrow_type_becomes_the_text_it_should),
        cmocka_unit_test(a_stream_cut_anywhere_across_chunks_is_read_as_one),
        cmocka_unit_test(chunks_that_are_streams_of_their_own_may_be_fed_too),
        cmocka_unit_test(a_stream_that_ends_early_is_an_error_wherever_it_ends),
        cmocka_unit_test(fewer_and_more_rows_than_promised_are_errors),
        cmocka_unit_test(data_of_another_type_than_announced_is_refused),
        cmocka_unit_test(csv_is_not_read),
        cmocka_unit_test(lz4_frames_cut_at_any_byte_of_the_stream_are_one_stream),
        cmocka_unit_test(lz4_that_is_cut_or_damaged_is_an_error),
        cmocka_unit_test(a_bomb_ends_at_the_ceiling),
        cmocka_unit_test(json_cells_of_every_sort_are_read),
        cmocka_unit_test(a_bad_cell_names_chunk_row_and_column),
        cmocka_unit_test(json_that_is_not_rows_of_cells_is_refused),
        cmocka_unit_test(long_json_comes_in_bounded_batches_and_loses_no_row),
        cmocka_unit_test(json_in_pieces_of_any_size_is_the_same_rows),
        cmocka_unit_test(json_chunks_in_pieces_follow_one_another),
        cmocka_unit_test(json_that_ends_early_is_an_error_wherever_it_ends),
        cmocka_unit_test(a_json_chunk_that_ends_early_is_told_before_the_next_is_read),
        cmocka_unit_test(the_quick_readers_agree_with_the_general_ones),
        cmocka_unit_test(an_attachment_is_base64_with_or_without_escaped_slashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
