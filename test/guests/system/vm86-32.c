/* Virtual-8086 mode: entry by IRET, addresses, IOPL-sensitive instructions, interrupts out of it and their frame, I/O.
 * SDM vol 3 ch. 22.2 (virtual-8086 mode: 22.2.3 entry, 22.2.6 leaving, 22.2.7 sensitive instructions, 22.2.8 I/O), 22.3 (interrupts and exceptions). */
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

void guest_main(void)
{
	entry();
	sensitive();
	others();
}
