/* slim: gives back what only the start needed. */
#ifndef PROXY_SLIM_H
#define PROXY_SLIM_H

/* Symbol tables, relocations and code that runs once are pages of program and libraries (curl alone brings forty) that
 * the dynamic linker has touched. They are dropped from the process, and read again from the file, which the page cache
 * holds, should they be needed after all. Failure is of no consequence. */
void slim_drop_start(void);

#endif
