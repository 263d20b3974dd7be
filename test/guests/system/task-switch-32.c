/* Hardware task switches by JMP, CALL, IRET, task gates and interrupts; NT, back link, busy bits, TS; and what a bad TSS raises.
 * SDM vol 3 ch. 8.2 (task management structures), 8.3 (task switching, table 8-1 for the exceptions), 8.4 (task linking, table 8-2). */
#include "guest.h"

struct tss {
	u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs, ldt, iomap;
};
#define SEL_A 0x50 /* the other task */
#define SEL_GATE 0x58
#define FLAG_NT 0x4000
static struct tss other;
static u8 other_stack[4096];
static volatile u32 ran, other_flags, other_ts, other_link;

static u32 flags(void) { u32 value; __asm__ volatile("pushf; pop %0" : "=r"(value)); return value; }
static int busy(u16 selector) { return gdt[selector / 8] >> 41 & 1; }

/* The other task: notes what it finds, and goes back by IRET; called again it goes on behind it. */
static void __attribute__((noreturn)) by_iret(void)
{
	for (;;) {
		other_flags = flags();
		other_ts = READ_CR(0) >> 3 & 1;
		other_link = other.link & 0xffff;
		ran++;
		__asm__ volatile("iret");
	}
}
/* The same, back by JMP to the first task. */
static void __attribute__((noreturn)) by_jmp(void)
{
	for (;;) {
		other_flags = flags();
		other_ts = READ_CR(0) >> 3 & 1;
		ran++;
		__asm__ volatile("ljmp %0, $0" : : "i"(SEL_TSS));
	}
}

static void prepare(void (*code)(void))
{
	memset(&other, 0, sizeof(other));
	other.eip = (u32)code;
	other.eflags = 2;
	other.esp = (u32)other_stack + sizeof(other_stack) - 16;
	other.cs = SEL_CODE;
	other.ss = other.ds = other.es = SEL_DATA;
	other.eax = 0x1111;
	other.iomap = 0x680000;
	gdt[SEL_A / 8] = segment((u32)&other, 0x67, 0x0089);
	gdt[SEL_GATE / 8] = (u64)SEL_A << 16 | 0xe500ull << 32;
	ran = 0;
	WRITE_CR(0, READ_CR(0) & ~8ul);
}

static void call_and_iret(void)
{
	prepare(by_iret);
	__asm__ volatile("mov $0x77, %%ebx; lcall %0, $0; mov %%ebx, %1" : : "i"(SEL_A), "m"(other_ts) : "ebx", "memory");
	check("CALL to a TSS: the task ran", ran, 1);
	check("... and the registers of this one came back", other_ts, 0x77);
	check("NT was set in it", other_flags & FLAG_NT, FLAG_NT);
	check("its back link was this task", other_link, SEL_TSS);
	check("it is not busy any more", busy(SEL_A), 0);
	check("this one is", busy(SEL_TSS), 1);
	check("CR0.TS is set", READ_CR(0) >> 3 & 1, 1);
	check("IRET cleared NT in its TSS", other.eflags & FLAG_NT, 0);
	check("its EIP was saved behind IRET", other.eip != (u32)by_iret, 1);
	WRITE_CR(0, READ_CR(0) & ~8ul);
	prepare(by_iret);
	__asm__ volatile("lcall %0, $0" : : "i"(SEL_GATE) : "memory");
	check("CALL through a task gate", ran, 1);
	__asm__ volatile("lcall %0, $0" : : "i"(SEL_A) : "memory");
	check("CALL again: it goes on behind IRET", ran, 2);
}

static void jump(void)
{
	prepare(by_jmp);
	__asm__ volatile("ljmp %0, $0" : : "i"(SEL_A) : "memory");
	check("JMP to a TSS and back", ran, 1);
	check("NT was clear in it", other_flags & FLAG_NT, 0);
	check("no back link was written", other.link, 0);
	check("CR0.TS was set in it", other_ts, 1);
	check("it is not busy", busy(SEL_A), 0);
	check("this one is", busy(SEL_TSS), 1);
}

static void interrupts(void)
{
	prepare(by_iret);
	idt[0x21].low = (u64)SEL_A << 16 | 0xe500ull << 32;
	__asm__ volatile("int $0x21" : : : "memory");
	check("INT through a task gate", ran, 1);
	check("NT was set in it", other_flags & FLAG_NT, FLAG_NT);
	check("its back link was this task", other_link, SEL_TSS);
}

/* What CALL raises in this task, before anything is changed. */
static void refused(const char *name, u64 descriptor, unsigned vector, u32 error)
{
	prepare(by_iret);
	gdt[SEL_A / 8] = descriptor;
	CATCH("lcall %0, $0", "i"(SEL_A));
	check_fault(name, vector, error);
}

static void refusals(void)
{
	u32 at = (u32)&other;
	refused("busy TSS: #GP(selector)", segment(at, 0x67, 0x008b), GP, SEL_A);
	refused("TSS not present: #NP(selector)", segment(at, 0x67, 0x0009), NP, SEL_A);
	refused("TSS limit 66h: #TS(selector)", segment(at, 0x66, 0x0089), TS, SEL_A);
	prepare(by_iret);
	CATCH("lcall %0, $0", "i"(SEL_A | 4));
	check_fault("selector in the LDT, without one: #GP(selector)", GP, SEL_A | 4);
	gdt[SEL_GATE / 8] = (u64)SEL_DATA << 16 | 0xe500ull << 32;
	CATCH("lcall %0, $0", "i"(SEL_GATE));
	check_fault("task gate to data: #GP(selector)", GP, SEL_DATA);
	gdt[SEL_GATE / 8] = (u64)SEL_A << 16 | 0x6500ull << 32;
	CATCH("lcall %0, $0", "i"(SEL_GATE));
	check_fault("task gate not present: #NP(selector)", NP, SEL_GATE);
	CATCH("pushf; orl $0x4000, (%%esp); popf; iret", "i"(0));
	check_fault("IRET with NT, back link to no TSS: #TS(selector)", TS, *(u32 *)tss & 0xfffc);
	check("nothing ran", ran, 0);
}

void guest_main(void)
{
	call_and_iret();
	jump();
	interrupts();
	refusals();
}
