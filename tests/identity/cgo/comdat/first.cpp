// One of two that share the templates.
#include "square.hpp"

extern "C" int first(int n) {
    return measure(Square<4>()) + measure(Square<5>()) + scaled<4>(n);
}
