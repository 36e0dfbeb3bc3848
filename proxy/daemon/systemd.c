#include <config.h>

#include "systemd.h"


#ifdef HAVE_LIBSYSTEMD
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum rc systemd_socket(const char *name, int *fd_r, struct err *e) {
    char **names = NULL;
    int n = sd_listen_fds_with_names(0, &names), found = -1;
    for (int i = 0; i < n; i++) {
        if (names && names[i] && strcmp(names[i], name) == 0 && found < 0) found = SD_LISTEN_FDS_START + i;
        if (names) free(names[i]);
    }
    free(names);
    if (found < 0) return err_set(e, ERR_CONFIG_BAD, "systemd passed no socket named \"%s\"", name);
    if (sd_is_socket(found, 0, SOCK_STREAM, 1) <= 0)
        return err_set(e, ERR_CONFIG_BAD, "systemd's socket \"%s\" is not a listening stream socket", name);
    *fd_r = fcntl(found, F_DUPFD_CLOEXEC, 3);
    if (*fd_r < 0 || fcntl(*fd_r, F_SETFL, fcntl(*fd_r, F_GETFL) | O_NONBLOCK) < 0)
        return err_set(e, ERR_CONFIG_BAD, "systemd's socket \"%s\": %s", name, strerror(errno));
    return RC_OK;
}

void systemd_ready(void) { sd_notify(0, "READY=1"); }

void systemd_reloading(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* Type=notify-reload wants to know which reload it is */
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void systemd_stopping(void) { sd_notify(0, "STOPPING=1"); }
void systemd_alive(void) { sd_notify(0, "WATCHDOG=1"); }

int64_t systemd_watchdog_ms(void) {
    uint64_t us = 0;
    if (sd_watchdog_enabled(0, &us) <= 0) return 0;
    return us < 4000 ? 1 : (int64_t)(us / 4000); /* four signs in the time it allows */
}

#else

enum rc systemd_socket(const char *name, int *fd_r, struct err *e) {
    *fd_r = -1;
    return err_set(e, ERR_CONFIG_BAD, "systemd:%s: this dbxproxyd was built without libsystemd", name);
}

void systemd_ready(void) {}
void systemd_reloading(void) {}
void systemd_stopping(void) {}
void systemd_alive(void) {}
int64_t systemd_watchdog_ms(void) { return 0; }

#endif
