// user.c - loads the library in Go, whose path is its argument, and calls it from several threads.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static int (*sum)(int);

static void *thread_main(void *arg) {
    *(int *)arg = sum(10);
    return NULL;
}

int main(int argc, char **argv) {
    void *lib = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    sum = lib ? (int (*)(int))dlsym(lib, "Sum") : NULL;
    if (!sum) {
        printf("%s\n", dlerror());
        return 1;
    }
    printf("%d, nothing: %d, write: %d\n", sum(100), dlsym(lib, "Nothing") != NULL,
           dlsym(lib, "write") != NULL);
    pthread_t threads[4];
    int sums[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, thread_main, &sums[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("%d %d %d %d\n", sums[0], sums[1], sums[2], sums[3]);
    return 0;
}
