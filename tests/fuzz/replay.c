/* Runs a fuzz target over files or folders of files: the corpus in make check, a crash file by hand. With --mutate N it
 * also makes N damaged copies of each, for want of a fuzzer: --seed S. With WITH_LIBFUZZER, libFuzzer brings main(). */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A length that is only claimed may be absurd; the answer is an error, not the end of the program. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

#ifndef WITH_LIBFUZZER
static long mutations;
static uint64_t state = 88172645463325252u;
static int n_files;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void damage(uint8_t *data, size_t *size) {
    static const uint8_t ODD[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\\', ',', '[', ']', '-', '0', '9'};
    size_t at = *size ? next_random() % *size : 0, n = next_random() % 8 + 1;
    if (*size == 0) return;
    switch (next_random() % 6) {
    case 0: data[at] ^= (uint8_t)(1u << next_random() % 8); break;
    case 1: data[at] = ODD[next_random() % sizeof ODD]; break;
    case 2: for (size_t i = at; i < at + n && i < *size; i++) data[i] = (uint8_t)next_random(); break;
    case 3: *size = at; break;
    case 4:
        at &= ~(size_t)3;
        for (size_t i = at; i < at + 4 && i < *size; i++) data[i] = next_random() & 1 ? 0xff : 0;
        break;
    default:
        if (at + 2 * n < *size) memmove(data + at, data + at + n, *size - at - n);
    }
}

static void run_file(const char *path) {
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    if (!f) return;
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    n_files++;
    for (long m = 0; m <= mutations; m++) {
        uint8_t *copy = malloc(size ? size : 1);
        size_t len = size;
        if (!copy) return;
        memcpy(copy, bytes, size);
        for (uint64_t k = m ? next_random() % 4 + 1 : 0; k; k--) damage(copy, &len);
        if (m && getenv("LAST")) {
            FILE *out = fopen(getenv("LAST"), "wb");
            if (out) {
                fwrite(copy, 1, len, out);
                fclose(out);
            }
        }
        uint8_t *exact = malloc(len ? len : 1);     /* so that reading one byte too far is noticed */
        if (exact) {
            memcpy(exact, copy, len);
            LLVMFuzzerTestOneInput(exact, len);
        }
        free(exact);
        free(copy);
    }
}

static void run_path(const char *path) {
    DIR *dir = opendir(path);
    char file[4096];
    if (!dir) {
        run_file(path);
        return;
    }
    for (struct dirent *d; (d = readdir(dir));) {
        if (d->d_name[0] == '.') continue;
        snprintf(file, sizeof file, "%s/%s", path, d->d_name);
        run_file(file);
    }
    closedir(dir);
}

int main(int argc, char **argv) {
    char corpus[4096];
    const char *src = getenv("srcdir"), *name = strrchr(argv[0], '/');
    int paths = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mutate") == 0 && i + 1 < argc) mutations = atol(argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) state += strtoull(argv[++i], NULL, 10) * 2654435761u;
        else run_path(argv[i]), paths++;
    }
    if (!paths) {
        name = name ? name + 1 : argv[0];
        if (strncmp(name, "lt-", 3) == 0) name += 3;
        snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus/%s", src ? src : ".", name);
        run_path(corpus);
    }
    printf("1..1\n%s 1 - %d inputs, %ld mutations of each\n", n_files ? "ok" : "not ok", n_files, mutations);
    return n_files ? 0 : 1;
}
#endif
