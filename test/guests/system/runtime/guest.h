/* What a guest test sees: checks that print a line each, instructions that may fault, code entered in any segment, port I/O, MSRs.
 * A topic is one C file beside the folder `runtime`: `void guest_main(void)`; NAME-32.c is built for 32-bit protected mode without paging. */
#pragma once
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
/* A general register. */
typedef unsigned long word;

/* Selectors of the runtime's GDT; from SEL_FREE on, entries belong to the topic. */
#define SEL_CODE 0x08 /* 64-bit code, or 32-bit code in a 32-bit topic */
#define SEL_DATA 0x10
#define SEL_CODE32 0x18
#define SEL_CODE16 0x20
#define SEL_USER_CODE (0x28 | 3)
#define SEL_USER_DATA (0x30 | 3)
#define SEL_USER_CODE32 (0x38 | 3)
#define SEL_TSS 0x40 /* two entries in a 64-bit topic */
#define SEL_FREE 0x50
#define GDT_ENTRIES 64

/* Vectors (SDM vol 3 table 6-1). DONE is how entered code returns: int $0x80. */
enum { DE = 0, DB = 1, NMI = 2, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12, GP = 13, PF = 14, MF = 16, AC = 17, XM = 19 };
enum { DONE = 0x80, NONE = 0x100 };

/* Registers as an exception leaves them on the stack, and as `enter` loads them. */
struct regs {
#ifdef __x86_64__
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rdx, rcx, rbx, rax;
	u64 vector, error, rip, cs, rflags, rsp, ss;
#else
	u32 edi, esi, ebp, unused, ebx, edx, ecx, eax;
	u32 vector, error, eip, cs, eflags, esp, ss, es, ds, fs, gs;
#endif
};

/* The last exception that was caught; vector NONE: there was none. */
extern struct regs caught;
extern word caught_cr2;
/* Data segments at that moment. */
extern u16 caught_ds, caught_es;

extern u64 gdt[GDT_ENTRIES];
#ifdef __x86_64__
struct gate { u64 low, high; };
#else
struct gate { u64 low; };
#endif
extern struct gate idt[256];
extern u8 tss[0x68 + 8192 + 1];
/* Takes an interrupt itself instead of having it caught; it may change the frame. */
extern void (*handlers[256])(struct regs *);
extern char kernel_stack_top[], user_stack_top[], ist_stack_top[];

void print(const char *text);
void print_hex(u64 value);
/* PASS name, or FAIL name: got … expected …. */
void check(const char *name, u64 got, u64 expected);
/* The caught exception and its error code (0 where the vector has none). */
void check_fault(const char *name, unsigned vector, u64 error);
void skip(const char *name, const char *why);
/* The count of the checks, then the end; the count alone is for what ends the machine otherwise. */
void summary(void);
void finish(void) __attribute__((noreturn));

u64 segment(u32 base, u32 limit, u32 access);
void load_gdt(void);
void load_tss(void);
void set_gate(unsigned vector, word target, u16 selector, unsigned type, unsigned ist);
extern word stub_of(unsigned vector);
/* Loads all registers and goes there; comes back when the code faults or ends by int $0x80: see `caught`. */
void enter(const struct regs *start);
/* As `enter`, with everything but the place set as a caller of that privilege has it. */
void enter_at(const void *code, u16 cs, u16 ss);

/* Instructions at CPL 0 that may fault. The operands' constraints are the caller's; rax, rcx, rdx belong to the text. */
extern word catch_rip, catch_rsp;
#ifdef __x86_64__
#define CATCH(text, ...)                                                                                                       \
	do {                                                                                                                   \
		caught.vector = NONE;                                                                                          \
		__asm__ volatile("movq $1f, catch_rip(%%rip)\n movq %%rsp, catch_rsp(%%rip)\n" text "\n1: movq $0, catch_rip(%%rip)" \
				 : : __VA_ARGS__ : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");                \
	} while (0)
#else
#define CATCH(text, ...)                                                                                                       \
	do {                                                                                                                   \
		caught.vector = NONE;                                                                                          \
		__asm__ volatile("movl $1f, catch_rip\n movl %%esp, catch_rsp\n" text "\n1: movl $0, catch_rip"                   \
				 : : __VA_ARGS__ : "eax", "ecx", "edx", "memory", "cc");                                         \
	} while (0)
#endif

/* Code in the image's own section: body of assembler text between a label and int $0x80. `bits` is 16, 32 or 64. */
#define CODE(bits, name, text) \
	__asm__(".pushsection .guest,\"ax\"\n.code" #bits "\n" #name ":\n" text "\nint $0x80\n" DEFAULT_CODE "\n.popsection"); \
	extern const char name[]
#ifdef __x86_64__
#define DEFAULT_CODE ".code64"
#else
#define DEFAULT_CODE ".code32"
#endif

static inline void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outl(u16 port, u32 value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline u64 rdmsr(u32 index) { u32 a, d; __asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(index)); return a | (u64)d << 32; }
static inline void wrmsr(u32 index, u64 value) { __asm__ volatile("wrmsr" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)) : "memory"); }
static inline void cpuid(u32 leaf, u32 subleaf, u32 r[4]) { __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(subleaf)); }
#define READ_CR(n) ({ word v_; __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v_) : : "memory"); v_; })
#define WRITE_CR(n, value) ({ word v_ = (value); __asm__ volatile("mov %0, %%cr" #n : : "r"(v_) : "memory"); })
void *memset(void *to, int value, unsigned long count);
void *memcpy(void *to, const void *from, unsigned long count);
