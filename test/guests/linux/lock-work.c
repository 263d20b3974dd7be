// One spinlock of the kernel, contended: threads of one process, one bound to each processor, that change the process's table of files (files_struct.file_lock).
// Tells how often they did in a tenth of a second of the guest's own clock: where waiters spin for one that has no physical CPU that is so little that the same work would never end.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SPAN_US 100000

static pthread_barrier_t start;
static long rounds, end_us;

static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *work(void *argument) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((long)argument, &set);
  sched_setaffinity(0, sizeof set, &set);
  pthread_barrier_wait(&start);
  long done = 0;
  for (; now_us() < end_us; done++) close(dup(1));
  __atomic_fetch_add(&rounds, done, __ATOMIC_RELAXED);
  return NULL;
}

int main(void) {
  pthread_t threads[64];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_barrier_init(&start, NULL, cpus + 1);
  for (long cpu = 0; cpu < cpus; cpu++) pthread_create(&threads[cpu], NULL, work, (void *)cpu);
  long began = now_us();
  end_us = began + SPAN_US;
  pthread_barrier_wait(&start);
  for (long cpu = 0; cpu < cpus; cpu++) pthread_join(threads[cpu], NULL);
  printf("GUEST: locks %ld threads, %ld rounds in %ld us\n", cpus, rounds, now_us() - began);
  return 0;
}
