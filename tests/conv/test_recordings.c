/* Recorded results of a real warehouse, decoded by us, against what pyarrow made of the same bytes. */
#include "tests/unit/test.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/dec.h"
#include "core/dtime.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/tz.h"
#include "driver/result/batch.h"
#include "driver/result/block.h"

static char folder[2048];

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* $DBX_RECORDINGS, then where a checkout keeps them. */
static bool find_folder(void) {
    const char *src = getenv("srcdir"), *env = getenv("DBX_RECORDINGS");
    char path[3][512] = {"", "", ""};
    if (env) snprintf(path[0], sizeof path[0], "%s", env);
    snprintf(path[1], sizeof path[1], "%s/tests/recordings", src ? src : ".");
    snprintf(path[2], sizeof path[2], "%s/../shared/recordings", src ? src : ".");
    for (int i = 0; i < 3; i++) {
        snprintf(folder, sizeof folder, "%s/bodies", path[i]);
        if (path[i][0] && is_folder(folder)) return true;
    }
    return false;
}

static char *slurp(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    char *bytes;
    long size;
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    bytes = mem_alloc((size_t)size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)size, f), size);
    bytes[size] = '\0';
    fclose(f);
    *len = (size_t)size;
    return bytes;
}

/* ---- pyarrow's type words as a manifest -------------------------------------------------------------------------- */

static const struct { const char *arrow; enum dbx_type type; const char *interval; } TYPES[] = {
    {"string", DBX_STRING, ""}, {"bool", DBX_BOOLEAN, ""}, {"int64", DBX_BIGINT, ""}, {"int32", DBX_INT, ""},
    {"month_interval", DBX_INTERVAL, "YEAR TO MONTH"}, {"duration[us]", DBX_INTERVAL, "DAY TO SECOND"},
    {"date32[day]", DBX_DATE, ""}, {"null", DBX_VOID, ""}, {"binary", DBX_BINARY, ""},
};

static void column_of(const cJSON *json, struct sea_column *out) {
    const char *arrow = cJSON_GetObjectItem(json, "arrow")->valuestring;
    *out = (struct sea_column){cJSON_GetObjectItem(json, "name")->valuestring, DBX_OTHER, "", 0, 0, ""};
    if (strncmp(arrow, "timestamp", 9) == 0) out->type = DBX_TIMESTAMP;
    if (sscanf(arrow, "decimal128(%d, %d)", &out->precision, &out->scale) == 2) out->type = DBX_DECIMAL;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strcmp(arrow, TYPES[i].arrow) != 0) continue;
        out->type = TYPES[i].type;
        out->interval = TYPES[i].interval;
    }
    assert_int_not_equal(out->type, DBX_OTHER);
}

/* ---- one cell as pyarrow's JSON would say it --------------------------------------------------------------------- */

static size_t stamp_text(char *out, int64_t us, const char *zone) {
    const struct tz *z;
    struct tz_span span = {0, 0, 0};
    struct dtime t;
    struct err e;
    assert_int_equal(tz_get(&z, sv_of(zone), &e), RC_OK);
    int64_t local = tz_local_us(z, &span, us);
    dtime_of_us(local, &t);
    size_t n = dtime_put_stamp(out, &t, 'T');
    if (t.nanos) while (n < 26) out[n++] = '0';
    int offset = (int)((local - us) / 1000000);
    return n + (size_t)sprintf(out + n, "%c%02d:%02d", offset < 0 ? '-' : '+', abs(offset) / 3600,
                               abs(offset) / 60 % 60);
}

static size_t hex_text(char *out, const struct col_view *v, int64_t i) {
    size_t n = 0;
    for (int32_t k = v->offsets[i]; k < v->offsets[i + 1]; k++)
        n += (size_t)sprintf(out + n, "%02x", ((const unsigned char *)v->data)[k]);
    return n;
}

static size_t cell_text(char *out, const struct col_view *v, const struct column *c, int64_t row) {
    int64_t i = v->offset + row;
    struct dtime t;
    switch (v->phys) {
    case COL_BOOL: return (size_t)sprintf(out, "%s",
                                          ((const uint8_t *)v->data)[i >> 3] >> (i & 7) & 1 ? "true" : "false");
    case COL_I32:
    case COL_MONTHS: return num_put_i64(out, ((const int32_t *)v->data)[i]);
    case COL_I64:
    case COL_DURATION_US: return num_put_i64(out, ((const int64_t *)v->data)[i]);
    case COL_DEC128: return dec_put(out, dec_load((const char *)v->data + i * 16), c->sea.scale, NULL);
    case COL_DATE32:
        dtime_civil(((const int32_t *)v->data)[i], &t);
        return dtime_put_date(out, &t);
    case COL_TS_US: return stamp_text(out, ((const int64_t *)v->data)[i], c->zone);
    case COL_BINARY: return hex_text(out, v, i);
    case COL_UTF8: {
        size_t n = (size_t)(v->offsets[i + 1] - v->offsets[i]);
        memcpy(out, (const char *)v->data + v->offsets[i], n);
        return n;
    }
    default: fail_msg("unexpected physical type %d", v->phys); return 0;
    }
}

