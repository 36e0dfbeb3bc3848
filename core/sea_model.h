/* sea_model: the words of the SQL Statement Execution API as values (Databricks REST API, /api/2.0/sql/statements).
 *
 * sea_codec fills these from JSON. All strings are NUL-terminated UTF-8 in the arena given to the codec; struct sv
 * members are views into the body that was parsed, and live as long as that body. Fields the server left out have
 * the value named in the comment. */
#ifndef CORE_SEA_MODEL_H
#define CORE_SEA_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sv.h"

enum dbx_type {
#define DBX_TYPE(id, sea_name, sql_name, odbc_type, size, display, octets, searchable, case_sensitive, prefix, suffix) id,
#include "tbl/types.h"
#undef DBX_TYPE
    DBX_TYPE_COUNT
};

enum sea_state { SEA_PENDING, SEA_RUNNING, SEA_SUCCEEDED, SEA_FAILED, SEA_CANCELED, SEA_CLOSED, SEA_STATE_UNKNOWN };
enum sea_format { SEA_JSON_ARRAY, SEA_ARROW_STREAM, SEA_CSV };
enum sea_disposition { SEA_INLINE, SEA_EXTERNAL_LINKS, SEA_HYBRID };

struct sea_column {
    const char *name;           /* "" when absent */
    enum dbx_type type;         /* DBX_OTHER for a type we have never heard of: it is read as text */
    const char *type_text;      /* full SQL spelling, e.g. "DECIMAL(10,2)"; "" when absent */
    int precision, scale;       /* DECIMAL only, else 0 */
    const char *interval;       /* INTERVAL only: "YEAR TO MONTH", …; "" otherwise */
};

struct sea_chunk_info {
    int64_t index, row_offset, row_count;
    int64_t byte_count;         /* -1 = not given; a hint, never trusted */
};

struct sea_header { const char *name, *value; };

struct sea_link {
    struct sea_chunk_info chunk;
    int64_t next_index;         /* -1 = the last chunk */
    const char *url;            /* a credential: never logged */
    int64_t expires_ms;         /* wall clock; 0 = unknown */
    int n_headers;
    const struct sea_header *headers;  /* to be sent with the download; credentials too */
};

struct sea_manifest {
    enum sea_format format;
    bool lz4;                   /* result_compression says LZ4_FRAME: this decides, not what was asked */
    int n_columns;
    const struct sea_column *columns;
    int64_t total_rows;         /* -1 = not given */
    int64_t total_chunks;       /* -1 = not given */
    int n_chunks;
    const struct sea_chunk_info *chunks;
    bool truncated;             /* the server cut the result (row_limit, byte_limit) */
    bool is_volume_operation;
};

struct sea_result {             /* first chunk in an answer, or the body of GET …/result/chunks/n */
    bool present;               /* false: "result" absent or {} */
    struct sea_chunk_info chunk;/* of the inline data; index -1 when absent */
    int64_t next_index;         /* inline: next chunk, -1 = none */
    struct sv data_array;       /* raw JSON text "[[…],…]"; ptr NULL = absent */
    struct sv attachment;       /* raw JSON string token with quotes: base64; ptr NULL = absent */
    int n_links;
    const struct sea_link *links;
};

struct sea_answer {
    const char *statement_id;   /* "" = absent */
    enum sea_state state;
    const char *error_code;     /* status.error.error_code, "" = none */
    const char *error_text;     /* status.error.message, "" = none */
    char sqlstate[6];           /* status.sql_state, else found in the message, else by error class; "" = none */
    bool has_manifest;
    struct sea_manifest manifest;
    struct sea_result result;
};

struct sea_param {              /* positional when name is NULL */
    const char *name;
    int ordinal;                /* 1-based */
    const char *type;           /* SQL type name; NULL = STRING */
    struct sv value;            /* ptr NULL = SQL NULL */
};

struct sea_request {            /* POST /api/2.0/sql/statements */
    struct sv statement;
    const char *warehouse_id;
    const char *session_id;     /* NULL = none; then catalog and schema may be given */
    const char *catalog, *schema;
    enum sea_format format;
    enum sea_disposition disposition;
    bool lz4;
    const char *wait_timeout;   /* "0s", "10s", …; NULL = left out (needed with SEA_HYBRID, see facts) */
    int64_t row_limit;          /* 0 = none */
    int n_params;
    const struct sea_param *params;
};

const char *sea_format_name(enum sea_format f);
const char *sea_disposition_name(enum sea_disposition d);
const char *sea_state_name(enum sea_state s);
enum sea_state sea_state_parse(const char *name);               /* SEA_STATE_UNKNOWN for anything else */
enum dbx_type dbx_type_of_sea(const char *type_name, const char *type_text); /* manifest type_name, refined by text */
enum dbx_type dbx_type_of_sql(struct sv sql_type);              /* "decimal(10,2)", "ARRAY<INT>", "bigint", … any case */
const char *dbx_type_sql_name(enum dbx_type t);

#endif
