#include "bucket.h"

static void flow_out(struct bucket *b, double rate, int64_t now_ms) {
    b->used -= rate * (double)(now_ms - b->at_ms) / 1000;
    if (b->used < 0) b->used = 0;
    b->at_ms = now_ms;
}

bool bucket_has_room(struct bucket *b, double rate, int64_t now_ms, int64_t *wait_ms_r) {
    double size = rate < 1 ? 1 : rate;
    *wait_ms_r = 0;
    if (rate <= 0) return true;
    flow_out(b, rate, now_ms);
    if (b->used + 1 <= size) return true;
    *wait_ms_r = (int64_t)((b->used + 1 - size) * 1000 / rate) + 1;
    return false;
}

bool bucket_take(struct bucket *b, double rate, int64_t now_ms, int64_t *wait_ms_r) {
    if (!bucket_has_room(b, rate, now_ms, wait_ms_r)) return false;
    b->used += 1;
    return true;
}

void bucket_charge(struct bucket *b, double rate, int64_t now_ms, double amount) {
    if (rate <= 0) return;
    flow_out(b, rate, now_ms);
    b->used += amount;
}
