#include "clock.h"

static int64_t now_us(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void) { return now_us(CLOCK_MONOTONIC); }
int64_t clock_mono_ms(void) { return clock_mono_us() / 1000; }
int64_t clock_wall_ms(void) { return now_us(CLOCK_REALTIME) / 1000; }

int64_t clock_left_ms(int64_t deadline, int64_t at_most) {
    if (deadline == CLOCK_NEVER) return at_most;
    int64_t left = deadline - clock_mono_ms();
    return left < 0 ? 0 : left < at_most ? left : at_most;
}

struct timespec clock_mono_timespec(int64_t at_ms) {
    return (struct timespec){.tv_sec = (time_t)(at_ms / 1000), .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

void clock_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}
