/* state: where a statement is, and the one function that moves it.
 *
 *              prepare                 execute: columns           fetch            fetch
 *   ALLOCATED ─────────→ PREPARED ──────────────────────→ OPEN ──────────→ ROW ──────────→ END
 *       └───────────────────┴── execute: no columns ──→ DONE
 *       └───────────────────┴── execute: data at execution ──→ NEED ─→ MUST_PUT ⇄ CAN_PUT, and back when all is there
 *   OPEN, ROW and END: a static cursor moves freely between them.
 *   Closing leads back to PREPARED if there is a prepared text, else to ALLOCATED. */
#ifndef DRIVER_HANDLE_STATE_H
#define DRIVER_HANDLE_STATE_H

#include <sql.h>
#include <stdbool.h>

struct stmt;

enum stmt_state {
    STMT_ST_ALLOCATED,
    STMT_ST_PREPARED,
    STMT_ST_NEED,       /* executing, and SQLParamData must be called for data-at-execution parameters */
    STMT_ST_MUST_PUT,   /* SQLParamData named a parameter, SQLPutData must be called */
    STMT_ST_CAN_PUT,    /* more parts, or SQLParamData */
    STMT_ST_DONE,       /* executed, no result set */
    STMT_ST_OPEN,       /* cursor before the first row */
    STMT_ST_ROW,        /* cursor on a rowset */
    STMT_ST_END,        /* cursor behind the last row */
    STMT_ST_COUNT
};

bool state_needs_data(enum stmt_state st);

/* SQL_SUCCESS; a move that is not in the table is refused with a diagnostic, since it is a fault of ours. */
SQLRETURN state_move(struct stmt *s, enum stmt_state to);
bool state_has_cursor(enum stmt_state st);

#endif
