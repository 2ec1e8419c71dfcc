// u_base.c - arenas, vectors, hash table, bytes, threads, files.
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/strmap.h"
#include "base/threads.h"
#include "base/vec.h"
#include "unit.h"

static void test_arena__reuse_is_zeroed(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    size_t mark = arena_mark(&a);
    u8 *p = arena_alloc(&a, 1000, 8);
    memset(p, 0xff, 1000);
    arena_release(&a, mark);
    u8 *q = arena_alloc(&a, 2000, 8);
    assert_ptr_equal(p, q);
    for (u32 i = 0; i < 2000; i++)
        assert_int_equal(q[i], 0);
    arena_free(&a);
}

static void test_arena__big_release_gives_pages_back(void **state) {
    (void)state;
    enum { BIG = 64 << 20 };
    Arena a;
    arena_init(&a, 0);
    arena_alloc(&a, 100, 1);
    size_t mark = arena_mark(&a);
    memset(arena_alloc_raw(&a, BIG, 1), 0xaa, BIG);
    arena_release(&a, mark);
    u8 *p = arena_alloc(&a, BIG, 1);
    for (u32 i = 0; i < BIG; i += 97)
        assert_int_equal(p[i], 0);
    arena_free(&a);
}

static void test_arena__alignment(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 1 << 20);
    arena_alloc(&a, 3, 1);
    for (size_t align = 1; align <= 4096; align *= 2)
        assert_int_equal((uintptr_t)arena_alloc(&a, 1, align) % align, 0);
    assert_str(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
    arena_free(&a);
}

static void test_vec__grows_in_place_at_the_end(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    VEC(u32) v = {0};
    for (u32 i = 0; i < 100000; i++)
        vec_push(&a, &v, i);
#ifndef __SANITIZE_ADDRESS__ // which keeps a gap behind every block, so that none can grow
    assert_true(a.used <= 2 * 100000 * sizeof(u32) + 64);
#endif
    arena_alloc(&a, 1, 1); // now it must move
    u32 more[3] = {7, 8, 9};
    for (u32 i = 0; i < 50000; i++)
        vec_append(&a, &v, more, 3);
    assert_int_equal(v.n, 250000);
    for (u32 i = 0; i < 100000; i++)
        assert_int_equal(v.v[i], i);
    assert_int_equal(v.v[249999], 9);
    arena_free(&a);
}

static void test_strmap__many_keys(void **state) {
    (void)state;
    enum { N = 50000 };
    Arena a;
    arena_init(&a, 0);
    StrMap m;
    strmap_init(&m, &a, 0);
    assert_int_equal(strmap_get(&m, STR("x"), 0), STRMAP_NONE);
    for (u32 i = 0; i < N; i++)
        strmap_put(&m, arena_printf(&a, "key%u", i), i % 3, i);
    assert_int_equal(m.count, N);
    for (u32 i = 0; i < N; i++) {
        Str key = arena_printf(&a, "key%u", i);
        assert_int_equal(strmap_get(&m, key, i % 3), i);
        assert_int_equal(strmap_get(&m, key, i % 3 + 1), STRMAP_NONE);
    }
    strmap_put(&m, STR(""), 0, 5);
    assert_int_equal(strmap_get(&m, (Str){0}, 0), 5);
    u32 *slot = strmap_slot(&m, STR("new"), 9);
    assert_int_equal(*slot, STRMAP_NONE);
    *slot = 1;
    strmap_put(&m, STR("new"), 9, 2);
    assert_int_equal(strmap_get(&m, STR("new"), 9), 2);
    arena_free(&a);
}

static void test_bytes__leb128_round_trip(void **state) {
    (void)state;
    static const i64 values[] = {0,    1,     -1,    63,        64,       -64,       -65,
                                 127,  128,   -128,  300,       -300,     INT32_MAX, INT32_MIN,
                                 8191, -8192, -8193, INT64_MAX, INT64_MIN};
    Arena a;
    arena_init(&a, 0);
    ByteBuf b = {.arena = &a};
    for (u32 i = 0; i < COUNT_OF(values); i++) {
        u32 before = b.n;
        buf_uleb(&b, (u64)values[i]);
        assert_int_equal(b.n - before, uleb_size((u64)values[i]));
        before = b.n;
        buf_sleb(&b, values[i]);
        assert_int_equal(b.n - before, sleb_size(values[i]));
    }
    ByteReader r = {.p = b.v, .n = b.n};
    for (u32 i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(read_uleb(&r), (u64)values[i]);
        assert_int_equal(read_sleb(&r), values[i]);
    }
    assert_false(r.bad);
    assert_int_equal(r.off, r.n);
    arena_free(&a);
}

