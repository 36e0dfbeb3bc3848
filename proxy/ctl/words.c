#include "words.h"

#include <stdio.h>

struct words words_bytes(double n) {
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    struct words w;
    int unit = 0;
    for (; n >= 1024 && unit < 4; unit++) n /= 1024;
    snprintf(w.text, sizeof w.text, unit ? "%.1f %s" : "%.0f %s", n, UNITS[unit]);
    return w;
}

struct words words_time(double seconds) {
    struct words w;
    long long s = (long long)seconds;
    if (s < 60) snprintf(w.text, sizeof w.text, "%.1f s", seconds);
    else if (s < 3600) snprintf(w.text, sizeof w.text, "%lld min %lld s", s / 60, s % 60);
    else if (s < 86400) snprintf(w.text, sizeof w.text, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else snprintf(w.text, sizeof w.text, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    return w;
}

struct words words_percent(double part, double all) {
    struct words w;
    if (all > 0) snprintf(w.text, sizeof w.text, "%.1f %%", 100 * part / all);
    else snprintf(w.text, sizeof w.text, "-");
    return w;
}
