/* Virtual-8086 mode: entry by IRET, addresses, IOPL-sensitive instructions, interrupts out of it and their frame, I/O.
 * SDM vol 3 ch. 22.2 (virtual-8086 mode: 22.2.3 entry, 22.2.6 leaving, 22.2.7 sensitive instructions, 22.2.8 I/O), 22.3 (interrupts and exceptions;
 * 22.3.3 redirection, methods 1 to 6), 22.4 (protected-mode virtual interrupts). */
#include "guest.h"

#define FLAG_VM 0x20000ul
#define IOPL(n) ((n) << 12)
/* Its code lies at 1000:0000, its stack at 2000:, its data at 3000:. */
#define CODE_AT 0x10000

static struct regs start;
static void run(const void *code, unsigned size, u32 flags)
{
	memcpy((void *)CODE_AT, code, size);
	memset(&start, 0, sizeof(start));
	start.eip = 0;
	start.cs = CODE_AT >> 4;
	start.eflags = 2 | FLAG_VM | flags;
	start.esp = 0x1000;
	start.ss = 0x2000;
	start.ds = 0x3000;
	start.es = 0x3001;
	start.fs = 0x3002;
	start.gs = 0x3003;
	start.eax = 0x1234;
	start.edi = 0x10;
	enter(&start);
}
#define RUN(flags, ...) do { static const u8 code_[] = { __VA_ARGS__ }; run(code_, sizeof(code_), flags); } while (0)

static void entry(void)
{
	u8 *data = (u8 *)0x30000;
	memset(data, 0, 64);
	RUN(0, 0xb0, 0x5a, 0xa2, 0x20, 0x00, 0xf4); /* mov al, 5Ah; mov [20h], al; hlt */
	check_fault("HLT: #GP(0)", GP, 0);
	check("a store goes to DS * 16 + offset", data[0x20], 0x5a);
	check("the frame: EIP is at HLT", caught.eip, 5);
	check("the frame: CS", caught.cs & 0xffff, CODE_AT >> 4);
	check("the frame: VM is set", caught.eflags & FLAG_VM, FLAG_VM);
	check("the frame: SS", caught.ss & 0xffff, 0x2000);
	check("the frame: ESP", caught.esp, 0x1000);
	check("the frame: ES", caught.es & 0xffff, 0x3001);
	check("the frame: DS", caught.ds & 0xffff, 0x3000);
	check("the frame: FS", caught.fs & 0xffff, 0x3002);
	check("the frame: GS", caught.gs & 0xffff, 0x3003);
	check("the handler's DS is null", caught_ds, 0);
	check("the handler's ES is null", caught_es, 0);
	RUN(0, 0xaa, 0xf4); /* stosb: ES */
	check("STOSB goes to ES * 16 + DI", data[0x10 + 0x10], 0x34);
	RUN(0, 0x8c, 0xd8, 0x8e, 0xc0, 0xf4); /* mov ax, ds; mov es, ax */
	check("segment registers are loaded as in real mode", caught.es & 0xffff, 0x3000);
	RUN(0, 0x9a, 0x07, 0x00, 0x00, 0x10, 0x90, 0x90, 0xf4); /* call 1000:0007 */
	check("a far call stays in it", caught.eip, 7);
	RUN(0, 0x66, 0xa1, 0x00, 0x00, 0xf4); /* mov eax, [0] */
	check_fault("MOV EAX with a 66h prefix runs, HLT does not", GP, 0);
	RUN(0, 0x67, 0xa0, 0x00, 0x00, 0x01, 0x00, 0xf4); /* mov al, [10000h] */
	check_fault("an offset above FFFFh: #GP(0)", GP, 0);
	check("... at the instruction", caught.eip, 0);
	RUN(0, 0xbc, 0x01, 0x00, 0x50, 0xf4); /* mov sp, 1; push ax */
	check_fault("a push that wraps within a word: #SS(0)", SS, 0);
}

