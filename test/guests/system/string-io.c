/* INS and OUTS: registers, faults midway, permission. SDM vol 1 ch. 7.3.9.1, 19.5.2 (I/O permission bitmap), vol 2 "INS", "OUTS", "REP"; vol 3 ch. 6.5 (restart),
 * 7.7 (TSS in 64-bit mode). The port is the scratch register of COM1 (16550). */
#include "guest.h"

extern u64 pd[2048];
#define PLACE 0x4000000ul
#define EDGE (PLACE + 4096)
enum { SCRATCH = 0x3ff, DF_FLAG = 0x400, IOPL3 = 0x3000 };
static u64 table[512] __attribute__((aligned(4096)));
static void second(int there)
{
	table[1] = EDGE | (there ? 7 : 0);
	__asm__ volatile("invlpg (%0)" : : "r"(EDGE) : "memory");
}

static struct regs start;
/* The scratch register takes bytes alone. */
static u16 port = SCRATCH;
static void run(const char *name, const char *code, u64 rcx, u64 at, u64 rflags, unsigned vector, u64 error)
{
	memset(&start, 0, sizeof(start));
	start.rip = (u64)code;
	start.cs = SEL_CODE;
	start.ss = SEL_DATA;
	start.rsp = (u64)user_stack_top;
	start.rflags = 2 | rflags;
	start.rcx = rcx;
	start.rsi = start.rdi = at;
	start.rdx = port;
	enter(&start);
	check_fault(name, vector, error);
}

CODE(64, outs, "outsb");
CODE(64, ins, "insb");
CODE(64, rep_outs, "rep outsb");
CODE(64, rep_ins, "rep insb");
CODE(64, rep_insw, "rep insw");
CODE(64, outs_rex, ".byte 0x48, 0x6f");
CODE(64, rep_ins_32, "addr32 rep insb");
CODE(64, rep_outs_32, "addr32 rep outsb");
CODE(64, outs_fs, "fs outsb");
CODE(64, outs_fs_32, "fs addr32 outsb");
CODE(64, user_code, "mov $0x3ff, %edx; mov $1, %ecx; rep outsb");

static void once(void)
{
	u8 *bytes = (u8 *)PLACE;
	for (int i = 0; i < 16; i++)
		bytes[i] = (u8)(0x40 + i);
	outb(SCRATCH, 0);
	run("OUTSB", outs, 7, PLACE + 3, 0, DONE, 0);
	check("... what went out", inb(SCRATCH), 0x43);
	check("... RSI", caught.rsi, PLACE + 4);
	check("... RCX unchanged", caught.rcx, 7);
	run("OUTSB downwards", outs, 7, PLACE + 3, DF_FLAG, DONE, 0);
	check("... RSI", caught.rsi, PLACE + 2);
	outb(SCRATCH, 0x99);
	run("INSB", ins, 7, PLACE + 100, 0, DONE, 0);
	check("... what came in", bytes[100], 0x99);
	check("... RDI", caught.rdi, PLACE + 101);
	run("REP OUTSB", rep_outs, 5, PLACE, 0, DONE, 0);
	check("... the last byte", inb(SCRATCH), 0x44);
	check("... RCX, RSI", caught.rcx << 16 | (caught.rsi - PLACE), 5);
	run("REP INSB downwards", rep_ins, 4, PLACE + 203, DF_FLAG, DONE, 0);
	check("... all of them", *(u32 *)(bytes + 200), 0x44444444);
	check("... RDI", caught.rdi, PLACE + 199);
	run("REP OUTSB, count 0: no access", rep_outs, 0, 1ul << 40, 0, DONE, 0);
	run("REP INSB, count 0: no access", rep_ins, 0, 1ul << 40, 0, DONE, 0);
	port = 0x80;
	run("OUTSD with REX.W is OUTSD", outs_rex, 7, PLACE, 0, DONE, 0);
	check("... RSI", caught.rsi, PLACE + 4);
	port = SCRATCH;
	wrmsr(0xc0000100, 5);
	run("OUTSB with FS", outs_fs, 7, PLACE, 0, DONE, 0);
	check("... reads from its base on", inb(SCRATCH), 0x45);
	run("OUTSB with FS and 32-bit addresses", outs_fs_32, 7, 0xffffffff00000000 | PLACE, 0, DONE, 0);
	check("... reads from its base on", inb(SCRATCH), 0x45);
	check("... ESI", caught.rsi, PLACE + 1);
	wrmsr(0xc0000100, 0);
	run("REP OUTSB with 32-bit addresses", rep_outs_32, 0xffffffff00000003, 0xffffffff00000000 | PLACE, 0, DONE, 0);
	check("... ECX", caught.rcx, 0);
	check("... ESI", caught.rsi, PLACE + 3);
}

