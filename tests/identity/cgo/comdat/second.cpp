// One of two that share the templates.
#include "square.hpp"

extern "C" int second(int n) {
    return measure(Square<4>()) + measure(Square<6>()) + scaled<4>(n);
}
