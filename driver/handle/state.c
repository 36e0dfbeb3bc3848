#include "state.h"

#include "diag.h"
#include "stmt.h"

#define TO(st) (1u << STMT_ST_##st)

static const unsigned ALLOWED[STMT_ST_COUNT] = {
    [STMT_ST_ALLOCATED] = TO(ALLOCATED) | TO(PREPARED) | TO(NEED) | TO(DONE) | TO(OPEN),
    [STMT_ST_PREPARED] = TO(ALLOCATED) | TO(PREPARED) | TO(NEED) | TO(DONE) | TO(OPEN),
    [STMT_ST_NEED] = TO(ALLOCATED) | TO(PREPARED) | TO(MUST_PUT),
    [STMT_ST_MUST_PUT] = TO(ALLOCATED) | TO(PREPARED) | TO(CAN_PUT),
    [STMT_ST_CAN_PUT] = TO(ALLOCATED) | TO(PREPARED) | TO(CAN_PUT) | TO(MUST_PUT),
    [STMT_ST_DONE] = TO(ALLOCATED) | TO(PREPARED),
    [STMT_ST_OPEN] = TO(ALLOCATED) | TO(PREPARED) | TO(OPEN) | TO(ROW) | TO(END),
    [STMT_ST_ROW] = TO(ALLOCATED) | TO(PREPARED) | TO(OPEN) | TO(ROW) | TO(END),
    [STMT_ST_END] = TO(ALLOCATED) | TO(PREPARED) | TO(OPEN) | TO(ROW) | TO(END),
};

SQLRETURN state_move(struct stmt *s, enum stmt_state to) {
    if (!(ALLOWED[s->state] >> to & 1))
        return diag_fail(&s->h, ST_GENERAL, "internal: statement state %d does not lead to %d", (int)s->state, (int)to);
    s->state = to;
    return SQL_SUCCESS;
}

bool state_needs_data(enum stmt_state st) { return st >= STMT_ST_NEED && st <= STMT_ST_CAN_PUT; }

bool state_has_cursor(enum stmt_state st) { return st >= STMT_ST_OPEN; }
