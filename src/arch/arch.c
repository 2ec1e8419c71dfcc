// arch.c - the list of processors.
#include "arch/arch.h"

static const Arch *const archs[] = {&arch_amd64, &arch_arm64};

const Arch *arch_find(Str goarch) {
    for (u32 i = 0; i < COUNT_OF(archs); i++) {
        if (str_eq(goarch, str_from_c(archs[i]->name)))
            return archs[i];
    }
    return NULL;
}