static void wanted_text(char *out, const cJSON *want) {
    if (cJSON_IsObject(want)) want = want->child;
    if (cJSON_IsString(want)) snprintf(out, 4096, "%s", want->valuestring);
    else if (cJSON_IsBool(want)) snprintf(out, 4096, "%s", cJSON_IsTrue(want) ? "true" : "false");
    else snprintf(out, 4096, "%.0f", want->valuedouble);
}

static void check_cell(const struct col_view *v, const struct column *c, int64_t row, const cJSON *want) {
    char got[4096], text[4096];
    if (cJSON_IsNull(want)) {
        assert_true(col_is_null(v, row));
        return;
    }
    assert_false(col_is_null(v, row));
    got[cell_text(got, v, c, row)] = '\0';
    wanted_text(text, want);
    assert_string_equal(got, text);
}

/* ---- one recording ----------------------------------------------------------------------------------------------- */

static void check_rows(struct decoder *d, struct column *columns, const cJSON *want) {
    const cJSON *rows = cJSON_GetObjectItem(want, "rows_first_60"), *sizes = cJSON_GetObjectItem(want, "batches");
    int64_t seen = 0;
    int n_batches = 0;
    struct batch *b;
    struct err e;
    for (;;) {
        if (decoder_next(d, &b, &e) != RC_OK) fail_msg("%s", e.text);
        if (!b) break;
        assert_int_equal(b->n_rows, cJSON_GetArrayItem(sizes, n_batches++)->valueint);
        for (int64_t i = 0; i < b->n_rows && seen + i < cJSON_GetArraySize(rows); i++) {
            const cJSON *row = cJSON_GetArrayItem(rows, (int)(seen + i));
            for (int k = 0; k < b->n_cols; k++) check_cell(&b->cols[k], &columns[k], i, cJSON_GetArrayItem(row, k));
        }
        seen += b->n_rows;
        batch_free(&b);
    }
    assert_int_equal(n_batches, cJSON_GetArraySize(sizes));
    assert_int_equal(seen, cJSON_GetObjectItem(want, "total_rows")->valueint);
}

static void check_recording(const char *name) {
    char path[4096];
    size_t len;
    struct err e;
    struct sea_column sea[64];
    struct column columns[64] = {0};
    struct decoder *d;

    snprintf(path, sizeof path, "%s/%s.rows.json", folder, name);
    char *text = slurp(path, &len);
    cJSON *want = cJSON_Parse(text);
    assert_non_null(want);
    const cJSON *wanted = cJSON_GetObjectItem(want, "columns");
    int n = cJSON_GetArraySize(wanted);
    assert_in_range(n, 1, 64);
    for (int i = 0; i < n; i++) {
        column_of(cJSON_GetArrayItem(wanted, i), &sea[i]);
        columns[i].sea = sea[i];
    }
    struct sea_manifest m = {.format = SEA_ARROW_STREAM, .lz4 = true, .n_columns = n, .columns = sea};
    struct decoder_in in = {.manifest = &m, .row_count = cJSON_GetObjectItem(want, "total_rows")->valueint};
    snprintf(path, sizeof path, "%s/%s.arrow.lz4", folder, name);
    char *bytes = slurp(path, &len);
    if (decoder_new(&d, &in, block_of(bytes, len), &e) != RC_OK) fail_msg("%s: %s", name, e.text);
    if (decoder_columns(d, columns, &e) != RC_OK) fail_msg("%s: %s", name, e.text);
    for (int i = 0; i < n; i++)
        assert_int_equal(columns[i].nullable == NULLABLE_YES,
                         cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(wanted, i), "nullable")));
    check_rows(d, columns, want);
    decoder_free(&d);
    cJSON_Delete(want);
    mem_free(text);
}

static void recorded_results_decode_to_the_rows_that_pyarrow_saw(void **state) {
    DIR *dir = opendir(folder);
    int n = 0;
    (void)state;
    assert_non_null(dir);
    for (struct dirent *f; (f = readdir(dir));) {
        char name[256];
        char *end = strstr(f->d_name, ".rows.json");
        if (!end) continue;
        snprintf(name, sizeof name, "%.*s", (int)(end - f->d_name), f->d_name);
        check_recording(name);
        n++;
    }
    closedir(dir);
    assert_true(n > 20);
}

int main(void) {
    if (!find_folder()) {
        puts("1..0 # SKIP no recordings here; set DBX_RECORDINGS");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_results_decode_to_the_rows_that_pyarrow_saw)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
