/* show: the daemon's answers as tables for people, on standard output. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <cjson/cJSON.h>

void show_status(const cJSON *state);
void show_hit_rates(const cJSON *state);
void show_top(const cJSON *answer);
void show_explain(const cJSON *answer);

#endif
