/* systemd: sockets that it passes to us by name, and what it is told of our state. Without systemd (or built without
 * libsystemd) nothing is passed, and telling does nothing. */
#ifndef PROXY_SYSTEMD_H
#define PROXY_SYSTEMD_H

#include <stdint.h>

#include "core/err.h"

/* A descriptor of its own for the passed socket of that name (FileDescriptorName=); the passed one stays open, so that
 * a reload can ask again. ERR_CONFIG_BAD when there is none. */
enum rc systemd_socket(const char *name, int *fd_r, struct err *e) MUST_CHECK;

void systemd_ready(void);
void systemd_reloading(void);       /* followed by systemd_ready() */
void systemd_stopping(void);
void systemd_alive(void);           /* the watchdog's sign of life */
int64_t systemd_watchdog_ms(void);  /* how often it is due; 0 = not wanted */

#endif
