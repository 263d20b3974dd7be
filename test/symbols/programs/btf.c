// Types of every kind that BTF has.
enum colour { RED = 1, GREEN = 7, BLUE };
union both { long whole; unsigned char bytes[8]; };
struct hidden;
struct inner { int x; struct inner *next; };
typedef int (*pointer_to_function)(const char *, unsigned short);
struct outer {
  int low : 3;
  unsigned high : 5;
  _Bool is_set;
  char name[16];
  signed char signed_byte;
  unsigned char table[12];
  struct inner first, *more[2];
  union both either;
  union { long a; double b; };
  enum colour colour;
  const volatile unsigned long *flags;
  struct hidden *opaque;
  pointer_to_function call;
  void *anything;
  short rest[];
};
struct outer everything;
unsigned long count;
long work(const char *text, struct outer *at, ...) { return at->first.x + text[0] + (long)count; }
