#include "hostmem.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

enum { MAX_HOSTS = 16, MEMORY_MS = 10 * 60 * 1000 };

struct memory {
    char host[256];             /* "" = free */
    int mode;
    int64_t mode_until, blocked_until;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory memories[MAX_HOSTS];
static unsigned next_victim;

static struct memory *find(const char *host) {
    for (int i = 0; i < MAX_HOSTS; i++)
        if (strcmp(memories[i].host, host) == 0) return &memories[i];
    return NULL;
}

static struct memory *find_or_make(const char *host) {
    struct memory *m = find(host);
    if (m) return m;
    m = &memories[next_victim++ % MAX_HOSTS];
    *m = (struct memory){0};
    snprintf(m->host, sizeof m->host, "%s", host);
    return m;
}

int hostmem_mode(const char *host, int otherwise) {
    pthread_mutex_lock(&lock);
    const struct memory *m = find(host);
    int mode = m && m->mode_until > clock_mono_ms() ? m->mode : otherwise;
    pthread_mutex_unlock(&lock);
    return mode;
}

void hostmem_set_mode(const char *host, int mode) {
    pthread_mutex_lock(&lock);
    struct memory *m = find_or_make(host);
    m->mode = mode;
    m->mode_until = clock_mono_ms() + MEMORY_MS;
    pthread_mutex_unlock(&lock);
}

bool hostmem_storage_blocked(const char *host) {
    pthread_mutex_lock(&lock);
    const struct memory *m = find(host);
    bool blocked = m && m->blocked_until > clock_mono_ms();
    pthread_mutex_unlock(&lock);
    return blocked;
}

void hostmem_block_storage(const char *host) {
    pthread_mutex_lock(&lock);
    find_or_make(host)->blocked_until = clock_mono_ms() + MEMORY_MS;
    pthread_mutex_unlock(&lock);
}
