#define _GNU_SOURCE
#include "autoproxy.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"

enum { READY_MS = 10000, NAP_MS = 20, IDLE_EXIT_S = 900 };

struct place {
    char dir[80];
    char socket[104], admin[104], lock[104], log[104]; /* a socket path may have 107 bytes */
    char upstream[400];
};

extern char **environ;

/* ---- where ------------------------------------------------------------------------------------------------------- */

/* A folder that somebody else could write to would let them listen to our token. */
static enum rc check_dir(const char *dir, struct err *e) {
    struct stat st;
    if (mkdir(dir, 0700) && errno != EEXIST)
        return err_set(e, ERR_NET_CONNECT, "Proxy=auto: %s cannot be made: %s", dir, strerror(errno));
    if (lstat(dir, &st)) return err_set(e, ERR_NET_CONNECT, "Proxy=auto: %s: %s", dir, strerror(errno));
    if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077)) return RC_OK;
    return err_set(e, ERR_NET_CONNECT, "Proxy=auto: %s is not a folder of this user alone (mode 0700); remove it", dir);
}

static bool runtime_dir(char *dir, size_t cap) {
    const char *run = getenv("XDG_RUNTIME_DIR");
    struct stat st;
    if (!run || run[0] != '/' || lstat(run, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
        return false;
    int n = snprintf(dir, cap, "%s/dbx-odbc", run);
    return n > 0 && (size_t)n < cap;
}

/* The key of a host: short, so that the path fits, and without anything that a file name cannot have. */
static enum rc host_key(const char *upstream, char key[17], struct err *e) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len;
    if (!EVP_Digest(upstream, strlen(upstream), digest, &len, EVP_sha256(), NULL))
        return err_set(e, ERR_INTERNAL, "no SHA-256");
    for (int i = 0; i < 8; i++) snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return RC_OK;
}

static enum rc find_place(struct place *p, const struct options *o, struct err *e) {
    char key[17];
    snprintf(p->upstream, sizeof p->upstream, "%s%s:%d", o->plain_http ? "http://" : "https://", o->host, o->port);
    if (!runtime_dir(p->dir, sizeof p->dir))
        snprintf(p->dir, sizeof p->dir, "/tmp/dbx-odbc-%lu", (unsigned long)geteuid());
    if (check_dir(p->dir, e) || host_key(p->upstream, key, e)) return RC_ERR;
    snprintf(p->socket, sizeof p->socket, "%s/%s.sock", p->dir, key);
    snprintf(p->admin, sizeof p->admin, "%s/%s.admin", p->dir, key);
    snprintf(p->lock, sizeof p->lock, "%s/%s.lock", p->dir, key);
    snprintf(p->log, sizeof p->log, "%s/%s.log", p->dir, key);
    return RC_OK;
}

/* ---- is somebody there ------------------------------------------------------------------------------------------- */

static bool answers(const char *path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool there = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    if (fd >= 0) close(fd);
    return there;
}

static void nap(void) {
    struct timespec ts = {.tv_nsec = NAP_MS * 1000000L};
    nanosleep(&ts, NULL);
}

static bool await_answer(const char *path, int64_t deadline) {
    while (!answers(path)) {
        if (clock_passed(deadline)) return false;
        nap();
    }
    return true;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static bool is_program(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_in_path(char *out, size_t cap) {
    struct sv rest = sv_of(getenv("PATH")), dir, after;
    while (rest.len) {
        if (!sv_cut(rest, ':', &dir, &after)) dir = rest, after = SV_NULL;
        snprintf(out, cap, SV_FMT "/dbxproxyd", SV_ARG(dir));
        if (dir.len && *dir.ptr == '/' && is_program(out)) return true;
        rest = after;
    }
    return false;
}

static enum rc find_program(const struct options *o, char *out, size_t cap, struct err *e) {
    if (*o->proxy_program) {
        snprintf(out, cap, "%s", o->proxy_program);
        return is_program(out) ? RC_OK
                               : err_set(e, ERR_CONFIG_BAD, "ProxyProgram=%s is not a program", o->proxy_program);
    }
    snprintf(out, cap, "%s/dbxproxyd", DBX_BINDIR);
    if (is_program(out) || find_in_path(out, cap)) return RC_OK;
    return err_set(e, ERR_NET_CONNECT, "Proxy=auto: dbxproxyd is neither in %s nor in PATH; name it with ProxyProgram",
                   DBX_BINDIR);
}

/* ---- starting it ------------------------------------------------------------------------------------------------- */

/* A child that the host program never hears of: no exit signal, so that neither its SIGCHLD handler nor its wait() sees
 * it, and no atfork handlers. Between this and exec only system calls are made. */
static pid_t quiet_fork(void) { return (pid_t)syscall(SYS_clone, 0L, NULL, NULL, NULL, 0L); }

static void close_from(int lowest) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)lowest, ~0U, 0U) == 0) return;
#endif
    for (int fd = lowest; fd < 65536; fd++) close(fd);
}

