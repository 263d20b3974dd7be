/* Work items shared by the guest kernel and the native Linux program.
 * Every item does a FIXED amount of work, times it with RDTSC, and yields a checksum that must be equal on every
 * engine. */
#pragma once
#include <stdint.h>
#include <stddef.h>
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint8_t u8;
typedef uint16_t u16;
#ifndef SCALE
#define SCALE 1 /* multiplies every item's work */
#endif
#ifndef DIVIDE
#define DIVIDE 1 /* divides it: for tests */
#endif
#ifndef FIB
#define FIB 32
#endif
u32 w_core(u32 n);   /* list + matrix + crc + state machine */
u32 w_stream(u32 n); /* copy/add over 16 MiB */
u32 w_alias(u32 n);  /* the same with source and destination 16 MiB apart exactly */
u32 w_chase(u32 n);  /* pointer chase over 8192 pages */
u32 w_fib(u32 n);    /* recursion */
u32 w_switch(u32 n); /* indirect branches: bytecode interpreter */
u32 w_nbody(u32 n);  /* double-precision n-body (SSE2 on x86-64, x87 or SSE2 on i386) */
u32 w_wide(u32 n);   /* 64-bit multiply/add/rotate (xxh-like) */
extern u8 *arena;    /* 48 MiB, page aligned */
#define ARENA (48u << 20)
static inline u64 rdtsc(void) {
  u32 a, d;
  __asm__ volatile("lfence;rdtsc" : "=a"(a), "=d"(d)::"memory");
  return ((u64)d << 32) | a;
}
