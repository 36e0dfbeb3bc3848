/* mock: the REST API of a warehouse that plays cassettes from memory, so that the client is what is measured, and whose
 * storage can be made to fail in many ways.
 *
 *   bench/mock --cassettes DIR --ready-file FILE [--port N] [--storage-port N] [--api-ms N] [--first-byte-ms N]
 *              [--mib-per-s N] [--links N] [--expire-s N] [--idle-close-ms N] [--stall-ms N] [--faults SEED:PER_MILLE]
 *
 * A statement that holds "FROM <cassette>" (or a cassette's own "match" text) is answered with that cassette. Small
 * results come inline where the client allows it, all others as links to the storage port. A comment in the statement
 * may say more:
 *
 *   repeat N                          the rows so often
 *   links N                           so many links in an answer (else 8 in the first where the client says so, else 1)
 *   expire MS                         links are good for so long (else --expire-s, else 900 s); then the answer is 403.
 *                                     -MS: for so long, but they say 900 s
 *   faults SEED:PER_MILLE[:NAME]      so many of the requests for chunks and links fail (fault.h has the names)
 *   dead refuse | dead drop           the links lead to a port that refuses connections, or does not even do that
 *
 * A client that asks for JSON_ARRAY gets the cassette NAME_json if there is one. --api-ms delays each answer of the API,
 * --first-byte-ms each chunk, --mib-per-s is the bandwidth of one connection. Storage closes connections that were idle
 * for --idle-close-ms. Whatever is to stall does so for --stall-ms. GET /mock/counters tells what has happened.
 * Everything else a client may ask of a workspace is a 404. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mock.h"
#include "text.h"

static struct mock mock = {.stall_ms = 600000};

static void tell_ready(const char *path) {
    char temp[4096];
    snprintf(temp, sizeof temp, "%s.new", path);
    FILE *f = fopen(temp, "w");
    if (!f) die("cannot write", temp);
    fprintf(f,
            "{\"host\":\"127.0.0.1\",\"port\":%d,\"storage_port\":%d,\"http_path\":\"/sql/1.0/warehouses/mock\","
            "\"token\":\"dapi-mock\"}\n",
            mock.api.port, mock.storage.port);
    if (fclose(f) != 0 || rename(temp, path) != 0) die("cannot write", path);
}

static const struct option OPTIONS[] = {
    {"cassettes", required_argument, NULL, 'c'},     {"ready-file", required_argument, NULL, 'r'},
    {"port", required_argument, NULL, 'p'},          {"storage-port", required_argument, NULL, 's'},
    {"api-ms", required_argument, NULL, 'a'},        {"first-byte-ms", required_argument, NULL, 'f'},
    {"mib-per-s", required_argument, NULL, 'm'},     {"links", required_argument, NULL, 'l'},
    {"expire-s", required_argument, NULL, 'e'},      {"faults", required_argument, NULL, 'x'},
    {"idle-close-ms", required_argument, NULL, 'i'}, {"stall-ms", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0}};

static const char *cassettes, *ready;

static void take_option(int o) {
    switch (o) {
    case 'c': cassettes = optarg; break;
    case 'r': ready = optarg; break;
    case 'p': mock.api.port = atoi(optarg); break;
    case 's': mock.storage.port = atoi(optarg); break;
    case 'a': mock.api_ms = atol(optarg); break;
    case 'f': mock.first_byte_ms = atol(optarg); break;
    case 'm': mock.storage.mib_per_s = atol(optarg); break;
    case 'l': mock.links = atoi(optarg); break;
    case 'e': mock.expire_s = atoi(optarg); break;
    case 'i': mock.storage.idle_ms = atoi(optarg); break;
    case 'w': mock.stall_ms = atol(optarg); break;
    case 'x':
        if (sscanf(optarg, "%u:%d", &mock.plan.seed, &mock.plan.per_mille) != 2) die("not SEED:PER_MILLE", optarg);
        break;
    default: exit(2);
    }
}

static void start(void) {
    mock.api.on = api_on, mock.api.arg = &mock;
    mock.storage.on = storage_on, mock.storage.arg = &mock;
    for (int i = 0; i < 2; i++) mock.dead_port[i] = http_dead_port(i);
    http_listen(&mock.storage);
    http_listen(&mock.api);
}

int main(int argc, char **argv) {
    sigset_t ends;
    int which;
    for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) take_option(o);
    if (!cassettes || !ready) die("usage", "mock --cassettes DIR --ready-file FILE [OPTION...]");
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);   /* before the first thread */
    shelf_load(&mock.shelf, cassettes);
    start();
    tell_ready(ready);
    sigwait(&ends, &which);
    unlink(ready);
    _exit(0);                   /* others still serve; what they use must not go away */
}
