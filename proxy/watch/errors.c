#include "errors.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/sv.h"
#include "core/utf.h"

enum { LOOK_BACK = 8 };

static void put(char *out, size_t cap, const char *text) {
    size_t len = strnlen(text, cap);
    len = len < cap ? len : utf8_floor(text, len, cap - 1);
    memcpy(out, text, len);
    out[len] = '\0';
}

const struct error_note *errors_get(const struct errors *w, int i) {
    if (i < 0 || i >= w->n) return NULL;
    return &w->ring[(w->next - 1 - i + 2 * ERRORS_KEPT) % ERRORS_KEPT];
}

static struct error_note *find_repeat(struct errors *w, const struct error_note *note) {
    for (int i = 0; i < LOOK_BACK && i < w->n; i++) {
        struct error_note *old = &w->ring[(w->next - 1 - i + 2 * ERRORS_KEPT) % ERRORS_KEPT];
        if (strcmp(old->text, note->text) == 0 && strcmp(old->tenant, note->tenant) == 0 &&
            strcmp(old->room, note->room) == 0)
            return old;
    }
    return NULL;
}

void errors_note(struct errors *w, const char *tenant, const char *room, const char *text) {
    struct error_note note = {.count = 1};
    note.first_ms = note.last_ms = clock_wall_ms();
    put(note.tenant, sizeof note.tenant, tenant ? tenant : "");
    put(note.room, sizeof note.room, room);
    put(note.text, sizeof note.text, text);
    log_redact(note.text);
    struct error_note *old = find_repeat(w, &note);
    if (old) {
        old->count++;
        old->last_ms = note.last_ms;
        return;
    }
    w->ring[w->next] = note;
    w->next = (w->next + 1) % ERRORS_KEPT;
    if (w->n < ERRORS_KEPT) w->n++;
}
