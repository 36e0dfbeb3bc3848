/* What every cmocka test needs, in the order cmocka wants it, and short names for checks on rc. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

#define UNUSED(x) (void)(x)

#define assert_ok(call, e) do { if ((call) != RC_OK) fail_msg("%s: %s: %s", #call, err_code_name((e).code), (e).text); } while (0)
#define assert_err(call, e, want) do { \
        err_clear(&(e)); \
        if ((call) != RC_ERR) fail_msg("%s did not fail", #call); \
        if ((e).code != (want)) fail_msg("%s: %s instead of %s: %s", #call, err_code_name((e).code), #want, (e).text); \
        if (!(e).text[0]) fail_msg("%s: an error without a text", #call); } while (0)

#endif
