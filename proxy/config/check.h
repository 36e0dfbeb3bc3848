/* check: what holds for a configuration as a whole: names that resolve, addresses and hosts that belong to one only,
 * values that fit together. Fills what follows from them: of, up, is_local, addr, admin. */
#ifndef PROXY_CONFIG_CHECK_H
#define PROXY_CONFIG_CHECK_H

#include "draft.h"

enum rc check_all(struct draft *d, struct err *e) MUST_CHECK;
enum rc check_upstream(struct draft *d, int item, struct err *e) MUST_CHECK;   /* check_url.c: the rules for its URL */
enum rc check_public_url(struct draft *d, int item, struct err *e) MUST_CHECK;
enum rc check_files(const struct draft *d, struct err *e) MUST_CHECK;   /* check_files.c: those that are named */

#endif