static void midway(void)
{
	u8 *bytes = (u8 *)PLACE;
	second(0);
	outb(SCRATCH, 0x5a);
	run("REP INSB into a page that is not there: #PF(2)", rep_ins, 8, EDGE - 5, 0, PF, 2);
	check("... CR2", caught_cr2, EDGE);
	check("... RCX", caught.rcx, 3);
	check("... RDI", caught.rdi, EDGE);
	check("... RIP", caught.rip, (u64)rep_ins);
	check("... what came before", bytes[4095], 0x5a);
	second(1);
	start = caught;
	enter(&start);
	check_fault("... goes on", DONE, 0);
	check("... to its end", caught.rdi << 8 | caught.rcx, (EDGE + 3) << 8);
	check("... the last byte", bytes[4096 + 2], 0x5a);
	second(0);
	port = 0x80;
	run("REP INSW, a word across the edge: #PF(2)", rep_insw, 4, EDGE - 3, 0, PF, 2);
	check("... RCX", caught.rcx, 3);
	check("... RDI", caught.rdi, EDGE - 1);
	port = SCRATCH;
	bytes[4095] = 0x66;
	run("REP OUTSB out of a page that is not there: #PF(0)", rep_outs, 8, EDGE - 2, 0, PF, 0);
	check("... RCX", caught.rcx, 6);
	check("... RSI", caught.rsi, EDGE);
	check("... what went out before", inb(SCRATCH), 0x66);
	run("OUTSB out of it", outs, 8, EDGE, 0, PF, 0);
	check("... nothing went out", inb(SCRATCH), 0x66);
	run("REP INSB, 32-bit addresses: #PF(2)", rep_ins_32, 0xffffffff00000004, 0xffffffff00000000 | (EDGE - 1), 0, PF, 2);
	check("... ECX", (u32)caught.rcx, 3);
	check("... EDI", (u32)caught.rdi, EDGE);
	run("INSB to what is not canonical: #GP(0)", ins, 1, 0x800000000000, 0, GP, 0);
	run("OUTSB from what is not canonical: #GP(0)", outs, 1, 0x800000000000, 0, GP, 0);
}

static void user(const char *name, u64 at, u64 rflags, unsigned vector, u64 error)
{
	memset(&start, 0, sizeof(start));
	start.rip = (u64)user_code;
	start.cs = SEL_USER_CODE;
	start.ss = SEL_USER_DATA;
	start.rsp = (u64)user_stack_top;
	start.rflags = 2 | rflags;
	start.rsi = at;
	enter(&start);
	check_fault(name, vector, error);
}

static void permission(void)
{
	user("REP OUTSB at CPL 3, IOPL 0: #GP(0)", PLACE, 0, GP, 0);
	check("... RCX", caught.rcx, 1);
	user("... before #PF", EDGE, 0, GP, 0);
	user("REP OUTSB at CPL 3, IOPL 3", PLACE, IOPL3, DONE, 0);
	user("... of a page that is not there: #PF(U)", EDGE, IOPL3, PF, 4);
	memset(tss + 0x68, 0xff, 8192 + 1);
	tss[0x68 + SCRATCH / 8] = 0x7f;
	gdt[SEL_TSS / 8] = segment((u32)(u64)tss, 0x68 + 8192, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	user("REP OUTSB at CPL 3, the port's bit clear", PLACE, 0, DONE, 0);
	tss[0x68 + SCRATCH / 8] = 0x80;
	user("... set: #GP(0)", PLACE, 0, GP, 0);
}

void guest_main(void)
{
	for (unsigned n = 0; n < 512; n++)
		table[n] = (PLACE + n * 4096ul) | 7;
	pd[PLACE >> 21] = (u64)table | 7;
	WRITE_CR(3, READ_CR(3));
	once();
	midway();
	permission();
}