static void sensitive(void)
{
	RUN(IOPL(0), 0xfa, 0xf4);
	check_fault("CLI, IOPL 0: #GP(0)", GP, 0);
	check("... at CLI", caught.eip, 0);
	RUN(IOPL(3), 0xfb, 0xfa, 0xf4);
	check("STI, CLI, IOPL 3: run", caught.eip, 2);
	RUN(IOPL(0), 0x9c, 0xf4);
	check("PUSHF, IOPL 0: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(0), 0x9d, 0xf4);
	check("POPF, IOPL 0: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(3), 0x9c, 0x58, 0x9c, 0x9d, 0xf4);
	check("PUSHF, POPF, IOPL 3: run", caught.eip, 4);
	check("PUSHF shows IOPL 3", caught.eax >> 12 & 3, 3);
	RUN(IOPL(3), 0x68, 0x02, 0x00, 0x9d, 0xf4); /* push 2; popf */
	check("POPF cannot change IOPL", caught.eflags >> 12 & 3, 3);
	RUN(IOPL(0), 0xcf, 0xf4);
	check("IRET, IOPL 0: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(3), 0x9c, 0x68, 0x00, 0x10, 0x68, 0x0a, 0x00, 0xcf, 0x90, 0x90, 0xf4); /* pushf; push 1000h; push 0Ah; iret */
	check("IRET, IOPL 3: within it", caught.eip, 10);
	RUN(IOPL(0), 0xcd, 0x80);
	check_fault("INT n, IOPL 0: #GP(0)", GP, 0);
	RUN(IOPL(3), 0xcd, 0x80);
	check_fault("INT n, IOPL 3: through the IDT", DONE, 0);
	RUN(IOPL(3), 0xcd, 0x21);
	check_fault("INT n through a gate of DPL 0: #GP(n * 8 + 2)", GP, 0x21 * 8 + 2);
	RUN(IOPL(0), 0xcc);
	check_fault("INT3, IOPL 0: #BP", BP, 0);
	RUN(IOPL(0), 0xb8, 0xff, 0x7f, 0x40, 0xce); /* mov ax, 7FFFh; inc ax; into */
	check_fault("INTO, IOPL 0: #OF", OF, 0);
}

static void others(void)
{
	RUN(IOPL(3), 0x0f, 0x00, 0xc0);
	check_fault("SLDT: #UD", UD, 0);
	RUN(IOPL(3), 0x0f, 0x02, 0xc0);
	check_fault("LAR: #UD", UD, 0);
	RUN(IOPL(3), 0x63, 0xc0);
	check_fault("ARPL: #UD", UD, 0);
	RUN(IOPL(3), 0x0f, 0x20, 0xc0);
	check_fault("MOV from CR0: #GP(0)", GP, 0);
	RUN(IOPL(3), 0x0f, 0x01, 0xe0, 0xf4);
	check("SMSW runs", caught.eip, 3);
	RUN(IOPL(3), 0xf0, 0x90);
	check_fault("LOCK NOP: #UD", UD, 0);
	RUN(IOPL(3), 0x31, 0xc9, 0xf7, 0xf1);
	check_fault("DIV by 0: #DE", DE, 0);
	/* I/O goes by the map alone, whatever IOPL. */
	*(u16 *)(tss + 0x66) = 0x68;
	memset(tss + 0x68, 0, 8192);
	tss[0x68 + 8192] = 0xff;
	gdt[SEL_TSS / 8] = segment((u32)tss, 0x68 + 8192, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	tss[0x68 + 0x80 / 8] = 1;
	RUN(IOPL(0), 0xe6, 0x81, 0xf4);
	check("OUT to a port whose bit is clear, IOPL 0: runs", caught.eip, 2);
	RUN(IOPL(3), 0xe6, 0x80, 0xf4);
	check_fault("OUT to a port whose bit is set, IOPL 3: #GP(0)", GP, 0);
	check("... at OUT", caught.eip, 0);
	RUN(IOPL(3), 0xe5, 0x7f, 0xf4);
	check("IN of a word that reaches into a set bit: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
}

#define VIF 0x80000ul
#define VIP 0x100000ul
#define IF_FLAG 0x200ul
#define CR4_VME 1ul
#define CR4_PVI 2ul
/* The I/O map of these checks; the 32 bytes before it are the interrupt redirection bitmap. */
#define MAP 0x88

static void virtual_flag(void)
{
	RUN(IOPL(0), 0xfb, 0xf4);
	check("VME: STI sets VIF", caught.eflags & (VIF | IF_FLAG), VIF);
	check("... and runs", caught.eip, 1);
	RUN(IOPL(0) | VIF, 0xfa, 0xf4);
	check("VME: CLI clears VIF", caught.eflags & VIF, 0);
	RUN(IOPL(0) | VIP, 0xfb, 0xf4);
	check("VME: STI with VIP: #GP(0) at STI", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(0) | VIP, 0xfa, 0xf4);
	check("VME: CLI with VIP runs", caught.eip, 1);
	RUN(IOPL(3), 0xfb, 0xf4);
	check("VME, IOPL 3: STI sets IF", caught.eflags & (VIF | IF_FLAG), IF_FLAG);
	RUN(IOPL(0) | VIF, 0x9c, 0x58, 0xf4); /* pushf; pop ax */
	check("VME: PUSHF shows VIF as IF, and IOPL 3", caught.eax & 0xffff & (IF_FLAG | IOPL(3)), IF_FLAG | IOPL(3));
	RUN(IOPL(0) | IF_FLAG, 0x9c, 0x58, 0xf4);
	check("VME: PUSHF does not show IF", caught.eax & IF_FLAG, 0);
	RUN(IOPL(0), 0x66, 0x9c, 0xf4);
	check("VME: PUSHFD: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(0), 0x68, 0x02, 0x72, 0x9d, 0xf4); /* push 7202h; popf */
	check("VME: POPF: IF goes to VIF, IOPL stays", caught.eflags & (VIF | IF_FLAG | IOPL(3)), VIF);
	RUN(IOPL(0) | VIF, 0x68, 0x02, 0x00, 0x9d, 0xf4);
	check("VME: POPF clears VIF", caught.eflags & VIF, 0);
	RUN(IOPL(0) | VIP, 0x68, 0x02, 0x02, 0x9d, 0xf4);
	check("VME: POPF of IF with VIP: #GP(0) at POPF", caught.vector == GP && caught.eip == 3, 1);
	RUN(IOPL(0) | VIP, 0x68, 0x02, 0x00, 0x9d, 0xf4);
	check("VME: POPF without IF with VIP runs", caught.eip, 4);
	RUN(IOPL(0), 0x68, 0x02, 0x01, 0x9d, 0xf4);
	check("VME: POPF of TF: #GP(0) at POPF", caught.vector == GP && caught.eip == 3, 1);
	RUN(IOPL(0), 0x66, 0x9d, 0xf4);
	check("VME: POPFD: #GP(0)", caught.vector == GP && caught.eip == 0, 1);
	RUN(IOPL(0), 0x68, 0x02, 0x02, 0x68, 0x00, 0x10, 0x68, 0x0b, 0x00, 0xcf, 0x90, 0xf4); /* push 202h; push 1000h; push 0Bh; iret */
	check("VME: IRET: IF goes to VIF", caught.eflags & (VIF | IF_FLAG), VIF);
	check("... to its target", caught.eip, 0xb);
	RUN(IOPL(0) | VIP, 0x68, 0x02, 0x02, 0x68, 0x00, 0x10, 0x68, 0x0b, 0x00, 0xcf, 0x90, 0xf4);
	check("VME: IRET of IF with VIP: #GP(0) at IRET", caught.vector == GP && caught.eip == 9, 1);
}

static void redirection(void)
{
	const volatile u16 *stack = (const volatile u16 *)(0x20000 + 0x1000 - 6);
	volatile u32 *vector = (volatile u32 *)(0x21 * 4);
	__asm__("" : "+r"(vector));
	u32 before = *vector;
	*vector = CODE_AT << 12 | 4;
	*(u16 *)(tss + 0x66) = MAP;
	memset(tss + MAP - 32, 0, 8);
	gdt[SEL_TSS / 8] = segment((u32)tss, MAP + 0x100, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	RUN(IOPL(0) | VIF, 0xcd, 0x21, 0xf4, 0x90, 0xf4);
	check("VME: INT n whose bit is clear goes through the vector at 0:n * 4", caught.eip, 4);
	check("... its frame: IP", stack[0], 2);
	check("... CS", stack[1], CODE_AT >> 4);
	check("... FLAGS with VIF as IF and IOPL 3", stack[2] & (IF_FLAG | IOPL(3)), IF_FLAG | IOPL(3));
	check("... VIF is cleared", caught.eflags & VIF, 0);
	RUN(IOPL(3) | VIF, 0xcd, 0x21, 0xf4, 0x90, 0xf4);
	check("VME, IOPL 3: INT n whose bit is clear stays too", caught.eip, 4);
	check("... FLAGS with IF as it is", stack[2] & (IF_FLAG | IOPL(3)), IOPL(3));
	check("... VIF stays", caught.eflags & VIF, VIF);
	tss[MAP - 32 + 0x21 / 8] = 1 << (0x21 & 7);
	RUN(IOPL(0), 0xcd, 0x21);
	check_fault("VME, IOPL 0: INT n whose bit is set: #GP(0)", GP, 0);
	RUN(IOPL(3), 0xcd, 0x21);
	check_fault("VME, IOPL 3: INT n whose bit is set: through the IDT", GP, 0x21 * 8 + 2);
	RUN(IOPL(0), 0xcc);
	check_fault("VME: INT3 is not redirected", BP, 0);
	*vector = before;
}

CODE(32, user_sti, "sti\n mov $1, %eax");
CODE(32, user_cli, "cli\n mov $1, %eax");
CODE(32, user_pushf, "pushf\n pop %eax");
CODE(32, user_popf, "pushl $0x202\n popf\n mov $1, %eax");

static void at_cpl3(const char *code, u32 flags)
{
	memset(&start, 0, sizeof(start));
	start.eip = (u32)code;
	start.cs = SEL_USER_CODE;
	start.ss = start.ds = start.es = SEL_USER_DATA;
	start.esp = (u32)user_stack_top;
	start.eflags = 2 | flags;
	enter(&start);
}

static void protected_mode(void)
{
	at_cpl3(user_sti, 0);
	check_fault("STI at CPL 3 without PVI: #GP(0)", GP, 0);
	WRITE_CR(4, READ_CR(4) | CR4_PVI);
	at_cpl3(user_sti, 0);
	check("PVI: STI sets VIF", caught.eflags & (VIF | IF_FLAG), VIF);
	check_fault("... and runs", DONE, 0);
	at_cpl3(user_cli, VIF | IF_FLAG);
	check("PVI: CLI clears VIF", caught.eflags & (VIF | IF_FLAG), IF_FLAG);
	at_cpl3(user_sti, VIP);
	check_fault("PVI: STI with VIP: #GP(0)", GP, 0);
	at_cpl3(user_pushf, VIF);
	check("PVI: PUSHF shows IF, and VIF in its own place", caught.eax & (VIF | IF_FLAG), VIF);
	at_cpl3(user_popf, 0);
	check("PVI: POPF changes neither", caught.eflags & (VIF | IF_FLAG), 0);
	WRITE_CR(4, READ_CR(4) & ~CR4_PVI);
}

void guest_main(void)
{
	u32 r[4];
	entry();
	sensitive();
	others();
	cpuid(1, 0, r);
	if (!(r[3] & 2)) {
		skip("virtual interrupts", "no VME");
		return;
	}
	WRITE_CR(4, READ_CR(4) | CR4_VME);
	virtual_flag();
	redirection();
	WRITE_CR(4, READ_CR(4) & ~CR4_VME);
	protected_mode();
}
