#include "scalar.h"

#include <sql.h>
#include <sqlext.h>

enum shape {
    SHAPE_CALL,     /* name(a, b) */
    SHAPE_BARE,     /* likewise, the parentheses may be missing */
    SHAPE_IN,       /* name(a IN b) */
    SHAPE_FROM,     /* name(field FROM b) */
    SHAPE_PLACES,   /* name(a, n), n an integer literal */
    SHAPE_ADD,      /* name(unit, n, time) */
    SHAPE_DIFF,     /* name(unit, time, time) */
    SHAPE_CONVERT   /* name(a, type) */
};

enum class {
    CLASS_TEXT = 1, CLASS_NUMBER = 2, CLASS_BIT = 4, CLASS_BINARY = 8, CLASS_DATE = 16, CLASS_TIME = 32,
    CLASS_STAMP = 64, CLASS_MONTHS = 128, CLASS_DURATION = 256
};

enum { MAX_PLACES = 37, MAX_TYPE_NUMBERS = 2 };

static const struct function {
    const char *name;
    unsigned info;
    uint32_t bit;
    enum shape shape;
    int min, max;
    const char *text;
} FUNCTIONS[] = {
#define SCALAR(name, info, bit, shape, min, max, text) { name, info, bit, shape, min, max, text },
#include "tbl/scalar_functions.h"
#undef SCALAR
};

static const struct unit { const char *word; uint32_t bit; const char *add, *diff; } UNITS[] = {
#define UNIT(word, bit, add, diff) { word, bit, add, diff },
#include "tbl/scalar_units.h"
#undef UNIT
};

static const struct target {
    const char *word;
    unsigned info;
    uint32_t bit;
    unsigned class, from;
    const char *text[MAX_TYPE_NUMBERS + 1];     /* by how many numbers stand behind the word */
} TARGETS[] = {
#define CONVERT_TO(word, info, bit, class, from, bare, one, two) { word, info, bit, class, from, { bare, one, two } },
#include "tbl/scalar_types.h"
#undef CONVERT_TO
};

#define N_OF(list) (sizeof (list) / sizeof *(list))

/* ---- what SQLGetInfo says --------------------------------------------------------------------------------------------- */

static uint32_t targets_from(unsigned info) {
    unsigned class = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < N_OF(TARGETS); i++)
        if (TARGETS[i].info == info) class = TARGETS[i].class;
    for (size_t i = 0; i < N_OF(TARGETS); i++)
        if (TARGETS[i].from & class) bits |= TARGETS[i].bit;
    return bits;
}

uint32_t escape_info(unsigned info_type) {
    uint32_t bits = 0;
    for (size_t i = 0; i < N_OF(FUNCTIONS); i++)
        if (FUNCTIONS[i].info == info_type) bits |= FUNCTIONS[i].bit;
    for (size_t i = 0; i < N_OF(UNITS); i++)
        if (info_type == SQL_TIMEDATE_ADD_INTERVALS || info_type == SQL_TIMEDATE_DIFF_INTERVALS) bits |= UNITS[i].bit;
    return bits ? bits : targets_from(info_type);
}

/* ---- finding the function ------------------------------------------------------------------------------------------------ */

const char *scalar_separator(struct sv name) {
    for (size_t i = 0; i < N_OF(FUNCTIONS); i++) {
        if (!sv_ieq(name, sv_of(FUNCTIONS[i].name))) continue;
        if (FUNCTIONS[i].shape == SHAPE_IN) return "IN";
        if (FUNCTIONS[i].shape == SHAPE_FROM) return "FROM";
    }
    return NULL;
}

enum rc scalar_is_known(struct sv name, size_t at, struct err *e) {
    for (size_t i = 0; i < N_OF(FUNCTIONS); i++)
        if (sv_ieq(name, sv_of(FUNCTIONS[i].name))) return RC_OK;
    return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu is no scalar function of ODBC; call functions of the "
                   "warehouse without {fn …}", SV_ARG(name), at);
}

static bool is_places(const struct scalar_arg *arg, long long *n_r) {
    return arg->is_literal && sv_to_i64(arg->text, n_r) && *n_r >= -MAX_PLACES && *n_r <= MAX_PLACES;
}

static bool fits(const struct function *f, const struct scalar_call *c) {
    long long places;
    if (!sv_ieq(c->name, sv_of(f->name)) || c->n < f->min || c->n > f->max) return false;
    if (!c->has_list && f->shape != SHAPE_BARE) return false;
    return f->shape != SHAPE_PLACES || is_places(&c->args[1], &places);
}

