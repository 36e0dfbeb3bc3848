#define _GNU_SOURCE /* dl_iterate_phdr */
#include "slim.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Code that the linker had to patch is not as the file has it. */
static bool is_patched(const struct dl_phdr_info *info) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *d = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL)) return true;
    }
    return false;
}

/* Segments that nobody may write are as the file has them. */
static int drop_object(struct dl_phdr_info *info, size_t size, void *page_size) {
    uintptr_t mask = *(const uintptr_t *)page_size - 1;
    (void)size;
    if (is_patched(info)) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~mask, to = (info->dlpi_addr + p->p_vaddr + p->p_filesz) & ~mask;
        if (p->p_type == PT_LOAD && !(p->p_flags & PF_W) && to > from) madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

void slim_drop_start(void) {
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    malloc_trim(0);
    dl_iterate_phdr(drop_object, &page_size);
}
