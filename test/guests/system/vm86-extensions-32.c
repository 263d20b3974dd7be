/* Virtual-8086 mode beyond its basics: interrupts out of it, and the extensions with their virtual interrupt flag (VME, PVI). SDM vol 3 ch. 20.2 (20.2.4 and
 * 20.2.5 entering and leaving), 20.3.1 (interrupts through the IDT), 20.3.3 (table 20-2: the six methods for INT n), 20.3.2 and 20.4 (VIF, VIP, PVI),
 * vol 2 "CLI", "STI", "PUSHF", "POPF", "INT", "IRET". */
#include "guest.h"

enum { IF = 0x200, TF = 0x100, CF = 1, NT = 0x4000, VM = 1 << 17, VIF = 1 << 19, VIP = 1 << 20, IOPL3 = 0x3000 };
enum { CODE_AT = 0x10000, STACK_AT = 0x20000, IRQ = 0x51, RING1 = 0x50 };
static volatile u16 *const stack = (volatile u16 *)STACK_AT;
static volatile u32 *const ivt = (volatile u32 *)0;

static void start_at(u16 cs, u32 ip, u32 flags)
{
	struct regs r;
	memset(&r, 0, sizeof(r));
	r.eip = ip;
	r.cs = cs;
	r.eflags = VM | 2 | flags;
	r.esp = 0x1000;
	r.ss = STACK_AT >> 4;
	r.ds = 0x3000;
	r.es = 0x3001;
	r.fs = 0x3002;
	r.gs = 0x3003;
	enter(&r);
}
/* A test's end is UD2. */
static void run(const char *name, const char *code, u32 flags, unsigned vector, u32 error)
{
	memcpy((void *)CODE_AT, code, 128);
	start_at(CODE_AT >> 4, 0, flags);
	check_fault(name, vector, error);
}

CODE(16, nothing, "ud2");
CODE(16, wait_irq, "nop; nop; mov %ds, %ax; mov %es, %bx; mov %fs, %cx; mov %gs, %dx; ud2");
static struct regs seen;
static u16 seen_ds;
static void on_irq(struct regs *at)
{
	seen = *at;
	seen_ds = caught_ds;
	*(volatile u32 *)0xfee000b0 = 0;
}

static void interrupts(void)
{
	*(volatile u32 *)0xfee000f0 = 0x1ff;
	handlers[IRQ] = on_irq;
	*(volatile u32 *)0xfee00300 = 0x40000 | IRQ;
	run("an interrupt in virtual-8086 mode", wait_irq, IF, UD, 0);
	check("... VM in the frame", seen.eflags & (VM | IF), VM | IF);
	check("... CS", seen.cs & 0xffff, CODE_AT >> 4);
	check("... ESP, SS", seen.esp << 16 | (seen.ss & 0xffff), 0x10002000);
	check("... ES, DS", (seen.es & 0xffff) << 16 | (seen.ds & 0xffff), 0x30013000);
	check("... FS, GS", (seen.fs & 0xffff) << 16 | (seen.gs & 0xffff), 0x30023003);
	check("... DS in the handler", seen_ds, 0);
	check("... and back: DS, ES", (caught.eax & 0xffff) << 16 | (caught.ebx & 0xffff), 0x30003001);
	check("... FS, GS", (caught.ecx & 0xffff) << 16 | (caught.edx & 0xffff), 0x30023003);
	struct gate ud = idt[UD];
	gdt[RING1 / 8] = segment(0, 0xfffff, 0xc0bb);
	set_gate(UD, stub_of(UD), RING1, 0x8e, 0);
	run("a gate to CPL 1: #GP(selector + EXT)", nothing, 0, GP, RING1 + 1);
	gdt[RING1 / 8] = segment(0, 0xfffff, 0xc09f);
	run("a gate to conforming code: #GP(selector + EXT)", nothing, 0, GP, RING1 + 1);
	idt[UD] = ud;
}