static enum rc complain(const struct scalar_call *c, struct err *e) {
    int min = SCALAR_MAX_ARGS, max = 0;
    for (size_t i = 0; i < N_OF(FUNCTIONS); i++) {
        if (!sv_ieq(c->name, sv_of(FUNCTIONS[i].name))) continue;
        if (FUNCTIONS[i].min < min) min = FUNCTIONS[i].min;
        if (FUNCTIONS[i].max > max) max = FUNCTIONS[i].max;
    }
    if (!c->has_list)
        return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu needs parentheses", SV_ARG(c->name), c->at);
    if (min == max)
        return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu takes %d argument%s, not %d", SV_ARG(c->name), c->at, min,
                       min == 1 ? "" : "s", c->n);
    return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu takes %d to %d arguments, not %d", SV_ARG(c->name), c->at, min,
                   max, c->n);
}

static const struct function *find(const struct scalar_call *c) {
    for (size_t i = 0; i < N_OF(FUNCTIONS); i++)
        if (fits(&FUNCTIONS[i], c)) return &FUNCTIONS[i];
    return NULL;
}

/* ---- filling the text in --------------------------------------------------------------------------------------------------- */

struct filling {
    const struct scalar_call *call;
    const struct escape_settings *how;
    struct sv numbers[MAX_TYPE_NUMBERS];    /* behind a type's word: $2 and $3 of CONVERT */
    int n_numbers;
    bool let;           /* arguments that are no literals are fields of the lambda's a */
};

static bool is_number(const struct filling *f, int arg) { return arg >= 1 && arg <= f->n_numbers; }

/* An argument that stands twice would be evaluated twice, and its markers counted twice; markers that change places would
 * get each other's values. */
static bool needs_let(const struct filling *f, const char *text) {
    int seen[SCALAR_MAX_ARGS] = { 0 }, last = -1;
    for (const char *p = text; *p; p++) {
        if (*p != '$' || p[1] < '1' || p[1] > '9') continue;
        int arg = p[1] - '1';
        if (is_number(f, arg)) continue;
        const struct scalar_arg *a = &f->call->args[arg];
        if (seen[arg]++ && !a->is_plain) return true;
        if (a->n_markers > 0 && arg < last) return true;
        if (a->n_markers > 0) last = arg;
    }
    return false;
}

static enum rc put_arg(const struct filling *f, int arg, struct buf *out, struct err *e) {
    if (is_number(f, arg)) return buf_addsv(out, f->numbers[arg - 1], e);
    if (f->let && !f->call->args[arg].is_literal) return buf_addf(out, e, "a.a%d", arg + 1);
    return buf_addsv(out, f->call->args[arg].text, e);
}

static enum rc put_all(const struct filling *f, struct buf *out, struct err *e) {
    for (int i = 0; i < f->call->n; i++) {
        if (i > 0 && buf_adds(out, ", ", e)) return RC_ERR;
        if (put_arg(f, i, out, e)) return RC_ERR;
    }
    return RC_OK;
}

/* 10 to the power of −places, as a decimal literal. */
static enum rc put_unit(const struct filling *f, struct buf *out, struct err *e) {
    long long places = 0;
    if (!is_places(&f->call->args[1], &places)) return err_set(e, ERR_INTERNAL, "a unit of no literal");
    return buf_addf(out, e, "1E%s%lldBD", places > 0 ? "-" : "", places < 0 ? -places : places);
}

static enum rc put_body(const struct filling *f, const char *text, struct buf *out, struct err *e) {
    for (const char *p = text; *p; p++) {
        enum rc rc = RC_OK;
        if (*p != '$') rc = buf_addc(out, *p, e);
        else if (*++p == '*') rc = put_all(f, out, e);
        else if (*p == 'u') rc = put_unit(f, out, e);
        else if (*p == 's') rc = buf_addf(out, e, "%d", f->how->decimal_scale);
        else rc = put_arg(f, *p - '1', out, e);
        if (rc) return RC_ERR;
    }
    return RC_OK;
}

