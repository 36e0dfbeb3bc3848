/* rows: the cells that the cassettes of make.py hold, bound, and compared with what they must be. */
#ifndef TESTS_FAULTS_ROWS_H
#define TESTS_FAULTS_ROWS_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

enum { MAX_ROWSET = 1000, TEXT_BYTES = 96, WHY_BYTES = 700 };

enum step {
    STEP_ROWS,          /* rows came, and each cell was right */
    STEP_END,           /* SQL_NO_DATA, after the last row */
    STEP_ERROR,         /* an error with SQLSTATE and text: state, why */
    STEP_WRONG          /* anything else: why */
};

struct reader {
    SQLHSTMT stmt;
    bool large;                 /* the cassette "large", else one of the storm */
    SQLULEN rowset, fetched;
    int64_t rows;               /* what the result must have */
    int64_t period;             /* after which it begins again: rows of the cassette */
    int64_t next;               /* the row that is due */
    char state[6], why[WHY_BYTES];

    SQLUSMALLINT status[MAX_ROWSET];
    SQLLEN len[9][MAX_ROWSET];
    int64_t number[4][MAX_ROWSET];
    int32_t n[MAX_ROWSET];
    double half[MAX_ROWSET];
    char text[3][MAX_ROWSET][TEXT_BYTES];
    SQL_DATE_STRUCT day[MAX_ROWSET];
    SQL_TIMESTAMP_STRUCT moment[MAX_ROWSET];
    unsigned char third[MAX_ROWSET];
};

/* After SQLExecDirect. rows of the cassette, repeated so often. */
bool reader_bind(struct reader *r, SQLHSTMT stmt, bool large, SQLULEN rowset, int64_t rows, int64_t repeat);
enum step reader_step(struct reader *r);
enum step reader_to_end(struct reader *r);          /* STEP_END, or what came instead */

/* Fills state and why from the first record. STEP_ERROR, or STEP_WRONG when there is no SQLSTATE or no text. */
enum step reader_fault(struct reader *r, SQLSMALLINT kind, SQLHANDLE handle);

int64_t rows_of(const char *cassette);              /* by the rules of make.py */

#endif
