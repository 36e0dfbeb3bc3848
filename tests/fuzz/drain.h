/* drain: take every batch out of a decoder and look at every cell, as an application would: through the kernels. */
#ifndef TESTS_FUZZ_DRAIN_H
#define TESTS_FUZZ_DRAIN_H

#include "core/sea_model.h"
#include "core/sv.h"

/* Feeds bytes as one chunk, or cut in two when split > 0. Returns rows seen, -1 on an error (which has a text). */
long drain(const struct sea_manifest *m, const unsigned char *bytes, unsigned long size, unsigned long split);

#endif
