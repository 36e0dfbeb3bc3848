/* handle: what environment, connection, statement and descriptor handles have in common: a magic number, a lock and
 * diagnostics. It is the first member of each, so that a pointer to one is a pointer to the other.
 *
 * One call at a time works on a handle (handle_lock, taken by the door). An implicit descriptor is locked with its
 * statement's lock. The diagnostics have a lock of their own, so that they can be read while a call is running. */
#ifndef DRIVER_HANDLE_HANDLE_H
#define DRIVER_HANDLE_HANDLE_H

#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

struct diag;

enum handle_kind {
    HANDLE_ENV = SQL_HANDLE_ENV, HANDLE_DBC = SQL_HANDLE_DBC, HANDLE_STMT = SQL_HANDLE_STMT,
        HANDLE_DESC = SQL_HANDLE_DESC
};

struct handle {
    uint32_t magic;
    enum handle_kind kind;
    bool forgotten;             /* a pool took the connection and nobody has called since (connect_reset) */
    struct handle *locked_by;   /* itself, or the statement of an implicit descriptor */
    pthread_mutex_t lock;
    struct diag *diag;          /* never NULL */
};

bool handle_init(struct handle *h, enum handle_kind kind);  /* false = out of memory */
void handle_fini(struct handle *h);                         /* the magic number goes first */
bool handle_is(SQLHANDLE h, enum handle_kind kind);         /* NULL is none */
bool handle_is_type(SQLHANDLE h, SQLSMALLINT type);         /* the same with the application's word */
void handle_lock(struct handle *h);
bool handle_trylock(struct handle *h);
void handle_unlock(struct handle *h);

#endif
