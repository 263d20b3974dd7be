/* Code that another processor writes.
 * @vcpus 2
 * SDM vol 3 ch. 8.1.3 (cross-modifying code: the algorithm with a serialising instruction), 8.1.1 (aligned stores are
 * atomic), 8.3 (serialising: CPUID, IRET), 4.10.5 (propagation of paging-structure changes by an IPI and INVLPG), 8.4 (start-up), 10.6.1 (ICR). */
#include "guest.h"

enum { EOI = 0xb0, SVR = 0xf0, ICR_LOW = 0x300, ICR_HIGH = 0x310, INIT = 5 << 8, STARTUP = 6 << 8, ASSERT = 1 << 14, TRAMPOLINE = 0x8000, SHOOT = 0x41, SYNC = 0x42, LIMIT = 4000000 };
static void apic_write(u32 at, u32 value) { *(volatile u32 *)(0xfee00000ul + at) = value; }
static void send(u32 command)
{
	apic_write(ICR_HIGH, 1u << 24);
	apic_write(ICR_LOW, command | ASSERT);
}
static void serialise(void)
{
	u32 r[4];
	cpuid(0, 0, r);
}

extern u64 pd[2048];
#define PLACE 0x4000000ul
static u64 table[512] __attribute__((aligned(4096)));
static u8 frames[2][4096] __attribute__((aligned(4096)));
#define AT ((u8 *)PLACE)

/* Real mode at 8000h to 64-bit mode on the tables of the first processor. */
__asm__(".pushsection .rodata\n.code16\ntrampoline: cli; mov %cs, %ax; mov %ax, %ds; lgdtl 0xfe0; mov %cr0, %eax; or $1, %al; mov %eax, %cr0; ljmpl $0x18, $second_32\n"
	"trampoline_end:\n.code64\n.popsection\n.pushsection .text\n.code32\n"
	"second_32: mov $16, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov $second_stack + 8192, %esp; call to_long_mode; ljmp $8, $second_64\n"
	".code64\nsecond_64: mov $16, %eax; mov %eax, %ss; mov $second_stack + 8192, %rsp; call second_main\n.popsection");
extern const u8 trampoline[], trampoline_end[];
u8 second_stack[8192] __attribute__((aligned(16)));

/* What the second processor does: called once for each `turn`, it sets `done` to the same and leaves what came of it in `result`. */
enum { CALL_ONCE = 1, CALL_ALL_THE_TIME, WRITE_AND_CALL };
static volatile u32 online, work, turn, done, result, stop, rounds, strange, skipped, shot, synced;
static volatile u32 old_value, new_value;
static u32 call(const u8 *at)
{
	u32 value;
	__asm__ volatile("call *%1" : "=a"(value) : "r"(at) : "rcx", "rdx", "memory", "cc");
	return value;
}
static void put(u8 *at, u32 value)
{
	u8 code[6] = { 0xb8, (u8)value, (u8)(value >> 8), (u8)(value >> 16), (u8)(value >> 24), 0xc3 };
	memcpy(at, code, sizeof(code));
}

__attribute__((used)) void second_main(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer = { sizeof(idt) - 1, (u64)idt };
	__asm__ volatile("lidt %0" : : "m"(pointer));
	apic_write(SVR, 0x1ff);
	online = 1;
	__asm__ volatile("sti");
	for (;;) {
		while (done == turn)
			__asm__ volatile("pause");
		serialise();
		if (work == CALL_ONCE)
			result = call(AT);
		else if (work == WRITE_AND_CALL) {
			put(AT, turn * 3 + 1);
			result = call(AT);
		} else {
			while (!stop) {
				u32 value = call(AT);
				strange += value != old_value && value != new_value;
				result = value;
				rounds++;
			}
		}
		done = turn;
	}
}