CODE(16, int_30, "stc; int $0x30; ud2");
CODE(16, int_31, "int $0x31; ud2");
CODE(16, int3, "int3; ud2");
CODE(16, cli, "cli; pushfw; pop %ax; ud2");
CODE(16, sti, "sti; pushfw; pop %ax; ud2");
CODE(16, pushf, "pushfw; pop %ax; ud2");
CODE(16, pushfd, "pushfl; ud2");
CODE(16, popf_if, "pushw $0x4201; popfw; ud2");
CODE(16, popf_none, "pushw $0x0003; popfw; ud2");
CODE(16, popf_tf, "pushw $0x0102; popfw; ud2");
CODE(16, popfd, "pushl $2; popfl; ud2");
CODE(16, iret_if, "pushw $0x0201; pushw $0x1000; pushw $9; iretw; ud2");
CODE(16, iret_tf, "pushw $0x0101; pushw $0x1000; pushw $9; iretw; ud2");
CODE(16, iretd, "pushl $2; pushl $0x1000; pushl $20; iretl; ud2");
CODE(16, service, "mov %sp, %si; ud2");

static void extensions(void)
{
	/* The redirection bitmap lies below the I/O bitmap: 0 is "to the 8086 program". */
	memset(tss + 0x68, 0, 32 + 8192);
	tss[0x68 + 32 + 8192] = 0xff;
	tss[0x68 + 0x31 / 8] |= 1 << (0x31 & 7);
	*(u16 *)(tss + 0x66) = 0x68 + 32;
	gdt[SEL_TSS / 8] = segment((u32)tss, 0x68 + 32 + 8192, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	for (unsigned n = 0; n < 256; n++)
		ivt[n] = 0x11000000;
	memcpy((void *)0x11000, service, 32);
	run("without CR4.VME: CLI, IOPL 0: #GP(0)", cli, 0, GP, 0);
	run("without CR4.VME: INT n, IOPL 0: #GP(0)", int_30, 0, GP, 0);
	set_gate(0x30, stub_of(0x30), SEL_CODE, 0xee, 0);
	set_gate(0x31, stub_of(0x31), SEL_CODE, 0xee, 0);
	run("without CR4.VME: INT n, IOPL 3: through the IDT", int_30, IOPL3, 0x30, 0);
	WRITE_CR(4, READ_CR(4) | 1);

	run("method 5: INT n, IOPL 3: by the 8086 table", int_30, IOPL3 | IF | NT, UD, 0);
	check("... there", caught.cs & 0xffff, 0x1100);
	check("... six bytes on its stack", caught.esi & 0xffff, 0x1000 - 6);
	check("... IP", stack[0xffa / 2], 3);
	check("... CS", stack[0xffc / 2], CODE_AT >> 4);
	check("... FLAGS", stack[0xffe / 2] & 0x7201, IOPL3 | IF | NT | CF);
	check("... IF is clear", caught.eflags & (IF | IOPL3), IOPL3);
	run("method 4: INT n with its bit set, IOPL 3: through the IDT", int_31, IOPL3, 0x31, 0);
	run("method 6: INT n, IOPL 0: by the 8086 table", int_30, VIF | IF, UD, 0);
	check("... there", caught.cs & 0xffff, 0x1100);
	check("... FLAGS with IOPL 3 and VIF as IF", stack[0xffe / 2] & 0x3201, IOPL3 | IF | CF);
	check("... VIF is clear, IF is not", caught.eflags & (VIF | IF), IF);
	run("... without VIF", int_30, IF, UD, 0);
	check("... IF is not in its FLAGS", stack[0xffe / 2] & 0x3201, IOPL3 | CF);
	run("methods 2 and 3: INT n with its bit set, IOPL 0: #GP(0)", int_31, 0, GP, 0);
	run("INT3 is not redirected", int3, 0, BP, 0);

	run("CLI, IOPL 0", cli, VIF | IF, UD, 0);
	check("... clears VIF, not IF", caught.eflags & (VIF | IF), IF);
	check("... PUSHF shows IOPL 3, VIF as IF", caught.eax & 0x3200, IOPL3);
	run("STI, IOPL 0", sti, 0, UD, 0);
	check("... sets VIF, not IF", caught.eflags & (VIF | IF), VIF);
	check("... PUSHF", caught.eax & 0x3200, IOPL3 | IF);
	run("STI with VIP: #GP(0)", sti, VIP, GP, 0);
	check("... VIF unchanged", caught.eflags & VIF, 0);
	run("CLI, IOPL 3", cli, IOPL3 | VIF | IF, UD, 0);
	check("... clears IF, not VIF", caught.eflags & (VIF | IF), VIF);
	run("PUSHFD, IOPL 0: #GP(0)", pushfd, 0, GP, 0);
	run("POPF with IF, IOPL 0", popf_if, 0, UD, 0);
	check("... sets VIF, NT, CF", caught.eflags & (VIF | IF | NT | CF | IOPL3), VIF | NT | CF);
	run("POPF without IF", popf_none, VIF | IF, UD, 0);
	check("... clears VIF, not IF", caught.eflags & (VIF | IF), IF);
	run("POPF with IF and VIP: #GP(0)", popf_if, VIP, GP, 0);
	run("POPF without IF, with VIP", popf_none, VIP, UD, 0);
	run("POPF with TF: #GP(0)", popf_tf, 0, GP, 0);
	run("POPFD, IOPL 0: #GP(0)", popfd, 0, GP, 0);
	run("IRET with IF, IOPL 0", iret_if, 0, UD, 0);
	check("... sets VIF, CF", caught.eflags & (VIF | IF | CF), VIF | CF);
	run("IRET with IF and VIP: #GP(0)", iret_if, VIP, GP, 0);
	run("IRET with TF: #GP(0)", iret_tf, 0, GP, 0);
	run("IRETD, IOPL 0: #GP(0)", iretd, 0, GP, 0);
	/* An I/O bitmap so near to the start that the redirection bitmap would begin before the TSS's fixed part is allowed; one that is cut off is not. */
	gdt[SEL_TSS / 8] = segment((u32)tss, 0x68 + 3, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	run("redirection bitmap beyond the TSS limit: #GP(0)", int_30, 0, GP, 0);
	load_tss();
	WRITE_CR(4, READ_CR(4) & ~1ul);
}

CODE(32, user_cli, "cli; pushf; pop %eax; ud2");
CODE(32, user_sti, "sti; ud2");
CODE(32, user_popf, "pushl $2; popf; ud2");
static void user(const char *name, const char *code, u32 flags, unsigned vector)
{
	struct regs r;
	memset(&r, 0, sizeof(r));
	r.eip = (u32)code;
	r.cs = SEL_USER_CODE;
	r.ss = SEL_USER_DATA;
	r.esp = (u32)user_stack_top;
	r.eflags = 2 | flags;
	enter(&r);
	check_fault(name, vector, 0);
}

static void protected_virtual(void)
{
	user("without CR4.PVI: CLI at CPL 3: #GP(0)", user_cli, IF, GP);
	WRITE_CR(4, READ_CR(4) | 2);
	user("PVI: CLI at CPL 3", user_cli, VIF | IF, UD);
	check("... clears VIF, not IF", caught.eflags & (VIF | IF), IF);
	check("... PUSHF shows IF and IOPL as they are", caught.eax & 0x3200, IF);
	user("PVI: STI", user_sti, 0, UD);
	check("... sets VIF", caught.eflags & (VIF | IF), VIF);
	user("PVI: STI with VIP: #GP(0)", user_sti, VIP, GP);
	user("PVI: POPF", user_popf, VIF | IF, UD);
	check("... leaves VIF and IF", caught.eflags & (VIF | IF), VIF | IF);
	WRITE_CR(4, READ_CR(4) & ~2ul);
}

void guest_main(void)
{
	u32 r[4];
	interrupts();
	cpuid(1, 0, r);
	if (!(r[3] >> 1 & 1)) {
		skip("VME", "CPUID does not have it");
		return;
	}
	extensions();
	protected_virtual();
}
