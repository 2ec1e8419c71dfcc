// unit.h - what every unit test includes: cmocka and its prerequisites, and a comparison of views.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/types.h"

#define assert_str(s, want)                                                                          \
    do {                                                                                             \
        Str s_ = (s);                                                                                \
        const char *w_ = (want);                                                                     \
        if (!str_eq(s_, str_from_c(w_)))                                                             \
            fail_msg("got '" STR_FMT "', want '%s'", STR_ARG(s_), w_);                               \
    } while (0)
