// refused.c - functions that have nothing to work on here.
//
// Programs import some functions only to use what a Mac or its file system has, and live with a refusal, since not every one has
// it: flags and extended attributes of files, copies that share blocks. They are there and fail, with the error that
// macOS has for that case.
// REF   the manual pages of macOS: chflags(2), setxattr(2), clonefile(2), exchangedata(2), setlogin(2).
#include "machorun/shim/darwin.h"

static long not_supported(void) {
    return fail(DARWIN_ENOTSUP);
}

static long not_permitted(void) {
    return fail(DARWIN_EPERM);
}

static long not_implemented(void) {
    return fail(DARWIN_ENOSYS);
}

const Export exports_refused[] = {
    {"chflags", not_supported},
    {"clonefile", not_supported},
    {"clonefileat", not_supported},
    {"exchangedata", not_supported},
    {"fchflags", not_supported},
    {"fclonefileat", not_supported},
    {"fgetxattr", not_supported},
    {"flistxattr", not_supported},
    {"fremovexattr", not_supported},
    {"fsetxattr", not_supported},
    {"getxattr", not_supported},
    {"listxattr", not_supported},
    {"removexattr", not_supported},
    {"revoke", not_supported},
    {"setattrlist", not_supported},
    {"setxattr", not_supported},
    {"undelete", not_supported},
    {"mount", not_permitted},
    {"setlogin", not_permitted},
    {"unmount", not_permitted},
    {"pthread_chdir_np", not_implemented},
    {"pthread_fchdir_np", not_implemented},
    {"setprivexec", not_implemented},
    {"shmat", not_implemented},
    {"shmctl", not_implemented},
    {"shmdt", not_implemented},
    {"shmget", not_implemented},
    EXPORTS_END,
};
