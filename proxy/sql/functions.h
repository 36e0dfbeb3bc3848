/* functions: what is known about a function's name; the table is functions.tsv. Pure. */
#ifndef PROXY_FUNCTIONS_H
#define PROXY_FUNCTIONS_H

#include "core/sv.h"

enum function_class {
    FUNCTION_UNKNOWN = 0,
    FUNCTION_DETERMINISTIC = 'D',
    FUNCTION_ORDER = 'O',
    FUNCTION_RANDOM = 'R',
    FUNCTION_CLOCK = 'T',
    FUNCTION_CLOCK_IF_EMPTY = 'U',
    FUNCTION_PRINCIPAL = 'P',
    FUNCTION_SESSION = 'S',
    FUNCTION_SOURCE = 'F',
    FUNCTION_EXTERNAL = 'X',
    FUNCTION_KEYWORD = 'K'
};

enum function_class function_class_of(struct sv name);  /* unqualified, unquoted; ASCII case ignored */
bool function_is_bare(struct sv name);                  /* Spark calls it without parentheses too */

#endif
