#include "cassette.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

enum { INLINE_BYTES = 4 << 20, PATH_BYTES = 4096 };

static const char *map_file(const char *path, size_t *size) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) die("cannot read", path);
    *size = (size_t)st.st_size;
    const char *bytes = mmap(NULL, *size ? *size : 1, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) die("cannot map", path);
    return bytes;
}

static long long number(const cJSON *o, const char *name) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsNumber(v) ? (long long)v->valuedouble : -1;
}

static bool says(const cJSON *o, const char *name, const char *value) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return text && strcmp(text, value) == 0;
}

static void keep_inline(struct cassette *c) {
    if (c->n != 1 || c->json || c->pieces[0].bytes > INLINE_BYTES) return;
    size_t wire = (size_t)c->pieces[0].wire;
    c->inline_text = must(malloc(wire * 4 / 3 + 8));
    EVP_EncodeBlock((unsigned char *)c->inline_text, (const unsigned char *)c->tape, (int)wire);
}

static void take_pieces(struct cassette *c, const cJSON *chunks) {
    const cJSON *chunk;
    long long at = 0, offset = 0;
    c->pieces = must(calloc((size_t)cJSON_GetArraySize(chunks) + 1, sizeof *c->pieces));
    cJSON_ArrayForEach(chunk, chunks) {
        struct piece *p = &c->pieces[c->n++];
        *p = (struct piece){number(chunk, "row_count"), offset, number(chunk, "byte_count"), at,
                            number(chunk, "wire_bytes")};
        at += p->wire, offset += p->rows, c->bytes += p->bytes;
    }
    c->pieces[c->n].at = at;    /* the end */
}

static void load(struct shelf *s, const char *dir, const char *name) {
    char path[PATH_BYTES];
    size_t size, tape_size;
    if (s->n == MAX_CASSETTES) die("too many cassettes", dir);
    struct cassette *c = &s->all[s->n++];
    snprintf(path, sizeof path, "%s/%s/manifest.json", dir, name);
    const char *text = map_file(path, &size);
    cJSON *doc = cJSON_ParseWithLength(text, size);
    if (!doc) die("not JSON", path);
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(doc, "columns");
    const cJSON *match = cJSON_GetObjectItemCaseSensitive(doc, "match");
    c->name = must(strdup(name));
    c->match = match ? must(strdup(match->valuestring)) : NULL;
    c->columns = must(cJSON_PrintUnformatted(columns));
    c->n_columns = cJSON_GetArraySize(columns);
    c->rows = number(doc, "rows");
    c->json = says(doc, "format", "JSON_ARRAY");
    c->plain = c->json || says(doc, "compression", "none");
    c->unlisted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(doc, "unlisted"));
    take_pieces(c, cJSON_GetObjectItemCaseSensitive(doc, "chunks"));
    snprintf(path, sizeof path, "%s/%s/chunks.bin", dir, name);
    c->tape = map_file(path, &tape_size);
    if ((size_t)c->pieces[c->n].at != tape_size) die("chunks.bin does not fit its manifest", path);
    keep_inline(c);
    cJSON_Delete(doc);
    munmap((void *)text, size);
}

void shelf_load(struct shelf *s, const char *dir) {
    DIR *d = opendir(dir);
    char path[PATH_BYTES];
    if (!d) die("no such folder", dir);
    for (struct dirent *f; (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s/manifest.json", dir, f->d_name);
        if (access(path, R_OK) == 0) load(s, dir, f->d_name);
    }
    closedir(d);
}

const struct cassette *shelf_named(const struct shelf *s, const char *name, size_t len, const char *suffix) {
    for (int i = 0; i < s->n; i++)
        if (strncmp(s->all[i].name, name, len) == 0 && strcmp(s->all[i].name + len, suffix) == 0) return &s->all[i];
    return NULL;
}

const struct cassette *shelf_find(const struct shelf *s, const char *sql) {
    const char *from = strstr(sql, "FROM ");
    const struct cassette *c = from ? shelf_named(s, from + 5, strcspn(from + 5, " \t\n;)/"), "") : NULL;
    for (int i = 0; i < s->n && !c; i++)
        if (s->all[i].match && strstr(sql, s->all[i].match)) c = &s->all[i];
    return c;
}