static void start(void)
{
	memcpy((void *)(u64)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	struct { u16 limit; u32 base; } __attribute__((packed)) *at = (void *)(u64)(TRAMPOLINE + 0xfe0);
	at->limit = GDT_ENTRIES * 8 - 1;
	at->base = (u32)(u64)gdt;
	apic_write(SVR, 0x1ff);
	send(INIT);
	for (u32 i = 0; i < 20000; i++)
		__asm__ volatile("pause");
	for (int n = 0; n < 2 && !online; n++) {
		send(STARTUP | TRAMPOLINE >> 12);
		for (u32 i = 0; i < 200000 && !online; i++)
			__asm__ volatile("pause");
	}
	check("the second processor runs", online, 1);
	if (!online)
		finish();
}
static void begin(u32 what)
{
	work = what;
	stop = rounds = strange = 0;
	turn++;
}
static void end(void)
{
	stop = 1;
	for (u32 i = 0; i < LIMIT && done != turn; i++)
		__asm__ volatile("pause");
	if (done != turn) {
		check("the second processor answers", 0, 1);
		finish();
	}
}
/* Until the second processor has gone round some times more. */
static void rounds_more(u32 count)
{
	u32 from = rounds;
	for (u32 i = 0; i < LIMIT && rounds - from < count; i++)
		__asm__ volatile("pause");
}
static void until(volatile u32 *what)
{
	for (u32 i = 0; i < LIMIT && !*what; i++)
		__asm__ volatile("pause");
}

static void in_turns(void)
{
	u32 wrong = 0;
	for (u32 i = 0; i < 100; i++) {
		put(AT, i * 7);
		begin(CALL_ONCE);
		end();
		wrong += result != i * 7;
	}
	check("written here, a flag, CPUID and a call there: 100 times", wrong, 0);
	wrong = 0;
	for (u32 i = 0; i < 100; i++) {
		begin(WRITE_AND_CALL);
		end();
		serialise();
		u32 mine = call(AT);
		wrong += result != turn * 3 + 1 || mine != turn * 3 + 1;
	}
	check("written there, run here: 100 times", wrong, 0);
}

/* The constant is aligned to four bytes: it is the old one or the new one, and the new one at last. */
static void while_it_runs(void)
{
	u8 *code = AT + 3;
	put(code, 0x1111);
	*(volatile u32 *)AT = 0xb8909090;
	u32 wrong = 0;
	for (u32 i = 0; i < 8; i++) {
		old_value = i;
		new_value = i + 1;
		*(volatile u32 *)(code + 1) = i;
		begin(CALL_ALL_THE_TIME);
		until(&rounds);
		*(volatile u32 *)(code + 1) = i + 1;
		rounds_more(100);
		end();
		wrong += strange || result != i + 1;
	}
	check("an aligned constant, written while it runs: 8 times", wrong, 0);
}

static void on_breakpoint(struct regs *at)
{
	skipped++;
	/* As if what is behind it had been taken: to the RET. */
	at->rip = PLACE + 5;
	at->rax = new_value;
}
static void on_sync(struct regs *at)
{
	(void)at;
	serialise();
	synced = 1;
	apic_write(EOI, 0);
}
static void synchronise(void)
{
	synced = 0;
	send(SYNC);
	until(&synced);
}

/* A breakpoint first, then the rest, then the first byte: with the other processor made to serialise between them. */
static void with_breakpoint(void)
{
	handlers[BP] = on_breakpoint;
	handlers[SYNC] = on_sync;
	put(AT, 0x12345678);
	old_value = 0x12345678;
	new_value = 0x89abcdef;
	begin(CALL_ALL_THE_TIME);
	until(&rounds);
	*(volatile u8 *)AT = 0xcc;
	synchronise();
	rounds_more(30);
	AT[1] = 0xef;
	AT[2] = 0xcd;
	AT[3] = 0xab;
	AT[4] = 0x89;
	synchronise();
	*(volatile u8 *)AT = 0xb8;
	synchronise();
	rounds_more(30);
	u32 before = skipped;
	rounds_more(30);
	end();
	check("by way of a breakpoint: only the old one or the new one", strange, 0);
	check("... the breakpoint was met", before > 0, 1);
	check("... and is gone", skipped, before);
	check("... the new one", result, 0x89abcdef);
	handlers[BP] = 0;
}

static void on_shoot(struct regs *at)
{
	(void)at;
	__asm__ volatile("invlpg (%0)" : : "r"(AT) : "memory");
	shot = 1;
	apic_write(EOI, 0);
}
static void shootdown(void)
{
	handlers[SHOOT] = on_shoot;
	put(frames[0], 0x1000);
	put(frames[1], 0x2000);
	u32 wrong = 0;
	for (u32 i = 0; i < 8; i++) {
		old_value = i & 1 ? 0x2000 : 0x1000;
		new_value = i & 1 ? 0x1000 : 0x2000;
		shot = 0;
		begin(CALL_ALL_THE_TIME);
		until(&rounds);
		table[0] = (u64)frames[~i & 1] | 7;
		__asm__ volatile("invlpg (%0)" : : "r"(AT) : "memory");
		send(SHOOT);
		until(&shot);
		/* From here on no other is right. */
		old_value = new_value;
		rounds_more(30);
		end();
		wrong += strange > 1 || result != new_value;
	}
	check("another frame, INVLPG by an IPI: 8 times", wrong, 0);
}

void guest_main(void)
{
	table[0] = (u64)frames[0] | 7;
	pd[PLACE >> 21] = (u64)table | 7;
	WRITE_CR(3, READ_CR(3));
	start();
	in_turns();
	while_it_runs();
	with_breakpoint();
	shootdown();
}
