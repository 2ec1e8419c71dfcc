// The parts that both files have.
#pragma once

template <int N> __attribute__((noinline)) int scaled(int n) {
    return N * n + n % 4;
}

struct Shape {
    virtual int area() const = 0;
};

template <int N> struct Square : Shape {
    int area() const override { return scaled<N>(N); }
};

__attribute__((noinline)) inline int measure(const Shape &s) {
    return s.area();
}
