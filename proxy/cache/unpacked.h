/* unpacked: how long LZ4-framed bytes are once unpacked. Pure. */
#ifndef PROXY_UNPACKED_H
#define PROXY_UNPACKED_H

#include <stdint.h>

#include "core/sv.h"

/* Of one frame after the other, as results are made of; -1 = they are cut, damaged, or longer than max. */
int64_t unpacked_length(struct sv frames, int64_t max);

#endif
