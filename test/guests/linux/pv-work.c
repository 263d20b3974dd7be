// What makes Linux use the paravirtual calls of several vCPUs: threads of one process that change its mappings (TLB flushes on all processors, the mm's locks
// contended) and its table of files (a spinlock contended), one thread bound to each processor.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 300
#define PAGES 8
#define PAGE 4096
#define FILES 40

static pthread_barrier_t start;
static unsigned long sum;

static void *work(void *argument) {
  long cpu = (long)argument;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
  pthread_barrier_wait(&start);
  for (int round = 0; round < ROUNDS; round++) {
    volatile char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) exit(2);
    for (int page = 0; page < PAGES; page++) pages[page * PAGE] = page;
    mprotect((void *)pages, PAGES * PAGE, PROT_READ);
    for (int page = 0; page < PAGES; page++) __atomic_fetch_add(&sum, pages[page * PAGE], __ATOMIC_RELAXED);
    munmap((void *)pages, PAGES * PAGE);
    for (int file = 0; file < FILES; file++) close(dup(1));
  }
  return NULL;
}

int main(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_t threads[64];
  pthread_barrier_init(&start, NULL, cpus);
  for (long cpu = 0; cpu < cpus; cpu++) pthread_create(&threads[cpu], NULL, work, (void *)cpu);
  for (long cpu = 0; cpu < cpus; cpu++) pthread_join(threads[cpu], NULL);
  printf("GUEST: pv-work %ld threads, sum %s\n", cpus, sum == (unsigned long)cpus * ROUNDS * (PAGES * (PAGES - 1) / 2) ? "right" : "WRONG");
  return 0;
}
