/* dbxodbc: what this driver has beyond ODBC, for applications that want it. Numbers only, so that the driver manager
 * passes them on unchanged to ANSI and Unicode applications. */
#ifndef DBXODBC_H
#define DBXODBC_H

#include <sqlext.h>

/* Statement attributes (SQLGetStmtAttr, SQLULEN, read-only): what dbxproxyd said about the last execution. */
#define SQL_ATTR_DBX_CACHE      (SQL_DRIVER_STMT_ATTR_BASE + 1)  /* one of SQL_DBX_CACHE_… */
#define SQL_ATTR_DBX_CACHE_AGE  (SQL_DRIVER_STMT_ATTR_BASE + 2)  /* seconds since the result was asked for upstream */
#define SQL_ATTR_DBX_CACHE_LIFE (SQL_DRIVER_STMT_ATTR_BASE + 3)  /* seconds it will still be served; 0 = no longer */

#define SQL_DBX_CACHE_NONE   0  /* no proxy had a part in it */
#define SQL_DBX_CACHE_HIT    1  /* from the cache */
#define SQL_DBX_CACHE_STALE  2  /* from the cache, past its life: the operator allows it, or the workspace did not answer */
#define SQL_DBX_CACHE_JOINED 3  /* from the run of an equal statement that was under way */
#define SQL_DBX_CACHE_MISS   4  /* it ran; the result may be in the cache now */
#define SQL_DBX_CACHE_BYPASS 5  /* it ran; it has no place in the cache */

#endif
