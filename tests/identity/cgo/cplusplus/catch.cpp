// An exception that another function catches.
#include "shape.hpp"

static std::string text;

static void check(int n) {
    if (n < 0)
        throw std::runtime_error("negative " + std::to_string(counted()));
}

extern "C" const char *caught(int n) {
    try {
        check(n);
        text = std::to_string(Square<5>().area());
    } catch (const std::exception &e) {
        text = e.what();
    }
    return text.c_str();
}
