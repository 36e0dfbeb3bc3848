#include "control.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conform.h"

double control_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void control_sleep(double seconds) {
    struct timespec t = { .tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
    nanosleep(&t, NULL);
}

/* The member's value in a flat JSON text, without quotes. */
static void member(const char *json, const char *key, char *out, size_t cap) {
    char quoted[100];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(json, quoted);
    *out = '\0';
    if (!at) return;
    at += strlen(quoted);
    at += strspn(at, " \"");
    snprintf(out, cap, "%.*s", (int)strcspn(at, "\",}\n"), at);
}

const char *control_fact(const char *key) {
    static char value[256];
    char text[8192];
    const char *path = getenv("DBX_SANDBOX_READY");
    FILE *f = path ? fopen(path, "r") : NULL;
    if (!f) fail_msg("DBX_SANDBOX_READY names no ready file of a sandbox");
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    member(text, key, value, sizeof value);
    return value;
}

static int connect_to(int port) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0) fail_msg("no sandbox at port %d", port);
    return s;
}

char *control_call(const char *method, const char *path, const char *json) {
    int s = connect_to(atoi(control_fact("port")));
    char head[512];
    size_t cap = 1 << 20, len = 0;
    char *answer = malloc(cap);
    int n = snprintf(head, sizeof head, "%s /sandbox/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", method, path, strlen(json));
    if (write(s, head, (size_t)n) != n || write(s, json, strlen(json)) != (ssize_t)strlen(json)) fail_msg("%s", path);
    for (ssize_t got; len + 1 < cap && (got = read(s, answer + len, cap - 1 - len)) > 0;) len += (size_t)got;
    close(s);
    answer[len] = '\0';
    if (strncmp(answer, "HTTP/1.1 2", 10) != 0) fail_msg("%s %s: %.200s", method, path, answer);
    char *body = strstr(answer, "\r\n\r\n");
    memmove(answer, body + 4, strlen(body + 4) + 1);
    return answer;
}

void control_fault(const char *route, const char *body, const char *action) {
    char json[1024];
    snprintf(json, sizeof json, "{\"match\":{\"route\":\"%s\"%s%s%s},\"count\":-1,\"action\":%s}", route,
             *body ? ",\"body\":\"" : "", body, *body ? "\"" : "", action);
    free(control_call("POST", "/faults", json));
}

void control_heal(void) { free(control_call("DELETE", "/faults", "")); }

long control_count(const char *counter) {
    char value[64];
    char *answer = control_call("GET", "/counters", "");
    member(answer, counter, value, sizeof value);
    free(answer);
    return atol(value);
}

int control_mute_port(void) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&at, sizeof at) != 0 || listen(s, 64) != 0) fail_msg("no port to listen at");
    getsockname(s, (struct sockaddr *)&at, &len);
    return ntohs(at.sin_port);
}
