/* ready: the file that tells where the process listens: {"pid":…,"listen":[…],"admin":[…]}, addresses with their real
 * ports. A reader sees either nothing or all of it. */
#ifndef PROXY_READY_H
#define PROXY_READY_H

#include "gates.h"

enum rc ready_write(const char *path, const struct gates *gs, struct err *e) MUST_CHECK;  /* "" = no file */
void ready_remove(const char *path);

#endif
