/* The guest kernel's C part: freestanding, identity-mapped, ring 0, IDT of its own, polled 16550 at 0x3f8. */
#include "bench.h"
#include "items.h"
static inline void outb(u16 p, u8 v) { __asm__ volatile("outb %0,%1" ::"a"(v), "Nd"(p)); }
static inline void outl(u16 p, u32 v) { __asm__ volatile("outl %0,%1" ::"a"(v), "Nd"(p)); }
static inline u8 inb(u16 p) {
  u8 v;
  __asm__ volatile("inb %1,%0" : "=a"(v) : "Nd"(p));
  return v;
}
static void putc_(char c) {
  int k = 100000;
  while (!(inb(0x3fd) & 0x20) && --k)
    ;
  outb(0x3f8, c);
}
static void puts_(const char *s) {
  while (*s)
    putc_(*s++);
}
static void hex(u32 v) {
  for (int i = 28; i >= 0; i -= 4)
    putc_("0123456789abcdef"[(v >> i) & 15]);
}
static void dec(u64 v) {
  char b[24];
  int i = 0; /* divide by 10 without libgcc on i386 */
  do {
    u32 hi = (u32)(v >> 32), lo = (u32)v, q1 = hi / 10, r = hi % 10, q0;
    u32 a = r;
    __asm__("divl %4" : "=a"(q0), "=d"(a) : "0"(lo), "1"(a), "r"(10u));
    b[i++] = '0' + a;
    v = ((u64)q1 << 32) | q0;
  } while (v);
  while (i)
    putc_(b[--i]);
}
static void report(const char *nm, u32 n, u32 sum, u64 t) {
  puts_("BENCH ");
  puts_(nm);
  puts_(" n=");
  dec(n);
  puts_(" sum=");
  hex(sum);
  puts_(" tsc=");
  dec(t);
  puts_("\n");
}
void *memset(void *d, int c, size_t n) {
  u8 *p = d;
  while (n--)
    *p++ = c;
  return d;
}
void *memcpy(void *d, const void *s, size_t n) {
  u8 *p = d;
  const u8 *q = s;
  while (n--)
    *p++ = *q++;
  return d;
}
/* ---- exceptions: every vector's stub is in start.S; handlers count and fix up ---- */
extern u8 isr_ud[], isr_pf[], isr_int[], isr_irq[];
extern volatile u32 exc_count;
extern u32 bootkind;
typedef struct __attribute__((packed)) {
  u16 lo, sel;
  u8 ist, type;
  u16 mid;
  u32 hi, z;
} gate;
extern u64 ptes[]; /* a 2 MiB window at WIN, mapped by 4 KiB entries (start.S) */
static gate idt[256] __attribute__((aligned(16)));
static void setgate(int v, void *f) {
  unsigned long a = (unsigned long)f;
  idt[v].lo = a;
  idt[v].sel = 8;
  idt[v].type = 0x8e;
  idt[v].mid = a >> 16;
  idt[v].hi = a >> 32;
  idt[v].ist = 0;
  idt[v].z = 0;
}
static void lidt(void) {
  struct __attribute__((packed)) {
    u16 l;
    unsigned long b;
  } d = {sizeof idt - 1, (unsigned long)idt};
  __asm__ volatile("lidt %0" ::"m"(d));
}
static inline void cpuid(u32 l, u32 *a, u32 *b, u32 *c, u32 *d) {
  __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "0"(l), "2"(0));
}
#define WIN 0x7000000ul /* 112 MiB: start.S maps [WIN,WIN+2M) through ptes[] */
static void timed(const char *nm, u32 n, void (*f)(u32)) {
  u32 c0 = exc_count;
  u64 t = rdtsc();
  f(n);
  t = rdtsc() - t;
  report(nm, n, exc_count - c0, t);
}
static void t_int(u32 n) {
  while (n--)
    __asm__ volatile("int $0x40" ::: "memory");
}
static void t_ud(u32 n) {
  while (n--)
    __asm__ volatile("ud2" ::: "memory");
} /* the handler skips 2 bytes */
static void t_pf(u32 n) {
  for (u32 i = 0; i < n; i++) {
    volatile u32 *p = (volatile u32 *)(WIN + (size_t)(i & 511) * 4096);
    *p = i;
    ptes[i & 511] &= ~1ul;
    __asm__ volatile("invlpg (%0)" ::"r"(p) : "memory");
  }
} /* the handler sets P */
static void t_inv(u32 n) {
  for (u32 i = 0; i < n; i++) {
    volatile u32 *p = (volatile u32 *)(WIN + (size_t)(i & 511) * 4096);
    ptes[i & 511] |= 1;
    *p;
    __asm__ volatile("invlpg (%0)" ::"r"(p) : "memory");
  }
}
static void t_outb(u32 n) {
  while (n--)
    outb(0x80, (u8)n);
}
static void t_inb(u32 n) {
  while (n--)
    (void)inb(0x3fd);
}
static void t_cpuid(u32 n) {
  u32 a, b, c, d;
  while (n--)
    cpuid(0x40000000, &a, &b, &c, &d);
}
static void t_rdtsc(u32 n) {
  while (n--)
    rdtsc();
}
static void t_cr3(u32 n) {
  while (n--)
    __asm__ volatile("mov %%cr3,%0;mov %0,%%cr3" : "=r"((unsigned long){0})::"memory");
}
static void t_vmcall(u32 n) {
  while (n--)
    __asm__ volatile("vmcall" ::"a"(0xffff) : "memory");
} /* #UD (3 bytes: see start.S) where there is no hypervisor */
extern u32 vmcall_len;
static void t_repstos(u32 n) {
  while (n--) {
    void *d = arena;
    size_t c = 1u << 20;
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(c) : "a"(n) : "memory");
  }
}
static void t_repmovs(u32 n) {
  while (n--) {
    void *d = arena;
    const void *s = arena + (8u << 20);
    size_t c = (1u << 20) / sizeof(long);
    __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(c)::"memory");
  }
}
/* self-modifying code: write an immediate into a function, call it: forces retranslation */
static void t_smc(u32 n) {
  u8 *f = arena + (36u << 20);
  f[0] = 0xb8;
  f[5] = 0xc3;
  u32 s = 0;
  for (u32 i = 0; i < n; i++) {
    *(volatile u32 *)(f + 1) = i;
    u32 r;
    __asm__ volatile("call *%1" : "=a"(r) : "r"(f) : "memory", "cc");
    s += r;
  }
  exc_count += s;
}
static void quit(u8 code) {
  for (u32 i = 0; i < 3000000; i++)
    __asm__ volatile("pause"); /* lets the harness read the clock of the last item */
  outb(0xf4, code);            /* isa-debug-exit */
  const char *s = "Shutdown";
  while (*s)
    outb(0x8900, *s++); /* Bochs */
  struct __attribute__((packed)) {
    u16 l;
    unsigned long b;
  } d = {0, 0};
  __asm__ volatile("lidt %0;int3" ::"m"(d));
  for (;;)
    __asm__ volatile("cli;hlt");
}
void kmain(void) {
  outb(0x3f9, 0);
  outb(0x3fb, 0x83);
  outb(0x3f8, 1);
  outb(0x3f9, 0);
  outb(0x3fb, 3);
  outb(0x3fa, 7);
  setgate(6, isr_ud);
  setgate(14, isr_pf);
  setgate(0x40, isr_int);
  lidt();
  arena = (u8 *)0x2000000; /* 32..80 MiB */
  puts_("BENCH-START ");
  puts_(sizeof(long) == 8 ? "x86-64" : "i386");
  puts_(bootkind == 1 ? " multiboot\n" : bootkind == 2 ? " pvh\n" : bootkind == 3 ? " mbr\n" : " other\n");
#define X(nm, f, n)                                                                                                    \
  {                                                                                                                    \
    u64 t0 = rdtsc();                                                                                                  \
    u32 r = f(n);                                                                                                      \
    report(#nm, n, r, rdtsc() - t0);                                                                                   \
  }
  ITEMS(X)
  timed("int", 200000 * SHORT * SCALE / DIVIDE, t_int);
  timed("ud", 200000 * SHORT * SCALE / DIVIDE, t_ud);
  timed("pagefault", 100000 * SCALE / DIVIDE, t_pf);
  timed("invlpg", 200000 * SHORT * SCALE / DIVIDE, t_inv);
  timed("outb80", 200000 * SHORT * SCALE / DIVIDE, t_outb);
  timed("inb3fd", 200000 * SHORT * SCALE / DIVIDE, t_inb);
  timed("cpuid", 200000 * SHORT * SCALE / DIVIDE, t_cpuid);
  timed("rdtsc", 500000 * SHORT * SCALE / DIVIDE, t_rdtsc);
  timed("cr3", 100000 * SCALE / DIVIDE, t_cr3);
  timed("vmcall", 100000 * SHORT * SCALE / DIVIDE, t_vmcall);
  timed("repstosb", 64 * SCALE / DIVIDE, t_repstos);
  timed("repmovs", 64 * SCALE / DIVIDE, t_repmovs);
  timed("smc", 20000 * SCALE / DIVIDE, t_smc);
  puts_("BENCH-END\n");
  quit(0x10);
}
