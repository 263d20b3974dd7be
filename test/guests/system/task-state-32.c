/* What a hardware task switch saves, loads and checks: registers, LDT, CR3, T bit, virtual-8086 tasks, 16-bit TSS, exceptions through task gates, faults that
 * belong to the new task. SDM vol 3 ch. 7.2 (structures; 7.2.1 TSS, 7.2.5 task gate), 7.3 (switching, table 7-1 for what is checked), 7.4 (linking),
 * 7.6 (16-bit TSS), 6.12.2 (interrupt tasks), 17.3.1.5 (T bit), 17.2.4 (local enable bits), 20.2.3 (virtual-8086 tasks). */
#include "guest.h"

struct tss {
	u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs, ldt, iomap;
};
struct tss16 { u16 link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, ldt; };
enum { TASK = 0x50, GATE = 0x58, LDT = 0x60, ODD = 0x68, BASED = 0x70, SMALL = 0x78, NT = 0x4000, RF = 0x10000, VM = 0x20000, PLACE = 0x4000000 };
static void put(u16 selector, u64 descriptor) { gdt[selector >> 3] = descriptor; }
static struct tss *const own = (struct tss *)tss;
static struct tss other;
static u8 other_stack[4096] __attribute__((aligned(16)));
static u64 ldt[2];
static u32 local __attribute__((used)) = 0x600d600d;
static const u64 task_gate = (u64)TASK << 16 | 0xe500ull << 32;

/* What the other task finds at its start. */
struct { u32 eax, ebx, ecx, edx, esi, edi, ebp, esp, flags, es, ds, fs, gs, ss, cs, tr, ldtr, cr0, cr3, byte; } seen;
__asm__(".pushsection .text\n"
	"task_look: mov %eax, seen; mov %ebx, seen+4; mov %ecx, seen+8; mov %edx, seen+12; mov %esi, seen+16; mov %edi, seen+20; mov %ebp, seen+24; mov %esp, seen+28\n"
	"pushf; popl seen+32; mov %es, seen+36; mov %ds, seen+40; mov %fs, seen+44; mov %gs, seen+48; mov %ss, seen+52; mov %cs, seen+56; str seen+60; sldt seen+64\n"
	"mov %cr0, %eax; mov %eax, seen+68; mov %cr3, %eax; mov %eax, seen+72; mov %fs:0, %eax; mov %eax, seen+76; iret; jmp task_look\n"
	"task_error: popl seen; mov own_eip, %eax; addl $2, (%eax); iret; jmp task_error\n"
	"task_double: popl seen; mov %ss, seen+4; mov $catch_rip, %eax; mov catch_rsp, %esp; jmp *catch_rip\n.popsection");
extern const char task_look[], task_error[], task_double[];
u32 *own_eip __attribute__((used));

static void prepare(const char *code)
{
	memset(&other, 0, sizeof(other));
	other.eip = (u32)code;
	other.eflags = 2;
	other.esp = (u32)other_stack + sizeof(other_stack);
	other.esp0 = *(u32 *)(tss + 4);
	other.ss0 = SEL_DATA;
	other.cs = SEL_CODE;
	other.ss = other.ds = other.es = other.fs = SEL_DATA;
	other.iomap = 0x680000;
	put(TASK, segment((u32)&other, 0x67, 0x0089));
	put(GATE, task_gate);
	memset(&seen, 0, sizeof(seen));
	own_eip = &own->eip;
}

