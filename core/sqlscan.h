/* sqlscan: where the tokens of a statement begin and end, as Spark's lexer sees it (SqlBaseLexer.g4). Pure, linear, no
 * allocation; the text is valid UTF-8 and outlives the tokens.
 *
 * What Spark does not have, or where versions differ, comes out as SQLTOK_ODD: the caller then trusts nothing. Comments
 * and blanks are not tokens; gap says that some stood before. The words inside a hint are tokens with in_hint set. */
#ifndef CORE_SQLSCAN_H
#define CORE_SQLSCAN_H

#include "sv.h"

enum sqltok {
    SQLTOK_END,
    SQLTOK_WORD,    /* unquoted name or key word, ASCII */
    SQLTOK_NAME,    /* `quoted name` */
    SQLTOK_STRING,  /* '…' or "…", also r'…' */
    SQLTOK_NUMBER,
    SQLTOK_MARKER,  /* ? or :name */
    SQLTOK_PUNCT,   /* one character, or :: |> -> => */
    SQLTOK_SEMI,
    SQLTOK_HINT,    /* the opening of a hint, and its end */
    SQLTOK_ODD
};

struct sqltoken {
    enum sqltok kind;
    struct sv text;   /* with its quotes */
    bool gap;         /* blanks or comments before it */
    bool in_hint;
};

struct sqlscan {
    struct sv text;
    size_t at;
    bool in_hint;
};

static inline struct sqlscan sqlscan_of(struct sv text) { return (struct sqlscan){text, 0, false}; }

struct sqltoken sqlscan_next(struct sqlscan *s);

/* The content of the first comment, when the text begins with one (after blanks); ptr NULL otherwise. */
struct sv sqlscan_leading_comment(struct sv text);

bool sqltoken_is(const struct sqltoken *t, const char *word);   /* a SQLTOK_WORD, case ignored */
bool sqltoken_is_punct(const struct sqltoken *t, const char *punct);
struct sv sqltoken_unquoted(const struct sqltoken *t); /* inside of a name or string; escapes stay as they are */

#endif