/* transform(array(named_struct('a1', …)), a -> …)[0]: each argument once, in its order. */
static enum rc put_let(struct filling *f, const char *text, struct buf *out, struct err *e) {
    const char *between = "transform(array(named_struct(";
    for (int i = 0; i < f->call->n; i++) {
        if (f->call->args[i].is_literal) continue;
        if (buf_addf(out, e, "%s'a%d', ", between, i + 1) || buf_addsv(out, f->call->args[i].text, e)) return RC_ERR;
        between = ", ";
    }
    f->let = true;
    if (buf_adds(out, ")), a -> ", e) || put_body(f, text, out, e)) return RC_ERR;
    return buf_adds(out, ")[0]", e);
}

static enum rc put_text(struct filling *f, const char *text, struct buf *out, struct err *e) {
    return needs_let(f, text) ? put_let(f, text, out, e) : put_body(f, text, out, e);
}

/* ---- the shapes ---------------------------------------------------------------------------------------------------------- */

static enum rc put_with_unit(struct filling *f, bool add, struct buf *out, struct err *e) {
    const struct scalar_arg *unit = &f->call->args[0];
    for (size_t i = 0; i < N_OF(UNITS); i++)
        if (sv_ieq(unit->text, sv_of(UNITS[i].word))) return put_text(f, add ? UNITS[i].add : UNITS[i].diff, out, e);
    return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu is no interval: SQL_TSI_FRAC_SECOND, SQL_TSI_SECOND, "
                   "SQL_TSI_MINUTE, SQL_TSI_HOUR, SQL_TSI_DAY, SQL_TSI_WEEK, SQL_TSI_MONTH, SQL_TSI_QUARTER or SQL_TSI_YEAR",
                   SV_ARG(unit->text), unit->at);
}

static enum rc check_field(const struct scalar_arg *field, struct err *e) {
    static const char *const FIELDS[] = { "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND" };
    for (size_t i = 0; i < N_OF(FIELDS); i++)
        if (sv_ieq(field->text, sv_of(FIELDS[i]))) return RC_OK;
    return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu is nothing to extract: YEAR, MONTH, DAY, HOUR, MINUTE or "
                   "SECOND", SV_ARG(field->text), field->at);
}

/* The numbers of SQL_DECIMAL(10, 2); false: something else stands there. */
static bool read_numbers(struct sqlscan *scan, struct filling *f) {
    struct sqltoken t = sqlscan_next(scan);
    if (t.kind == SQLTOK_END) return true;
    if (!sqltoken_is_punct(&t, "(")) return false;
    while (f->n_numbers < MAX_TYPE_NUMBERS) {
        long long n;
        t = sqlscan_next(scan);
        if (t.kind != SQLTOK_NUMBER || !sv_to_i64(t.text, &n)) return false;
        f->numbers[f->n_numbers++] = t.text;
        t = sqlscan_next(scan);
        if (sqltoken_is_punct(&t, ")")) return sqlscan_next(scan).kind == SQLTOK_END;
        if (!sqltoken_is_punct(&t, ",")) return false;
    }
    return false;
}

static enum rc put_converted(struct filling *f, struct buf *out, struct err *e) {
    const struct scalar_arg *type = &f->call->args[1];
    struct sqlscan scan = sqlscan_of(type->text);
    struct sqltoken word = sqlscan_next(&scan);
    for (size_t i = 0; i < N_OF(TARGETS); i++) {
        if (!sqltoken_is(&word, TARGETS[i].word)) continue;
        if (!read_numbers(&scan, f) || !TARGETS[i].text[f->n_numbers])
            return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu is no form of %s", SV_ARG(type->text), type->at,
                           TARGETS[i].word);
        return put_text(f, TARGETS[i].text[f->n_numbers], out, e);
    }
    return err_set(e, ERR_ESCAPE, SV_FMT " at character %zu is no type to convert to: SQL_INTEGER, SQL_VARCHAR and so on",
                   SV_ARG(type->text), type->at);
}

enum rc scalar_put(const struct scalar_call *c, const struct escape_settings *how, struct buf *out, struct err *e) {
    struct filling f = { .call = c, .how = how };
    const struct function *fn = find(c);
    if (!fn) return complain(c, e);
    switch (fn->shape) {
    case SHAPE_ADD: return put_with_unit(&f, true, out, e);
    case SHAPE_DIFF: return put_with_unit(&f, false, out, e);
    case SHAPE_CONVERT: return put_converted(&f, out, e);
    case SHAPE_FROM:
        if (check_field(&c->args[0], e)) return RC_ERR;
        break;
    default: break;
    }
    return put_text(&f, fn->text, out, e);
}
