#include "sea_model.h"

static const struct type_row {
    const char *sea, *sql;
} TYPES[] = {
#define DBX_TYPE(id, sea_name, sql_name, odbc_type, size, display, octets, searchable, case_sensitive, prefix, suffix) \
    [id] = {sea_name, sql_name},
#include "tbl/types.h"
#undef DBX_TYPE
};

/* SQL spellings that are not the name we report, and manifest names that are not in the table. */
static const struct {
    const char *name;
    enum dbx_type type;
} ALIASES[] = {
    {"BYTE", DBX_TINYINT},
    {"SHORT", DBX_SMALLINT},
    {"LONG", DBX_BIGINT},
    {"INTEGER", DBX_INT},
    {"REAL", DBX_FLOAT},
    {"DEC", DBX_DECIMAL},
    {"NUMERIC", DBX_DECIMAL},
    {"CHARACTER", DBX_CHAR},
    {"NULL", DBX_VOID},
    {"TEXT", DBX_STRING},
    {"TIMESTAMP_LTZ", DBX_TIMESTAMP},
    {"OBJECT", DBX_STRUCT},
};

static const char *const FORMATS[] = {"JSON_ARRAY", "ARROW_STREAM", "CSV"};
static const char *const DISPOSITIONS[] = {"INLINE", "EXTERNAL_LINKS", "INLINE_OR_EXTERNAL_LINKS"};
static const char *const STATES[] = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"};

const char *sea_format_name(enum sea_format f) { return FORMATS[f]; }
const char *sea_disposition_name(enum sea_disposition d) { return DISPOSITIONS[d]; }
const char *sea_state_name(enum sea_state s) { return s < SEA_STATE_UNKNOWN ? STATES[s] : "unknown"; }

enum sea_state sea_state_parse(const char *name) {
    for (unsigned i = 0; name && i < sizeof STATES / sizeof *STATES; i++)
        if (strcmp(name, STATES[i]) == 0) return (enum sea_state)i;
    return name && strcmp(name, "CANCELLED") == 0 ? SEA_CANCELED : SEA_STATE_UNKNOWN;
}

/* The words before "(", "<" or a blank: "INTERVAL DAY TO SECOND" is INTERVAL. */
static struct sv base_name(struct sv text) {
    text = sv_trim(text);
    size_t n = 0;
    while (n < text.len && !strchr("(< \t\r\n", text.ptr[n])) n++;
    return sv_make(text.ptr, n);
}

static enum dbx_type alias_find(struct sv name) {
    for (unsigned i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (sv_ieq(name, sv_of(ALIASES[i].name))) return ALIASES[i].type;
    return DBX_OTHER;
}

enum dbx_type dbx_type_of_sql(struct sv sql_type) {
    struct sv name = base_name(sql_type);
    if (!name.len) return DBX_OTHER;
    for (unsigned i = 0; i < DBX_OTHER; i++)
        if (sv_ieq(name, sv_of(TYPES[i].sql))) return (enum dbx_type)i;
    return alias_find(name);
}

/* The manifest's type_name is an enum that grows slower than the types do, so an unknown one defers to the text. */
enum dbx_type dbx_type_of_sea(const char *type_name, const char *type_text) {
    struct sv name = sv_of(type_name);
    for (unsigned i = 0; name.len && i < DBX_OTHER; i++)
        if (sv_ieq(name, sv_of(TYPES[i].sea))) {
            enum dbx_type by_text = dbx_type_of_sql(sv_of(type_text));
            bool finer = (i == DBX_STRING && (by_text == DBX_VARCHAR || by_text == DBX_CHAR)) ||
                         (i == DBX_TIMESTAMP && by_text == DBX_TIMESTAMP_NTZ);
            return finer ? by_text : (enum dbx_type)i;
        }
    enum dbx_type found = dbx_type_of_sql(sv_of(type_text));
    return found != DBX_OTHER ? found : dbx_type_of_sql(name);
}

const char *dbx_type_sql_name(enum dbx_type t) { return (unsigned)t < DBX_TYPE_COUNT ? TYPES[t].sql : "STRING"; }
