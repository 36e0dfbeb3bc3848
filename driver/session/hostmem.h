/* hostmem: what was learnt about a workspace host and is worth knowing for the next connection of this process: which
 * kinds of result it gives, and that its storage cannot be reached from here. Forgotten after ten minutes. Any thread. */
#ifndef DRIVER_SESSION_HOSTMEM_H
#define DRIVER_SESSION_HOSTMEM_H

#include <stdbool.h>

int hostmem_mode(const char *host, int otherwise);      /* enum sea_mode of session_priv.h */
void hostmem_set_mode(const char *host, int mode);
bool hostmem_storage_blocked(const char *host);
void hostmem_block_storage(const char *host);

#endif
