/* door: what every entry point does around the one function that does the work.
 *
 *   application → door_open (is it a handle? lock, clear diagnostics) → door_text … → api_* → door_close → application
 *
 * A function that may be asynchronous (the table's column "async") passes what it needs to door_hand_over where the handle's
 * attribute asks for it; the same door then polls, and all others answer HY010 (driver/api/async.h).
 *
 * SQLCancel and the diagnostic functions do not open a door, so that they can be called while another call runs. */
#ifndef DRIVER_ENTRY_DOOR_H
#define DRIVER_ENTRY_DOOR_H

#include "driver/api/async.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "text.h"

enum { DOOR_MAX_TEXTS = 6 };

struct door {
    struct handle *h;
    bool wide;
    bool async;         /* the handle's attribute asks for it */
    bool handed_over;   /* the call goes on in a thread, which needs the handle's lock */
    SQLRETURN rc;       /* SQL_SUCCESS until an argument turns out bad */
    int n_texts;
    struct text_in texts[DOOR_MAX_TEXTS];
};

/* false: rc is the answer already (no such handle, or a call is pending on it). self: of an asynchronous function. */
bool door_open(struct door *d, SQLHANDLE h, enum handle_kind kind, bool wide, async_run *self);
struct sv door_text(struct door *d, const void *ptr, SQLLEN len);               /* a fault is posted and ends up in rc */
SQLRETURN door_hand_over(struct door *d, async_run *run, const void *args, size_t size, const struct async_text *texts);
SQLRETURN door_close(struct door *d);

/* The same in little, for functions that are called for each row or cell ("stmt-step" in the table): SQL_SUCCESS, or
 * the answer. Inline, and without the address of a variable, so that it costs a few instructions. */
static inline __attribute__((always_inline)) SQLRETURN door_step(SQLHSTMT h) {
    if (!handle_is(h, HANDLE_STMT)) return SQL_INVALID_HANDLE;
    SQLRETURN rc = async_step(h);
    if (__builtin_expect(rc != SQL_SUCCESS, 0)) return rc;
    ((struct handle *)h)->forgotten = false;
    diag_clear(h);
    stmt_call_begin(h);
    return SQL_SUCCESS;
}

static inline __attribute__((always_inline)) SQLRETURN door_step_end(SQLHSTMT h, SQLRETURN rc) {
    stmt_call_end(h);
    diag_finish(h, rc);
    handle_unlock(h);
    return rc;
}

struct door_entry { SQLUSMALLINT id; bool here; };

extern const struct door_entry DOORS[];     /* made from include/tbl/odbc_api.tbl */
extern const int N_DOORS;

#endif
