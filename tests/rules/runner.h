/* runner: what main.c needs beside the rules: one rule run, the profile read, the tables of the data source made. */
#ifndef TESTS_RULES_RUNNER_H
#define TESTS_RULES_RUNNER_H

#include <stdbool.h>

struct run;
struct rule;

void run_rule(struct run *r, const struct rule *rule);   /* the answer is in r */
bool profile_load(const char *path);
bool run_setup(void);    /* the profile's setup.1, setup.2 … statements */

#endif
