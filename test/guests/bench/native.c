#define _GNU_SOURCE
#include "bench.h"
#include "items.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/mman.h>
static double now(clockid_t c) {
  struct timespec t;
  clock_gettime(c, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
int main(void) {
  arena = mmap(0, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
#define X(nm, f, n)                                                                                                    \
  {                                                                                                                    \
    u64 t0 = rdtsc();                                                                                                  \
    double c0 = now(CLOCK_PROCESS_CPUTIME_ID);                                                                         \
    u32 r = f(n);                                                                                                      \
    double c = now(CLOCK_PROCESS_CPUTIME_ID) - c0;                                                                     \
    u64 t = rdtsc() - t0;                                                                                              \
    printf("BENCH %s n=%u sum=%08x tsc=%llu cpu=%.4f\n", #nm, (u32)(n), r, (unsigned long long)t, c);                  \
  }
  ITEMS(X) return 0;
}