static void test_bytes__reads_past_the_end_are_zero_and_bad(void **state) {
    (void)state;
    static const u8 data[] = {1, 2, 3, 'a', 0, 'b'};
    ByteReader r = {.p = data, .n = sizeof data};
    assert_int_equal(read_u8(&r), 1);
    assert_int_equal(read_u16(&r), 0x0302);
    assert_str(read_cstr(&r), "a");
    assert_false(r.bad);
    assert_int_equal(read_cstr(&r).n, 0);
    assert_true(r.bad);
    r = (ByteReader){.p = data, .n = 3};
    assert_int_equal(read_u32(&r), 0);
    assert_true(r.bad);
    assert_null(read_bytes(&r, UINT64_MAX));
    static const u8 endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    r = (ByteReader){.p = endless, .n = sizeof endless};
    read_uleb(&r);
    assert_true(r.bad);
}

static void test_bitmap__set_and_count(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Bitmap b = bitmap_new(&a, 130);
    bitmap_set(&b, 0);
    bitmap_set(&b, 129);
    assert_true(bitmap_set_atomic(&b, 64));
    assert_false(bitmap_set_atomic(&b, 64));
    assert_int_equal(bitmap_count(&b), 3);
    bitmap_clear(&b, 0);
    assert_false(bitmap_get(&b, 0));
    assert_int_equal(bitmap_count(&b), 2);
    arena_free(&a);
}

static void test_bitmap__next(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Bitmap b = bitmap_new(&a, 200);
    assert_int_equal(bitmap_next(&b, 0, 200), 200);
    bitmap_set(&b, 63);
    bitmap_set(&b, 64);
    bitmap_set(&b, 190);
    assert_int_equal(bitmap_next(&b, 0, 200), 63);
    assert_int_equal(bitmap_next(&b, 63, 200), 63);
    assert_int_equal(bitmap_next(&b, 64, 200), 64);
    assert_int_equal(bitmap_next(&b, 65, 200), 190);
    assert_int_equal(bitmap_next(&b, 65, 190), 190); // the end, not the bit
    assert_int_equal(bitmap_next(&b, 0, 63), 63);
    assert_int_equal(bitmap_next(&b, 191, 200), 200);
    assert_int_equal(bitmap_next(&b, 200, 200), 200);
    arena_free(&a);
}

// Marks each index, and puts one number a range into the worker's arena.
static void mark_range(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    u8 *marks = arg;
    for (u64 i = begin; i < end; i++)
        marks[i]++;
}

static void test_threads__every_index_once(void **state) {
    (void)state;
    enum { N = 10007 };
    static u8 marks[N];
    for (u32 threads = 1; threads <= 8; threads++) {
        Pool *p = pool_new(threads, NULL);
        for (u32 round = 0; round < 200; round++) {
            memset(marks, 0, sizeof marks);
            parallel_for(p, N, 1 + round % 97, mark_range, marks);
            for (u32 i = 0; i < N; i++)
                assert_int_equal(marks[i], 1);
        }
        parallel_for(p, 0, 1, mark_range, marks);
        assert_int_equal(pool_size(p), threads);
        assert_non_null(arena_alloc(worker_arena(p, threads - 1), 10, 1));
        pool_free(p);
    }
}

typedef struct {
    Pool *pool;
    u32 rounds;
    u8 *marks;
    u64 sums[300]; // by piece
} Lane;

enum { LANE_N = 300 };

// Each piece leaves its index in scratch and reads it back when the other lanes have had time to disturb it.
static void use_scratch(void *arg, u64 begin, u64 end, u32 worker) {
    Lane *l = arg;
    for (u64 i = begin; i < end; i++) {
        u64 *v = arena_array(worker_arena(l->pool, worker), u64, 100);
        for (u32 k = 0; k < 100; k++)
            v[k] = i;
        for (u32 k = 0; k < 100; k++)
            l->sums[i] += v[k];
        l->marks[i]++;
    }
}

