/* mem: allocation that cannot overflow.
 *
 * Every allocation of ours goes through here. NULL means out of memory and is the caller's to report
 * (err_nomem). */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes);                  /* uninitialised; bytes 0 gives a unique pointer */
void *mem_zalloc(size_t bytes);                 /* zeroed */
void *mem_array(size_t count, size_t size);     /* zeroed; NULL when count * size overflows */
void *mem_realloc(void *old, size_t bytes);     /* as realloc: the old block lives on when NULL is returned */
void mem_free(void *p);
void mem_wipe(void *p, size_t bytes);           /* overwrites a secret; never optimised away */

char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t len);   /* copies exactly len bytes and ends them with NUL */
void mem_free_secret(char *s);                  /* wipes a NUL-terminated string, then frees it; NULL is welcome */

#endif
