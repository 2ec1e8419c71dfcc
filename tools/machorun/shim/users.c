// users.c - users and groups.
//
// The C library knows them (os/user asks for them without cgo). A struct passwd of Darwin has three members more (class,
// and when the password and the account end); a struct group is the same.
// The functions return the error rather than setting errno.
// REF   Passwd, Group: internal/syscall/unix/user_darwin.go.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

typedef struct {
    char *name, *password;
    u32 uid, gid;
    i64 change;
    char *class, *gecos, *home, *shell;
    i64 expire;
} DarwinPasswd;

static char no_class[] = "";

static long passwd_show(int problem, const struct passwd *l, DarwinPasswd *d, DarwinPasswd **found) {
    *found = NULL;
    if (problem || !l)
        return darwin_errno(problem);
    *d = (DarwinPasswd){
        .name = l->pw_name,
        .password = l->pw_passwd,
        .uid = l->pw_uid,
        .gid = l->pw_gid,
        .class = no_class,
        .gecos = l->pw_gecos,
        .home = l->pw_dir,
        .shell = l->pw_shell,
    };
    *found = d;
    return 0;
}

static long shim_getpwnam_r(const char *name, DarwinPasswd *d, char *buf, size_t size, DarwinPasswd **found) {
    struct passwd l, *p;
    int problem = getpwnam_r(name, &l, buf, size, &p);
    return passwd_show(problem, p, d, found);
}

static long shim_getpwuid_r(u32 uid, DarwinPasswd *d, char *buf, size_t size, DarwinPasswd **found) {
    struct passwd l, *p;
    int problem = getpwuid_r(uid, &l, buf, size, &p);
    return passwd_show(problem, p, d, found);
}

// Without a buffer of the caller's: valid until the thread's next call.
static DarwinPasswd *passwd_of_thread(const struct passwd *l) {
    static _Thread_local DarwinPasswd d;
    DarwinPasswd *found;
    if (!l)
        result(-1);
    passwd_show(0, l, &d, &found);
    return found;
}

static DarwinPasswd *shim_getpwnam(const char *name) {
    return passwd_of_thread(getpwnam(name));
}

static DarwinPasswd *shim_getpwuid(u32 uid) {
    return passwd_of_thread(getpwuid(uid));
}

static long shim_getgrnam_r(const char *name, struct group *g, char *buf, size_t size, struct group **found) {
    return darwin_errno(getgrnam_r(name, g, buf, size, found));
}

static long shim_getgrgid_r(u32 gid, struct group *g, char *buf, size_t size, struct group **found) {
    return darwin_errno(getgrgid_r(gid, g, buf, size, found));
}

// *n is the room for groups and becomes their number; -1 when there was too little. Sets no errno.
static long shim_getgrouplist(const char *name, u32 gid, u32 *groups, int *n) {
    return getgrouplist(name, gid, groups, n) < 0 ? -1 : 0;
}

const Export exports_identity[] = {
    EXPORT(getgrgid_r), EXPORT(getgrnam_r), EXPORT(getgrouplist), EXPORT(getpwnam),
    EXPORT(getpwnam_r), EXPORT(getpwuid),   EXPORT(getpwuid_r),   EXPORTS_END,
};