static void become_daemon(char *const *argv, const char *log) {
    sigset_t none;
    int null = open("/dev/null", O_RDWR), err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    dup2(null, 0);
    dup2(null, 1);
    dup2(err >= 0 ? err : null, 2);
    close_from(3);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir("/")) _exit(126);
    umask(077);
    execve(argv[0], argv, environ);
    _exit(127);
}

static enum rc spawn(char *const *argv, const char *log, struct err *e) {
    int status = 0;
    pid_t pid = quiet_fork();
    if (pid == 0) {
        setsid();
        pid_t daemon = quiet_fork();
        if (daemon == 0) become_daemon(argv, log);
        _exit(daemon < 0);
    }
    if (pid < 0) return err_set(e, ERR_NET_CONNECT, "Proxy=auto: no process could be started: %s", strerror(errno));
    while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {}
    return status ? err_set(e, ERR_NET_CONNECT, "Proxy=auto: no process could be started") : RC_OK;
}

static enum rc start(const struct options *o, const struct place *p, struct log *log, struct err *e) {
    char program[4096], listen[120], admin[120], idle[16], upstream[sizeof p->upstream];
    if (find_program(o, program, sizeof program, e)) return RC_ERR;
    snprintf(listen, sizeof listen, "unix:%s", p->socket);
    snprintf(admin, sizeof admin, "unix:%s", p->admin);
    snprintf(idle, sizeof idle, "%d", IDLE_EXIT_S);
    memcpy(upstream, p->upstream, sizeof upstream);
    char listen_key[] = "--listen", admin_key[] = "--admin", upstream_key[] = "--upstream", idle_key[] = "--idle-exit";
    char set_key[] = "--set", system_ttl[] = "cache.system_ttl=60s"; /* the catalog functions read information_schema */
    char *argv[] = {program,      listen_key, listen,   admin_key, admin,      upstream_key,
                    upstream, idle_key,   idle,     set_key,   system_ttl, NULL};
    log_line(log, LOG_INFO, "autoproxy", "starting %s for %s at %s", program, p->upstream, p->socket);
    return spawn(argv, p->log, e);
}

/* The lock is held until the new proxy answers, so that the others wait for it instead of starting more. */
static int lock_place(const struct place *p, int64_t deadline, struct err *e) {
    int fd = open(p->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR) break;
        if (clock_passed(deadline)) {
            close(fd);
            return err_set(e, ERR_NET_CONNECT,
                           "Proxy=auto: another program has been starting dbxproxyd for too long (%s)", p->lock),
                   -1;
        }
        nap();
    }
    if (fd < 0) err_set(e, ERR_NET_CONNECT, "Proxy=auto: %s: %s", p->lock, strerror(errno));
    return fd;
}

static enum rc start_once(const struct options *o, const struct place *p, struct log *log, int64_t deadline,
                          struct err *e) {
    int lock = lock_place(p, deadline, e);
    if (lock < 0) return RC_ERR;
    enum rc rc = answers(p->socket) ? RC_OK : start(o, p, log, e);
    if (rc == RC_OK && !await_answer(p->socket, deadline))
        rc = err_set(e, ERR_NET_CONNECT, "Proxy=auto: dbxproxyd was started, but does not answer at %s; see %s",
                     p->socket, p->log);
    close(lock);
    return rc;
}

enum rc autoproxy_find(const struct options *o, struct log *log, int64_t deadline, char **route_r, struct err *e) {
    struct place p;
    *route_r = NULL;
    if (find_place(&p, o, e)) return RC_ERR;
    deadline = clock_sooner(deadline, clock_mono_ms() + READY_MS);
    if (!answers(p.socket) && start_once(o, &p, log, deadline, e)) return RC_ERR;
    size_t len = strlen(p.socket) + sizeof "unix:";
    if (!(*route_r = mem_alloc(len))) return err_nomem(e);
    snprintf(*route_r, len, "unix:%s", p.socket);
    return RC_OK;
}
