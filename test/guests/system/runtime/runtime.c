/* The runtime: serial port (16550 at 3F8h), checks, descriptor tables, caught exceptions, the end by port F4h (isa-debug-exit). */
#include "guest.h"

enum { SERIAL = 0x3f8, LINE_STATUS = SERIAL + 5, TRANSMIT_EMPTY = 0x20, TRANSMITTER_IDLE = 0x40, DEBUG_EXIT = 0xf4, BOCHS_SHUTDOWN = 0x8900 };

static unsigned passed, failed;

static void put(char c)
{
	for (int i = 0; i < 100000 && !(inb(LINE_STATUS) & TRANSMIT_EMPTY); i++)
		;
	outb(SERIAL, (u8)c);
}

void print(const char *text)
{
	for (; *text; text++)
		put(*text);
}

void print_hex(u64 value)
{
	int shift = 60;
	while (shift > 0 && !(value >> shift & 15))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
}

/* A name that begins with three dots goes on from the last that does not. */
static void verdict(int good, const char *name)
{
	static char subject[128];
	good ? passed++ : failed++;
	print(good ? "PASS " : "FAIL ");
	if (name[0] == '.') {
		print(subject);
		print(" ");
	} else {
		unsigned at = 0;
		for (; at < sizeof(subject) - 1 && name[at]; at++)
			subject[at] = name[at];
		subject[at] = 0;
	}
	print(name);
}

void check(const char *name, u64 got, u64 expected)
{
	verdict(got == expected, name);
	if (got != expected) {
		print(": got ");
		print_hex(got);
		print(" expected ");
		print_hex(expected);
	}
	print("\n");
}

static void print_vector(unsigned vector, u64 error)
{
	static const char *const names[] = { "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS", "#NP", "#SS", "#GP", "#PF", "15", "#MF", "#AC", "#MC", "#XM" };
	if (vector == NONE) {
		print("no exception");
		return;
	}
	if (vector == DONE) {
		print("no exception (int 80h)");
		return;
	}
	if (vector < sizeof(names) / sizeof(names[0])) {
		print(names[vector]);
	} else {
		print("vector ");
		print_hex(vector);
	}
	print("(");
	print_hex(error);
	print(")");
}

void check_fault(const char *name, unsigned vector, u64 error)
{
	int good = caught.vector == vector && (vector == NONE || vector == DONE || caught.error == error);
	verdict(good, name);
	if (!good) {
		print(": got ");
		print_vector((unsigned)caught.vector, caught.error);
		print(" expected ");
		print_vector(vector, error);
	}
	print("\n");
}

void skip(const char *name, const char *why)
{
	print("SKIP ");
	print(name);
	print(": ");
	print(why);
	print("\n");
}

void summary(void)
{
	print("DONE passed ");
	print_hex(passed);
	print(" failed ");
	print_hex(failed);
	print("\n");
	for (int i = 0; i < 100000 && !(inb(LINE_STATUS) & TRANSMITTER_IDLE); i++)
		;
}

void finish(void)
{
	summary();
	outl(DEBUG_EXIT, failed ? 1 : 0);
	/* Where there is no such device: what ends Bochs. */
	for (const char *c = "Shutdown"; *c; c++)
		outb(BOCHS_SHUTDOWN, (u8)*c);
	for (;;)
		__asm__ volatile("cli; hlt");
}

void *memset(void *to, int value, unsigned long count)
{
	for (u8 *at = to; count; count--)
		*at++ = (u8)value;
	return to;
}

void *memcpy(void *to, const void *from, unsigned long count)
{
	const u8 *source = from;
	for (u8 *at = to; count; count--)
		*at++ = *source++;
	return to;
}

/* Descriptor tables (SDM vol 3, 3.4.5, 6.11, 7.2). `access`: bits 8 to 15 and 20 to 23 of the second doubleword, as 0xG0TT. */
u64 segment(u32 base, u32 limit, u32 access)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(access & 0xff) << 40 | (u64)(limit >> 16 & 0xf) << 48 |
	       (u64)(access >> 12 & 0xf) << 52 | (u64)(base >> 24) << 56;
}

u64 gdt[GDT_ENTRIES] __attribute__((aligned(16))) = {
#ifdef __x86_64__
	[SEL_CODE / 8] = 0x00af9b000000ffff,
	[SEL_USER_CODE / 8] = 0x00affb000000ffff,
#else
	[SEL_CODE / 8] = 0x00cf9b000000ffff,
	[SEL_USER_CODE / 8] = 0x00cffb000000ffff,
#endif
	[SEL_DATA / 8] = 0x00cf93000000ffff,
	[SEL_CODE32 / 8] = 0x00cf9b000000ffff,
	[SEL_CODE16 / 8] = 0x008f9b000000ffff,
	[SEL_USER_DATA / 8] = 0x00cff3000000ffff,
	[SEL_USER_CODE32 / 8] = 0x00cffb000000ffff,
};
struct gate idt[256] __attribute__((aligned(16)));
u8 tss[0x68 + 8192 + 1] __attribute__((aligned(4096)));
extern char stubs[];

