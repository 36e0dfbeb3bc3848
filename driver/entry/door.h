/* door: what every entry point does around the one function that does the work.
 *
 *   application → door_open (is it a handle? lock, clear diagnostics) → door_text … → api_* → door_close → application
 *
 * SQLCancel and the diagnostic functions do not open a door, so that they can be called while another call runs. */
#ifndef DRIVER_ENTRY_DOOR_H
#define DRIVER_ENTRY_DOOR_H

#include "driver/handle/handle.h"
#include "text.h"

enum { DOOR_MAX_TEXTS = 6 };

struct door {
    struct handle *h;
    bool wide;
    SQLRETURN rc;       /* SQL_SUCCESS until an argument turns out bad */
    int n_texts;
    struct text_in texts[DOOR_MAX_TEXTS];
};

bool door_open(struct door *d, SQLHANDLE h, enum handle_kind kind, bool wide);  /* false: SQL_INVALID_HANDLE */
struct sv door_text(struct door *d, const void *ptr, SQLLEN len);               /* a fault is posted and ends up in rc */
SQLRETURN door_close(struct door *d);

struct door_entry { SQLUSMALLINT id; bool here; };

extern const struct door_entry DOORS[];     /* made from include/tbl/odbc_api.tbl */
extern const int N_DOORS;

#endif
