/* control: the sandbox's control API (sandbox/README.md), for tests that make trouble and count what the server saw. */
#ifndef TESTS_CONFORM_CONTROL_H
#define TESTS_CONFORM_CONTROL_H

/* What the ready file says under a key; static until the next call. */
const char *control_fact(const char *key);

/* The answer's body, to be freed. path: below /sandbox/v1. */
char *control_call(const char *method, const char *path, const char *json);

/* A fault for everything whose body contains the regular expression; control_heal ends all faults. */
void control_fault(const char *route, const char *body, const char *action);
void control_heal(void);

long control_count(const char *counter);    /* of GET /counters; 0 when it was never counted */

/* A port of this machine that takes connections and never says a word, until the process ends. */
int control_mute_port(void);

double control_seconds(void);               /* monotonic */
void control_sleep(double seconds);

#endif
