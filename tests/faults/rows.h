/* rows: the cells that the cassettes of make.py hold, bound, and compared with what they must be.
 *
 * Chunks are handed out while they arrive, and whether all batches of a chunk came, and whether it was the right chunk,
 * only its end can tell. So rows that are not the right ones are let pass if, and only if, an error comes before the
 * first row of the next chunk. */
#ifndef TESTS_FAULTS_ROWS_H
#define TESTS_FAULTS_ROWS_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

enum { MAX_ROWSET = 1000, TEXT_BYTES = 96, WHY_BYTES = 700 };

enum step {
    STEP_ROWS,          /* rows came, and each cell was right, or see above */
    STEP_END,           /* SQL_NO_DATA, after the last row */
    STEP_ERROR,         /* an error with SQLSTATE and text: state, why */
    STEP_WRONG          /* anything else: why */
};

struct reader {
    SQLHSTMT stmt;
    const struct tape *tape;
    SQLULEN rowset, fetched;
    int64_t rows;               /* what the result must have */
    int64_t period;             /* after which it begins again: rows of the cassette */
    int64_t next;               /* the row that is due */
    int64_t astray_until;       /* the end of the chunk in which a cell was wrong; 0 = none was */
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

/* After SQLExecDirect of this cassette, repeated so often. */
bool reader_bind(struct reader *r, SQLHSTMT stmt, const char *cassette, SQLULEN rowset, int64_t repeat);
enum step reader_step(struct reader *r);
enum step reader_to_end(struct reader *r);          /* STEP_END, or what came instead */

/* Fills state and why from the first record. STEP_ERROR, or STEP_WRONG when there is no SQLSTATE or no text. */
enum step reader_fault(struct reader *r, SQLSMALLINT kind, SQLHANDLE handle);

int64_t rows_of(const char *cassette);

#endif