static void state(void)
{
	u32 cr3 = READ_CR(3);
	prepare(task_look);
	other.eax = 0xa1;
	other.ebx = 0xb2;
	other.ecx = 0xc3;
	other.edx = 0xd4;
	other.esi = 0xe5;
	other.edi = 0xf6;
	other.ebp = 0x17;
	other.eflags = 0x4d7;
	other.gs = SEL_USER_DATA;
	other.ldt = LDT;
	other.fs = 4;
	own->cr3 = 0x5000;
	u32 kept, changed;
	__asm__ volatile("mov $0x33, %%eax; mov %%eax, %%gs; mov %%esp, %0; mov $0x1b1b, %%ebx; mov $0x2c2c, %%ecx; mov $0x3d3d, %%edx; mov $0x4e4e, %%esi; mov $0x5f5f, %%edi; std; stc\n"
			 "mov %%esp, %%eax; lcall $0x50, $0\nstate_behind: pushf; cld; cmp %%esp, %%eax; pop %%eax; mov %%eax, %1"
			 : "=m"(kept), "=m"(changed) : : "eax", "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
	extern const char state_behind[];
	check("saved: EIP behind the call", own->eip, (u32)state_behind);
	check("... ESP", own->esp, kept);
	check("... EBX, ECX", own->ebx << 16 | own->ecx, 0x1b1b2c2c);
	check("... EDX, ESI", own->edx << 16 | own->esi, 0x3d3d4e4e);
	check("... EDI", own->edi, 0x5f5f);
	check("... CS, SS", (own->cs & 0xffff) << 16 | (own->ss & 0xffff), SEL_CODE << 16 | SEL_DATA);
	check("... GS", own->gs & 0xffff, SEL_USER_DATA);
	check("... DF, CF, without NT", own->eflags & 0x4401, 0x401);
	check("... CR3 is not", own->cr3, 0x5000);
	check("come back with: DF, CF", changed & 0x401, 0x401);
	check("... CR3 of before, as paging is off", READ_CR(3), cr3);
	check("loaded: EAX, EBX", seen.eax << 16 | seen.ebx, 0xa100b2);
	check("... ECX, EDX", seen.ecx << 16 | seen.edx, 0xc300d4);
	check("... ESI, EDI", seen.esi << 16 | seen.edi, 0xe500f6);
	check("... EBP", seen.ebp, 0x17);
	check("... ESP", seen.esp, (u32)other_stack + sizeof(other_stack));
	check("... EFLAGS with NT", seen.flags & 0x4cd5, 0x44d5);
	check("... TR", seen.tr & 0xffff, TASK);
	check("... LDTR", seen.ldtr & 0xffff, LDT);
	check("... FS of the LDT", seen.fs & 0xffff, 4);
	check("... what it leads to", seen.byte, 0x600d600d);
	check("... GS", seen.gs & 0xffff, SEL_USER_DATA);
	check("... CR0.TS", seen.cr0 >> 3 & 1, 1);
	u16 ldtr;
	__asm__ volatile("sldt %0; clts" : "=m"(ldtr));
	check("the first task's LDTR again", ldtr, 0);
	own->cr3 = 0;
}

static void debug(void)
{
	prepare(task_look);
	__asm__ volatile("mov %0, %%dr7" : : "r"(0x403));
	__asm__ volatile("lcall $0x50, $0; clts" : : : "memory");
	u32 dr7;
	__asm__ volatile("mov %%dr7, %0" : "=r"(dr7));
	check("local enable bits of DR7 are cleared, global ones are not", dr7, 0x402);
	__asm__ volatile("mov %0, %%dr7; mov %1, %%dr6" : : "r"(0x400), "r"(0));
	prepare(task_look);
	other.iomap |= 1;
	CATCH("lcall $0x50, $0", "i"(0));
	u32 dr6;
	__asm__ volatile("mov %%dr6, %0; clts" : "=r"(dr6));
	check_fault("T bit of the new task: #DB", DB, 0);
	check("... before its first instruction", caught.eip, (u32)task_look);
	check("... DR6.BT", dr6 >> 15 & 1, 1);
	load_tss();
}

static void paging(void)
{
	static u32 pages[2][1024] __attribute__((aligned(4096)));
	for (u32 n = 0; n < 1024; n++)
		pages[0][n] = pages[1][n] = n << 22 | 0x87;
	pages[0][PLACE >> 22] = 0x4400087;
	pages[1][PLACE >> 22] = 0x4800087;
	*(volatile u32 *)0x4400000 = 0xa;
	*(volatile u32 *)0x4800000 = 0xb;
	put(BASED, segment(PLACE, 0xfffff, 0xc093));
	prepare(task_look);
	other.cr3 = (u32)pages[1];
	other.fs = BASED;
	own->cr3 = (u32)pages[0];
	WRITE_CR(4, READ_CR(4) | 0x10);
	WRITE_CR(3, (u32)pages[0]);
	WRITE_CR(0, READ_CR(0) | 1u << 31);
	u32 before = *(volatile u32 *)PLACE, after;
	__asm__ volatile("lcall $0x50, $0; clts" : : : "memory");
	after = *(volatile u32 *)PLACE;
	u32 cr3 = READ_CR(3);
	WRITE_CR(0, READ_CR(0) & 0x7fffffff);
	check("CR3 of the new task", seen.cr3, (u32)pages[1]);
	check("... what it sees", seen.byte, 0xb);
	check("CR3 of the first task again", cr3, (u32)pages[0]);
	check("... what it sees", before << 8 | after, 0xa0a);
}

CODE(32, user_task, "mov %esp, %eax");
CODE(16, vm86_task, "mov %cs, %ax; mov %ds, %bx");
CODE(32, user_calls, "lcall $0x53, $0");
CODE(32, user_gate, "lcall $0x5b, $0");

static void levels(void)
{
	prepare(user_task);
	other.cs = SEL_USER_CODE;
	other.ss = other.ds = other.es = other.fs = SEL_USER_DATA;
	other.esp = (u32)user_stack_top;
	CATCH("lcall $0x50, $0", "i"(0));
	check_fault("a task at CPL 3", DONE, 0);
	check("... CS", caught.cs & 0xffff, SEL_USER_CODE);
	check("... its ESP0 is taken", (u32)other.esp0, *(u32 *)(tss + 4));
	check("... NT", caught.eflags & NT, NT);
	load_tss();
	memcpy((void *)0x10000, vm86_task, 64);
	prepare((const char *)0);
	other.eflags = VM | 0x3002;
	other.cs = 0x1000;
	other.ss = 0x2000;
	other.esp = 0x1000;
	other.ds = 0x3000;
	CATCH("lcall $0x50, $0", "i"(0));
	check_fault("a virtual-8086 task", DONE, 0);
	check("... VM", caught.eflags & VM, VM);
	check("... CS", caught.eax & 0xffff, 0x1000);
	check("... DS", caught.ebx & 0xffff, 0x3000);
	load_tss();
	prepare(task_look);
	enter_at(user_calls, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("CALL to a TSS of DPL 0 at CPL 3: #GP(selector)", GP, TASK);
	enter_at(user_gate, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("... through a task gate of DPL 3", DONE, 0);
	check("... it ran", seen.tr & 0xffff, TASK);
	put(GATE, task_gate & ~(0x6000ull << 32));
	enter_at(user_gate, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("... through a task gate of DPL 0: #GP(gate)", GP, GATE);
}

/* With a task at CPL 3, so that the fault in it has a stack. */
static void fails(const char *name, unsigned vector, u32 error)
{
	u16 tr;
	CATCH("lcall $0x50, $0", "i"(0));
	check_fault(name, vector, error);
	__asm__ volatile("str %0" : "=m"(tr));
	check("... in the new task", tr, TASK);
	check("... before its first instruction", caught.eip, other.eip);
	load_tss();
	__asm__ volatile("lldt %w0; clts" : : "r"(0));
}
static void user_task_ready(void)
{
	prepare(user_task);
	other.cs = SEL_USER_CODE;
	other.ss = SEL_USER_DATA;
	other.ds = other.es = other.fs = 0;
	other.esp = (u32)user_stack_top;
}
#define FAILS(name, field, value, vector, error) do { user_task_ready(); other.field = (value); fails(name, vector, error); } while (0)

static void faults(void)
{
	put(ODD, segment((u32)ldt, 15, 0x0002));
	FAILS("LDT that is none: #TS(LDT)", ldt, SEL_DATA, TS, SEL_DATA);
	FAILS("LDT not present: #TS(LDT)", ldt, ODD, TS, ODD);
	FAILS("LDT with TI set: #TS(LDT)", ldt, LDT | 4, TS, LDT | 4);
	FAILS("CS null: #TS(CS)", cs, 3, TS, 0);
	FAILS("CS beyond the GDT: #TS(CS)", cs, GDT_ENTRIES * 8 + 3, TS, GDT_ENTRIES * 8);
	FAILS("CS of data: #TS(CS)", cs, SEL_USER_DATA, TS, SEL_USER_DATA & ~3u);
	FAILS("CS with RPL 3 and DPL 0: #TS(CS)", cs, SEL_CODE | 3, TS, SEL_CODE);
	put(ODD, segment(0, 0xfffff, 0xc07b));
	FAILS("CS not present: #NP(CS)", cs, ODD | 3, NP, ODD);
	FAILS("SS null: #TS(SS)", ss, 0, TS, 0);
	FAILS("SS with RPL 0: #TS(SS)", ss, SEL_USER_DATA & ~3, TS, SEL_USER_DATA & ~3u);
	FAILS("SS of DPL 0: #TS(SS)", ss, SEL_DATA | 3, TS, SEL_DATA);
	FAILS("SS is code: #TS(SS)", ss, SEL_USER_CODE, TS, SEL_USER_CODE & ~3u);
	put(ODD, segment(0, 0xfffff, 0xc073));
	FAILS("SS not present: #SS(SS)", ss, ODD | 3, SS, ODD);
	FAILS("DS not present: #NP(DS)", ds, ODD | 3, NP, ODD);
	FAILS("DS of DPL 0: #TS(DS)", ds, SEL_DATA, TS, SEL_DATA);
	FAILS("GS is a TSS: #TS(GS)", gs, SEL_TSS, TS, SEL_TSS);
	put(ODD, segment(0, 0xfffff, 0xc0f9));
	FAILS("ES is execute-only code: #TS(ES)", es, ODD | 3, TS, ODD);
	put(ODD, segment(0, 0xff, 0x40fb));
	user_task_ready();
	other.cs = ODD | 3;
	fails("EIP beyond the limit: #GP(0)", GP, 0);
	/* Back link to a TSS that is not busy: refused in this task. */
	prepare(task_look);
	own->link = TASK;
	CATCH("pushf; orl $0x4000, (%%esp); popf; iret", "i"(0));
	check_fault("IRET to a TSS that is not busy: #TS(selector)", TS, TASK);
	own->link = 0;
}

static void exceptions(void)
{
	struct gate gp = idt[GP], df = idt[DF];
	prepare(task_error);
	idt[GP].low = task_gate;
	/* The task goes on behind MOV, which has two bytes. */
	__asm__ volatile("mov $0x12, %%eax; jmp 2f\n.align 4\n2: mov_place: mov %%eax, %%ds; nop; clts" : : : "eax", "memory");
	extern const char mov_place[];
	idt[GP] = gp;
	check("an exception through a task gate: error code on its stack", seen.eax, 0x10);
	check("... the first task's EIP was at the instruction", own->eip, (u32)mov_place + 2);
	check("... RF is set in its flags", own->eflags & RF, RF);
	check("... it is busy, the other is not any more", (gdt[SEL_TSS / 8] >> 41 & 1) << 4 | (gdt[TASK / 8] >> 41 & 1), 0x10);
	/* #SS without a stack: a double fault, whose task has one of its own. */
	prepare(task_double);
	idt[DF].low = task_gate;
	put(SMALL, segment(0, 15, 0x4093));
	CATCH("mov $0x78, %%eax; mov %%esp, %%edx; mov %%eax, %%ss; mov $2, %%esp; push %%eax; nop", "i"(0));
	__asm__ volatile("mov %w0, %%ss; clts" : : "r"(SEL_DATA));
	idt[DF] = df;
	check("#DF through a task gate: error code", seen.eax, 0);
	check("... on its own stack", seen.ebx & 0xffff, SEL_DATA);
	check("... back link", other.link & 0xffff, SEL_TSS);
	check("... the first task's SS", own->ss & 0xffff, SMALL);
	load_tss();
	__asm__ volatile("push $2; popf");
}

CODE(32, task_16, "mov %ax, seen; mov %si, seen+4; mov %sp, seen+8; mov %ds, seen+12; str seen+16; pushf; pop %eax; mov %ax, seen+20; iret");
static void small(void)
{
	static struct tss16 small;
	prepare(task_look);
	small = (struct tss16){ .flags = 0xd7, .ax = 0x1a1a, .si = 0x2b2b, .sp = 0x400, .cs = BASED, .ss = ODD, .ds = SEL_DATA, .es = SEL_DATA };
	put(BASED, segment((u32)task_16, 0xffff, 0x409b));
	put(ODD, segment((u32)other_stack, 0xffff, 0x0093));
	put(TASK, segment((u32)&small, 43, 0x0081));
	__asm__ volatile("lcall $0x50, $0; clts" : : : "eax", "memory");
	check("16-bit TSS: AX", seen.eax & 0xffff, 0x1a1a);
	check("... SI", seen.ebx & 0xffff, 0x2b2b);
	check("... SP", seen.ecx & 0xffff, 0x400);
	check("... DS", seen.edx & 0xffff, SEL_DATA);
	check("... TR", seen.esi & 0xffff, TASK);
	check("... FLAGS with NT", seen.edi & 0x40d5, 0x40d5);
	check("... back link", small.link, SEL_TSS);
	check("... its IP was saved behind IRET", small.ip > 30, 1);
	put(TASK, segment((u32)&small, 42, 0x0081));
	CATCH("lcall $0x50, $0", "i"(0));
	check_fault("16-bit TSS with limit 42: #TS(selector)", TS, TASK);
}

void guest_main(void)
{
	ldt[0] = segment((u32)&local, 0xfffff, 0xc093);
	put(LDT, segment((u32)ldt, 15, 0x0082));
	state();
	debug();
	paging();
	levels();
	faults();
	small();
	exceptions();
}
