#include "rows.h"

#include <stdio.h>
#include <string.h>

/* As make.py makes them: so many chunks, the first of so many rows, each of some more than the one before. */
struct tape {
    const char *name;
    int64_t first, more, chunks;
};

static const struct tape TAPES[] = {{"storm", 200, 37, 12},
                                    {"storm_plain", 300, 51, 7},
                                    {"storm_bare", 150, 41, 9},
                                    {"storm_frame", 170, 29, 10},
                                    {"storm_many", 20, 5, 30},
                                    {"large", 31250, 0, 8}};

static const struct tape *tape_of(const char *cassette) {
    const struct tape *t = TAPES;
    while (strcmp(t->name, cassette) != 0) t++;
    return t;
}

static int64_t rows_before(const struct tape *t, int64_t chunk) {
    return chunk * t->first + t->more * (chunk * (chunk - 1) / 2);
}

int64_t rows_of(const char *cassette) {
    const struct tape *t = tape_of(cassette);
    return rows_before(t, t->chunks);
}

/* The row behind the chunk that this one is in. */
static int64_t chunk_end(const struct reader *r, int64_t row) {
    int64_t chunk = 1;
    while (rows_before(r->tape, chunk) <= row % r->period) chunk++;
    return row - row % r->period + rows_before(r->tape, chunk);
}

static bool is_large(const struct reader *r) { return !r->tape->more; }

static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

/* ---- binding ----------------------------------------------------------------------------------------------------- */

static bool bind_storm(struct reader *r) {
    struct {
        SQLSMALLINT type;
        void *cells;
        SQLLEN bytes;
    } c[9] = {{SQL_C_SBIGINT, r->number[0], 8},
              {SQL_C_SLONG, r->n, 4},
              {SQL_C_DOUBLE, r->half, 8},
              {SQL_C_CHAR, r->text[0], TEXT_BYTES},
              {SQL_C_CHAR, r->text[1], TEXT_BYTES},
              {SQL_C_TYPE_DATE, r->day, sizeof *r->day},
              {SQL_C_TYPE_TIMESTAMP, r->moment, sizeof *r->moment},
              {SQL_C_BIT, r->third, 1},
              {SQL_C_CHAR, r->text[2], TEXT_BYTES}};
    for (SQLUSMALLINT i = 0; i < 9; i++)
        if (!SQL_SUCCEEDED(SQLBindCol(r->stmt, i + 1, c[i].type, c[i].cells, c[i].bytes, r->len[i]))) return false;
    return true;
}

static bool bind_large(struct reader *r) {
    for (SQLUSMALLINT i = 0; i < 4; i++)
        if (!SQL_SUCCEEDED(SQLBindCol(r->stmt, i + 1, SQL_C_SBIGINT, r->number[i], 8, r->len[i]))) return false;
    return true;
}

bool reader_bind(struct reader *r, SQLHSTMT stmt, const char *cassette, SQLULEN rowset, int64_t repeat) {
    r->stmt = stmt, r->tape = tape_of(cassette), r->rowset = rowset, r->fetched = 0, r->next = 0, r->astray_until = 0;
    r->period = rows_before(r->tape, r->tape->chunks);
    r->rows = r->period * repeat;
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)rowset, 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &r->fetched, 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_STATUS_PTR, r->status, 0);
    return is_large(r) ? bind_large(r) : bind_storm(r);
}

/* ---- what a row must hold ---------------------------------------------------------------------------------------- */