static void run_lane(void *arg) {
    Lane *l = arg;
    u32 n = pool_size(l->pool);
    for (u32 round = 0; round < l->rounds; round++) {
        size_t marks[8];
        u8 *own = arena_array(worker_arena(l->pool, 0), u8, 64);
        memset(own, (int)round, 64);
        for (u32 w = 0; w < n; w++)
            marks[w] = arena_mark(worker_arena(l->pool, w));
        memset(l->sums, 0, sizeof l->sums);
        memset(l->marks, 0, LANE_N);
        parallel_for(l->pool, LANE_N, 1 + round % 7, use_scratch, l);
        for (u32 w = 0; w < n; w++)
            arena_release(worker_arena(l->pool, w), marks[w]);
        for (u32 i = 0; i < LANE_N; i++) {
            assert_int_equal(l->marks[i], 1);
            assert_int_equal(l->sums[i], 100 * i);
        }
        for (u32 i = 0; i < 64; i++)
            assert_int_equal(own[i], (u8)round);
    }
}

static void test_threads__tasks_side_by_side(void **state) {
    (void)state;
    static u8 marks[MAX_TASKS][LANE_N];
    static Lane lanes[MAX_TASKS];
    for (u32 threads = 1; threads <= 8; threads++) {
        Pool *p = pool_new(threads, NULL);
        for (u32 n = 0; n <= MAX_TASKS; n++) {
            Task tasks[MAX_TASKS];
            for (u32 i = 0; i < n; i++) {
                lanes[i] = (Lane){.pool = p, .rounds = 5 + 20 * i, .marks = marks[i]};
                tasks[i] = (Task){run_lane, &lanes[i]};
            }
            parallel_tasks(p, tasks, n);
            run_lane(&(Lane){.pool = p, .rounds = 3, .marks = marks[0]});
        }
        pool_free(p);
    }
}

// ---- files ---------------------------------------------------------------------------------------------