word stub_of(unsigned vector) { return (word)stubs + vector * 16; }

/* `type`: P, DPL and type, as 8Eh. */
void set_gate(unsigned vector, word target, u16 selector, unsigned type, unsigned ist)
{
	idt[vector].low = (target & 0xffff) | (u64)selector << 16 | (u64)(ist & 7) << 32 | (u64)(type & 0xff) << 40 | (u64)(target >> 16 & 0xffff) << 48;
#ifdef __x86_64__
	idt[vector].high = target >> 32;
#endif
}

struct table_pointer { u16 limit; word base; } __attribute__((packed));

void load_gdt(void)
{
	struct table_pointer pointer = { sizeof(gdt) - 1, (word)gdt };
	__asm__ volatile("lgdt %0" : : "m"(pointer));
}

void load_tss(void)
{
	gdt[SEL_TSS / 8] = segment((u32)(word)tss, 0x67, 0x0089);
#ifdef __x86_64__
	gdt[SEL_TSS / 8 + 1] = (u64)tss >> 32;
#endif
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
}

struct regs caught;
word caught_cr2, catch_rip, catch_rsp;
u16 caught_ds, caught_es;
void (*handlers[256])(struct regs *);

static void unexpected(const struct regs *at)
{
	print("FAIL unexpected exception: got ");
	print_vector((unsigned)at->vector, at->error);
	print(" at ");
#ifdef __x86_64__
	print_hex(at->rip);
#else
	print_hex(at->eip);
#endif
	print(" expected none\n");
	failed++;
	finish();
}

void on_interrupt(struct regs *at)
{
	if (handlers[at->vector & 255]) {
		handlers[at->vector & 255](at);
		return;
	}
	if (!catch_rip)
		unexpected(at);
	caught = *at;
	caught_cr2 = READ_CR(2);
#ifdef __x86_64__
	__asm__ volatile("mov %%ds, %0; mov %%es, %1" : "=m"(caught_ds), "=m"(caught_es));
	__asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(SEL_DATA));
	at->rip = catch_rip;
	at->cs = SEL_CODE;
	at->rflags = 2;
	at->rsp = catch_rsp;
	at->ss = SEL_DATA;
#else
	/* The frame of an inner level would not take a stack pointer: go there directly, with the registers that the ABI keeps. */
	__asm__ volatile("mov %3, %%ebx; mov %%ebx, %%ss; mov %1, %%esp; mov (%2), %%edi; mov 4(%2), %%esi; mov 8(%2), %%ebp; mov 16(%2), %%ebx\n"
			 "push $2; popf; jmp *%0" : : "a"(catch_rip), "c"(catch_rsp), "d"(at), "i"(SEL_DATA) : "memory");
#endif
}

void enter_at(const void *code, u16 cs, u16 ss)
{
	struct regs start;
	memset(&start, 0, sizeof(start));
	start.cs = cs;
	start.ss = ss;
#ifdef __x86_64__
	start.rip = (u64)code;
	start.rflags = 2;
	start.rsp = (u64)user_stack_top;
#else
	start.eip = (u32)code;
	start.eflags = 2;
	start.esp = (u32)user_stack_top;
#endif
	enter(&start);
}

extern void guest_main(void);

void runtime_main(void)
{
	outb(SERIAL + 1, 0);
	outb(SERIAL + 3, 0x80);
	outb(SERIAL, 1);
	outb(SERIAL + 1, 0);
	outb(SERIAL + 3, 3);
	for (unsigned vector = 0; vector < 256; vector++)
		set_gate(vector, stub_of(vector), SEL_CODE, vector == DONE || vector == BP || vector == OF ? 0xee : 0x8e, 0);
	struct table_pointer pointer = { sizeof(idt) - 1, (word)idt };
	__asm__ volatile("lidt %0" : : "m"(pointer));
	/* Nothing but the topic's own sources: the two 8259As are masked. */
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	*(word *)(tss + 4) = (word)kernel_stack_top - 8192;
#ifdef __x86_64__
	/* A stack of their own (IST 1) for those that a bad RSP raises. */
	*(u64 *)(tss + 0x24) = (u64)ist_stack_top;
	set_gate(SS, stub_of(SS), SEL_CODE, 0x8e, 1);
	set_gate(DF, stub_of(DF), SEL_CODE, 0x8e, 1);
#else
	*(u32 *)(tss + 8) = SEL_DATA;
#endif
	*(u16 *)(tss + 0x66) = 0x68;
	__asm__ volatile("lldt %w0" : : "r"(0));
	load_tss();
	guest_main();
	finish();
}