static int64_t days_of(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_text(const struct reader *r, int column, int i, const char *cell, const char *want) {
    return r->len[column][i] == (SQLLEN)strlen(want) && strcmp(cell, want) == 0;
}

static bool is_moment(const SQL_TIMESTAMP_STRUCT *t, int64_t row) {
    int64_t seconds = (days_of(t->year, t->month, t->day) - days_of(2020, 1, 1)) * 86400 + t->hour * 3600 +
                      t->minute * 60 + t->second;
    return seconds == row && t->fraction == (SQLUINTEGER)(row * 7 % 1000000) * 1000;
}

static bool is_storm_row(const struct reader *r, int i, int64_t row) {
    static const char XS[] = "xxxxxxxxxxxxxxxxx";
    char text[TEXT_BYTES], price[32], noise[32];
    snprintf(text, sizeof text, "row %lld Ωμέγα 😀 %.*s", (long long)row, (int)(row % 17), XS);
    snprintf(price, sizeof price, "%lld.%02lld", (long long)(row * 37 % 1000000 / 100), (long long)(row * 37 % 100));
    snprintf(noise, sizeof noise, "%016llx", (unsigned long long)mix((uint64_t)row));
    if (r->number[0][i] != row || r->half[i] != (double)row * 0.5 || r->third[i] != (row % 3 == 0)) return false;
    if (row % 11 == 3 ? r->len[1][i] != SQL_NULL_DATA : r->n[i] != row * 7919 % 100003 || r->len[1][i] != 4) return false;
    if (row % 13 == 5 ? r->len[3][i] != SQL_NULL_DATA : !is_text(r, 3, i, r->text[0][i], text)) return false;
    if (!is_text(r, 4, i, r->text[1][i], price) || !is_text(r, 8, i, r->text[2][i], noise)) return false;
    return days_of(r->day[i].year, r->day[i].month, r->day[i].day) == row % 20000 && is_moment(&r->moment[i], row);
}

static bool is_large_row(const struct reader *r, int i, int64_t row) {
    for (int c = 0; c < 4; c++)
        if (r->number[c][i] != (int64_t)mix((uint64_t)(4 * row + c)) || r->len[c][i] != 8) return false;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static enum step wrong(struct reader *r, const char *what) {
    snprintf(r->why, sizeof r->why, "%s at row %lld of %lld (rowset of %llu, %llu fetched)", what, (long long)r->next,
             (long long)r->rows, (unsigned long long)r->rowset, (unsigned long long)r->fetched);
    return STEP_WRONG;
}

enum step reader_fault(struct reader *r, SQLSMALLINT kind, SQLHANDLE handle) {
    SQLSMALLINT len = 0;
    r->state[0] = r->why[0] = '\0';
    SQLRETURN rc = SQLGetDiagRec(kind, handle, 1, (SQLCHAR *)r->state, NULL, (SQLCHAR *)r->why, sizeof r->why, &len);
    return SQL_SUCCEEDED(rc) && strlen(r->state) == 5 && len > 20 ? STEP_ERROR : wrong(r, "an error that says nothing");
}

static enum step check_rows(struct reader *r) {
    for (int i = 0; i < (int)r->fetched; i++) {
        if (r->status[i] == SQL_ROW_ERROR) return reader_fault(r, SQL_HANDLE_STMT, r->stmt);
        if (r->status[i] != SQL_ROW_SUCCESS) return wrong(r, "a row with a strange status");
        if (r->next >= r->rows) return wrong(r, "more rows than there are");
        if (r->astray_until && r->next >= r->astray_until) return wrong(r, "a wrong cell, and no error in its chunk");
        int64_t row = r->next % r->period;
        bool good = r->astray_until || (is_large(r) ? is_large_row(r, i, row) : is_storm_row(r, i, row));
        if (!good) r->astray_until = chunk_end(r, r->next);
        r->next++;
    }
    return r->fetched ? STEP_ROWS : wrong(r, "a rowset without rows");
}

enum step reader_step(struct reader *r) {
    SQLRETURN rc = SQLFetch(r->stmt);
    if (rc == SQL_NO_DATA && r->astray_until) return wrong(r, "SQL_NO_DATA after a wrong cell");
    if (rc == SQL_NO_DATA) return r->next == r->rows ? STEP_END : wrong(r, "SQL_NO_DATA");
    if (SQL_SUCCEEDED(rc)) return check_rows(r);
    if (rc != SQL_ERROR) return wrong(r, "neither success nor error");
    return reader_fault(r, SQL_HANDLE_STMT, r->stmt);
}

enum step reader_to_end(struct reader *r) {
    enum step step;
    do step = reader_step(r);
    while (step == STEP_ROWS);
    return step;
}
