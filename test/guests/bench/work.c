#include "bench.h"
#define NI __attribute__((noinline))
u8 *arena;
/* ---- w_core: the four CoreMark-like kernels ---- */
typedef struct node {
  struct node *next;
  u32 v;
  u32 k;
} node;
static u16 crc16(u8 d, u16 c) {
  for (int i = 0; i < 8; i++) {
    u8 x = (d ^ c) & 1;
    d >>= 1;
    c >>= 1;
    if (x)
      c ^= 0xa001;
  }
  return c;
}
static NI node *lrev(node *l) {
  node *p = 0;
  while (l) {
    node *n = l->next;
    l->next = p;
    p = l;
    l = n;
  }
  return p;
}
static NI node *lsort(node *l) { /* bottom-up merge sort, as CoreMark's */
  int k = 1;
  for (;;) {
    node *p = l, *tail = 0;
    l = 0;
    int m = 0;
    while (p) {
      m++;
      node *q = p;
      int ps = 0;
      for (int i = 0; i < k; i++) {
        ps++;
        q = q->next;
        if (!q)
          break;
      }
      int qs = k;
      while (ps > 0 || (qs > 0 && q)) {
        node *e;
        if (ps == 0) {
          e = q;
          q = q->next;
          qs--;
        } else if (qs == 0 || !q || p->k <= q->k) {
          e = p;
          p = p->next;
          ps--;
        } else {
          e = q;
          q = q->next;
          qs--;
        }
        if (tail)
          tail->next = e;
        else
          l = e;
        tail = e;
      }
      p = q;
    }
    tail->next = 0;
    if (m <= 1)
      return l;
    k *= 2;
  }
}
static NI u32 matrix(u32 seed) {
  static short a[24][24], b[24][24];
  static int c[24][24] __attribute__((unused));
  u32 s = 0;
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      a[i][j] = (short)(seed + i * j);
      b[i][j] = (short)(seed - i + j);
    }
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      int t = 0;
      for (int k = 0; k < 24; k++)
        t += a[i][k] * b[k][j];
      c[i][j] = t;
      s += (u32)t ^ (s >> 3);
    }
  return s;
}
static NI u32 state(const u8 *p, u32 n) {
  u32 st = 0, ct[8] = {0};
  for (u32 i = 0; i < n; i++) {
    u8 ch = p[i];
    switch (st) {
    case 0:
      st = (ch >= '0' && ch <= '9') ? 1 : (ch == '+' || ch == '-') ? 2 : (ch == '.') ? 3 : 7;
      break;
    case 1:
      st = (ch == '.') ? 3 : (ch >= '0' && ch <= '9') ? 1 : (ch == ',') ? 0 : 7;
      break;
    case 2:
      st = (ch >= '0' && ch <= '9') ? 1 : (ch == '.') ? 3 : 7;
      break;
    case 3:
      st = (ch == 'e' || ch == 'E') ? 4 : (ch >= '0' && ch <= '9') ? 3 : (ch == ',') ? 0 : 7;
      break;
    case 4:
      st = (ch == '+' || ch == '-') ? 5 : 7;
      break;
    case 5:
      st = (ch >= '0' && ch <= '9') ? 6 : 7;
      break;
    case 6:
      st = (ch >= '0' && ch <= '9') ? 6 : (ch == ',') ? 0 : 7;
      break;
    default:
      if (ch == ',')
        st = 0;
    }
    ct[st]++;
  }
  u32 s = 0;
  for (int i = 0; i < 8; i++)
    s = s * 31 + ct[i];
  return s;
}
u32 w_core(u32 n) {
  static node nd[256];
  static const char in[] =
      "5012,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,T0.3e-1F,+1.5e+2z,1T3.4e4z,";
  u32 s = 0;
  u16 c = 0;
  for (u32 it = 0; it < n; it++) {
    for (u32 i = 0; i < 256; i++) {
      nd[i].v = i;
      nd[i].k = (i * 2654435761u + it * 40503u) >> 16;
      nd[i].next = i < 255 ? &nd[i + 1] : 0;
    }
    node *l = lrev(nd);
    l = lsort(l);
    for (node *p = l; p; p = p->next)
      c = crc16((u8)(p->v ^ p->k), c);
    s += matrix(it);
    s ^= state((const u8 *)in, sizeof in - 1) + c;
    s = (s << 1) | (s >> 31);
    c = crc16((u8)s, c);
  }
  return s ^ c;
}
/* ---- w_stream: 16 MiB copy, scale and add by machine words ---- */
static u32 stream(u32 n, u32 off) {
  unsigned long *a = (unsigned long *)arena, *b = (unsigned long *)(arena + (16u << 20) + off);
  size_t m = (16u << 20) / sizeof *a;
  unsigned long s = 0;
  for (size_t i = 0; i < m; i++)
    a[i] = i * 3 + 1;
  for (u32 r = 0; r < n; r++) {
    for (size_t i = 0; i < m; i++) {
      b[i] = a[i];
      __asm__ volatile("" ::: "memory");
    }
    for (size_t i = 0; i < m; i++) {
      a[i] = b[i] + r;
      __asm__ volatile("" ::: "memory");
    }
    s += a[(r * 7919u) % m];
  }
  return (u32)s ^ (u32)b[m - 1];
}
u32 w_stream(u32 n) { return stream(n, 37 * 1024); }
u32 w_alias(u32 n) {
  return stream(n, 0);
} /* source and destination alias in a direct-mapped software TLB: QEMU pays its victim path on every access */
/* ---- w_chase: a random cycle, one u32 index per page over 8192 pages (32 MiB) ---- */
u32 w_chase(u32 n) {
  enum { P = 8192 };
  u32 *perm = (u32 *)(arena + (40u << 20));
  for (u32 i = 0; i < P; i++)
    perm[i] = i;
  u32 x = 12345;
  for (u32 i = P - 1; i > 0; i--) {
    x = x * 1664525u + 1013904223u;
    u32 j = (x >> 8) % i;
    u32 t = perm[i];
    perm[i] = perm[j];
    perm[j] = t;
  }
  for (u32 i = 0; i < P; i++)
    *(volatile u32 *)(arena + (size_t)i * 4096 + ((i * 64) & 4095)) = perm[i];
  u32 c = 0, s = 0;
  for (u32 i = 0; i < n; i++) {
    c = *(volatile u32 *)(arena + (size_t)c * 4096 + ((c * 64) & 4095));
    s += c;
  }
  return s;
}
/* ---- w_fib ---- */
NI u32 fib(u32 n) {
  if (n < 2)
    return n;
  u32 r = fib(n - 1);
  __asm__ volatile("" : "+r"(r));
  return r + fib(n - 2);
}
u32 w_fib(u32 n) { return fib(n); }
/* ---- w_switch: computed-goto interpreter ---- */
u32 w_switch(u32 n) {
  static const u8 prog[] = {0, 1, 2, 3, 4, 1, 5, 2, 6, 0, 3, 1, 7, 4, 2, 5, 6, 1, 0, 2, 3, 5, 8};
  static const void *const t[] = {&&o0, &&o1, &&o2, &&o3, &&o4, &&o5, &&o6, &&o7, &&o8};
  u32 a = 1, b = 2, pc = 0, left = n;
#define NEXT goto *t[prog[pc++]]
  NEXT;
o0:
  a += b;
  NEXT;
o1:
  b ^= a;
  NEXT;
o2:
  a = (a << 3) | (a >> 29);
  NEXT;
o3:
  b += 0x9e3779b9u;
  NEXT;
o4:
  a -= b;
  NEXT;
o5:
  b = (b >> 7) | (b << 25);
  NEXT;
o6:
  a ^= b >> 3;
  NEXT;
o7:
  if (a & 1)
    b++;
  NEXT;
o8:
  pc = 0;
  if (--left)
    NEXT;
  return a ^ b;
}
/* ---- w_nbody: Benchmarks Game recurrence; checksum = energy in fixed point ---- */
typedef struct {
  double x, y, z, vx, vy, vz, m;
} body;
static double dsqrt(double x) {
  double r;
#ifdef __SSE2__
  __asm__("sqrtsd %1,%0" : "=x"(r) : "x"(x));
#else
  __asm__("fsqrt" : "=t"(r) : "0"(x));
#endif
  return r;
}
static void adv(body *b, double dt) {
  for (int i = 0; i < 5; i++)
    for (int j = i + 1; j < 5; j++) {
      double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z, d2 = dx * dx + dy * dy + dz * dz,
             mag = dt / (d2 * dsqrt(d2));
      b[i].vx -= dx * b[j].m * mag;
      b[i].vy -= dy * b[j].m * mag;
      b[i].vz -= dz * b[j].m * mag;
      b[j].vx += dx * b[i].m * mag;
      b[j].vy += dy * b[i].m * mag;
      b[j].vz += dz * b[i].m * mag;
    }
  for (int i = 0; i < 5; i++) {
    b[i].x += dt * b[i].vx;
    b[i].y += dt * b[i].vy;
    b[i].z += dt * b[i].vz;
  }
}
u32 w_nbody(u32 n) {
  const double PI = 3.141592653589793, SM = 4 * PI * PI, D = 365.24;
  body b[5] = {
      {0, 0, 0, 0, 0, 0, 4 * PI * PI},
      {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01, 1.66007664274403694e-03 * D,
       7.69901118419740425e-03 * D, -6.90460016972063023e-05 * D, 9.54791938424326609e-04 * SM},
      {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01, -2.76742510726411899e-03 * D,
       4.99852801234917238e-03 * D, 2.30417297573763929e-05 * D, 2.85885980666130812e-04 * SM},
      {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01, 2.96460137564761618e-03 * D,
       2.37847173959480950e-03 * D, -2.96589568540237556e-05 * D, 4.36624404335156298e-05 * SM},
      {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01, 2.68067772490389322e-03 * D,
       1.62824170038242295e-03 * D, -9.51592254519715870e-05 * D, 5.15138902046611451e-05 * SM}};
  for (u32 i = 0; i < n; i++)
    adv(b, 0.01);
  double e = 0;
  for (int i = 0; i < 5; i++)
    e += b[i].x + b[i].y + b[i].z;
  return (u32)(int)(e * 1000.0);
}
/* ---- w_wide: 64-bit arithmetic ---- */
u32 w_wide(u32 n) {
  u64 h = 0x9E3779B97F4A7C15ull, k = 0xC2B2AE3D27D4EB4Full;
  for (u32 i = 0; i < n; i++) {
    k += i;
    h ^= k * 0x165667B19E3779F9ull;
    h = (h << 27) | (h >> 37);
    h = h * 5 + 0x52dce729;
    k ^= h >> 33;
  }
  return (u32)(h ^ (h >> 32));
}