// A fresh directory under $TMPDIR; its name without a slash at the end.
static const char *make_dir(void) {
    static char dir[256];
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/gild-unit-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static u32 count_entries(const char *dir) {
    char command[512];
    snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
    FILE *f = popen(command, "r");
    u32 n = 0;
    assert_int_equal(fscanf(f, "%u", &n), 1);
    pclose(f);
    return n;
}

static void test_file__output_appears_whole(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    const char *dir = make_dir();
    Str path = arena_printf(&a, "%s/out", dir);
    Output *o = output_create(&a, path, 8);
    assert_int_equal(access(path.p, F_OK), -1);
    memcpy(output_data(o), "helloyou", 8);
    output_commit(o);
    Str got;
    assert_true(file_read(&a, path, &got));
    assert_str(got, "helloyou");
    struct stat st;
    assert_int_equal(stat(path.p, &st), 0);
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(st.st_mode & 0777, 0775 & ~mask);
    assert_int_equal(count_entries(dir), 1);

    // A symbolic link stays, and what it leads to is replaced.
    Str link = arena_printf(&a, "%s/link", dir);
    assert_int_equal(symlink("out", link.p), 0);
    o = output_create(&a, link, 3);
    memcpy(output_data(o), "new", 3);
    output_commit(o);
    assert_int_equal(lstat(link.p, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(file_read(&a, path, &got));
    assert_str(got, "new");

    // A file that grows keeps what was written.
    o = output_create(&a, path, 2);
    output_write(o, 0, "ab", 2);
    u8 *bytes = output_resize(o, 100000);
    assert_memory_equal(bytes, "ab", 3);
    bytes[99999] = 'z';
    output_commit(o);
    assert_true(file_read(&a, path, &got));
    assert_int_equal(got.n, 100000);
    assert_int_equal(got.p[99999], 'z');

    // Dropped pages keep what was written, also when the output is no file yet.
    static const char *const targets[] = {"out", "fifo"};
    Str fifo = arena_printf(&a, "%s/fifo", dir);
    assert_int_equal(mkfifo(fifo.p, 0600), 0);
    for (u32 i = 0; i < COUNT_OF(targets); i++) {
        o = output_create(&a, arena_printf(&a, "%s/%s", dir, targets[i]), 3 << 20);
        memset(output_data(o), 7, 3 << 20);
        file_trim();
        for (u32 j = 0; j < 3 << 20; j += 1000)
            assert_int_equal(output_data(o)[j], 7);
        output_abort();
    }
    unlink(fifo.p);

    // Abandoned output leaves nothing.
    output_create(&a, path, 100);
    assert_int_equal(count_entries(dir), 3);
    output_abort();
    assert_int_equal(count_entries(dir), 2);
    unlink(path.p);
    unlink(link.p);
    rmdir(dir);

    o = output_create(&a, STR("/dev/null"), 20);
    memset(output_data(o), 1, 20);
    output_commit(o);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    arena_free(&a);
}

static void test_file__map(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    MappedFile f;
    assert_false(file_map(&f, &a, STR("/nonexistent")));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(file_error_text(ENOENT), "no such file or directory");
    assert_false(file_map(&f, &a, STR("/")));
    assert_int_equal(errno, EISDIR);
    assert_true(file_map(&f, &a, STR("/proc/self/exe")));
    assert_int_equal(f.data[0], 0x7f);
    file_trim();
    assert_int_equal(f.data[1], 'E');
    arena_free(&a);
}

// Runs fn in a child whose standard error goes to a pipe; returns the exit status and the text.
static int run_child(void (*fn)(void), char *text, size_t size) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        fn();
        _exit(99);
    }
    close(fds[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(fds[0], text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = 0;
    close(fds[0]);
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void report_some(void) {
    checkpoint();
    error_at(2, "second");
    error_at(1, "first");
    error_at(3, "first");
    error_about(4, 7, "of two");
    error_about(5, 8, "of two");
    error_about(6, 7, "of two");
    error("zeroth");
    checkpoint();
}

static void report_many(void) {
    for (u64 i = 0; i < 30; i++)
        error_at(30 - i, "e%02u", (unsigned)(30 - i));
    fatal("the end: %d", 7);
}

static void break_invariant(void) {
    diag_set_phase("testing");
    bug("x is %d", 3);
}

static void test_diag__sorted_merged_limited(void **state) {
    (void)state;
    char text[4096];
    assert_int_equal(run_child(report_some, text, sizeof text), 2);
    assert_string_equal(text, "zeroth\nfirst\nsecond\nof two\nof two\n");
    assert_int_equal(run_child(report_many, text, sizeof text), 2);
    assert_non_null(strstr(text, "e01\ne02\n"));
    assert_non_null(strstr(text, "e20\nlink: too many errors\nlink: the end: 7\n"));
    assert_int_equal(run_child(break_invariant, text, sizeof text), 2);
    assert_string_equal(text, "link: internal error in phase 'testing': x is 3\n");
}

static Str child_path;

static void write_past_end_of_disk(void) {
    static Arena a;
    arena_init(&a, 0);
    file_install_signal_handlers();
    Output *o = output_create(&a, child_path, 1 << 20);
    assert_int_equal(truncate(child_path.p, 0), -1);
    char command[300];
    snprintf(command, sizeof command, "truncate -s 0 $(dirname %s)/.out.gild-*", child_path.p);
    if (system(command) == 0)
        output_data(o)[5000] = 1;
}

static void die_of_signal(void) {
    static Arena a;
    arena_init(&a, 0);
    file_install_signal_handlers();
    output_create(&a, child_path, 1 << 20);
    raise(SIGTERM);
}

static void test_file__signals_remove_the_temporary_file(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    const char *dir = make_dir();
    child_path = arena_printf(&a, "%s/out", dir);
    char text[4096];
    assert_int_equal(run_child(write_past_end_of_disk, text, sizeof text), 2);
    assert_non_null(strstr(text, "disk full?"));
    assert_int_equal(run_child(die_of_signal, text, sizeof text), -SIGTERM);
    assert_int_equal(count_entries(dir), 0);
    rmdir(dir);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__reuse_is_zeroed),
        cmocka_unit_test(test_arena__big_release_gives_pages_back),
        cmocka_unit_test(test_arena__alignment),
        cmocka_unit_test(test_vec__grows_in_place_at_the_end),
        cmocka_unit_test(test_strmap__many_keys),
        cmocka_unit_test(test_bytes__leb128_round_trip),
        cmocka_unit_test(test_bytes__reads_past_the_end_are_zero_and_bad),
        cmocka_unit_test(test_bitmap__set_and_count),
        cmocka_unit_test(test_bitmap__next),
        cmocka_unit_test(test_threads__every_index_once),
        cmocka_unit_test(test_threads__tasks_side_by_side),
        cmocka_unit_test(test_file__output_appears_whole),
        cmocka_unit_test(test_file__map),
        cmocka_unit_test(test_file__signals_remove_the_temporary_file),
        cmocka_unit_test(test_diag__sorted_merged_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
