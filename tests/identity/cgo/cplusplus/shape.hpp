// The parts that both files have.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual int area() const = 0;
};

template <int N> struct Square : Shape {
    int area() const override { return N * N; }
};

inline int counted() {
    static int calls;
    return ++calls;
}

std::vector<const Shape *> &shapes();
