/* translate: each line of standard input with its escape sequences translated; a line that cannot be becomes "!" and why. */
#include <stdio.h>
#include <string.h>

#include "driver/sql/escape.h"

enum { MAX_LINE = 65536 };

int main(void) {
    static char line[MAX_LINE];
    const struct escape_settings how = { .decimal_scale = 10 };
    struct buf out;
    buf_init(&out, MAX_LINE * 16);
    while (fgets(line, sizeof line, stdin)) {
        struct err e = ERR_INIT;
        line[strcspn(line, "\n")] = '\0';
        buf_reset(&out);
        if (escape_translate(sv_of(line), &how, &out, &e)) printf("!%s\n", e.text);
        else printf("%s\n", out.ptr ? out.ptr : "");
    }
    buf_fini(&out);
    return 0;
}
