/* String instructions that fault midway and go on: registers at the fault are those between two iterations, and the instruction resumes.
 * SDM vol 1 ch. 7.3.9.1 (REP), vol 2 "REP/REPE/REPZ/REPNE/REPNZ", vol 3 ch. 6.5 (restart). */
#include "guest.h"

extern u64 pd[2048];
enum { P = 1, W = 2, U = 4 };
/* Two pages, of which the second is not there until the handler maps it. */
#define PLACE 0x4000000ul
static u64 table[512] __attribute__((aligned(4096)));

static void absent(unsigned n, int gone)
{
	table[n] = (PLACE + n * 4096ul) | (gone ? 0 : P | W | U);
	__asm__ volatile("invlpg (%0)" : : "r"(PLACE + n * 4096ul) : "memory");
}

static struct regs start;
static void run(const char *code, u64 rcx, u64 rsi, u64 rdi, u64 rax, u64 rflags)
{
	memset(&start, 0, sizeof(start));
	start.rip = (u64)code;
	start.cs = SEL_CODE;
	start.ss = SEL_DATA;
	start.rsp = (u64)user_stack_top;
	start.rflags = 2 | rflags;
	start.rcx = rcx;
	start.rsi = rsi;
	start.rdi = rdi;
	start.rax = rax;
	enter(&start);
}

static void state(const char *code, u64 rcx, u64 rsi, u64 rdi)
{
	check("... RIP at the instruction", caught.rip, (u64)code);
	check("... RCX", caught.rcx, rcx);
	check("... RSI", caught.rsi, rsi);
	check("... RDI", caught.rdi, rdi);
}

CODE(64, rep_movsb, "rep movsb");
CODE(64, rep_movsw, "rep movsw");
CODE(64, rep_movsq, "rep movsq");
CODE(64, rep_stosb, "rep stosb");
CODE(64, rep_stosl, "rep stosl");
CODE(64, rep_lodsb, "rep lodsb");
CODE(64, repe_cmpsb, "repe cmpsb");
CODE(64, repne_scasb, "repne scasb");
CODE(64, rep_movsb_32, "addr32 rep movsb");
CODE(64, movsb_once, "movsb");

#define EDGE (PLACE + 4096)
#define FROM (PLACE + 2 * 4096)

void guest_main(void)
{
	for (unsigned n = 0; n < 512; n++)
		table[n] = (PLACE + n * 4096ul) | P | W | U;
	pd[PLACE >> 21] = (u64)table | P | W | U;
	WRITE_CR(3, READ_CR(3));
	u8 *from = (u8 *)FROM, *to = (u8 *)EDGE;
	for (unsigned i = 0; i < 64; i++)
		from[i] = (u8)(i + 1);

	absent(1, 1);
	run(rep_movsb, 16, FROM, EDGE - 5, 0, 0);
	check_fault("REP MOVSB into a page that is not there: #PF(2)", PF, 2);
	check("... CR2", caught_cr2, EDGE);
	state(rep_movsb, 11, FROM + 5, EDGE);
	check("... what was moved before is there", to[-1], 5);
	absent(1, 0);
	start = caught;
	enter(&start);
	check_fault("... goes on", DONE, 0);
	check("... to its end: RCX", caught.rcx, 0);
	check("... the last byte", to[10], 16);

	absent(1, 1);
	run(rep_movsw, 8, FROM, EDGE - 5, 0, 0);
	check_fault("REP MOVSW, an element across the edge: #PF(2)", PF, 2);
	check("... CR2", caught_cr2, EDGE);
	state(rep_movsw, 6, FROM + 4, EDGE - 1);
	run(rep_movsq, 4, EDGE - 16, FROM, 0, 0);
	check_fault("REP MOVSQ out of a page that is not there: #PF(0)", PF, 0);
	state(rep_movsq, 2, EDGE, FROM + 16);
	run(rep_stosb, 9, 0, EDGE - 9, 0x77, 0);
	check_fault("REP STOSB up to the edge", DONE, 0);
	check("... RDI", caught.rdi, EDGE);
	run(rep_stosb, 10, 0, EDGE - 9, 0x77, 0);
	check_fault("REP STOSB beyond the edge: #PF(2)", PF, 2);
	state(rep_stosb, 1, 0, EDGE);
	run(rep_stosl, 3, 0, EDGE, 0, 0);
	check_fault("REP STOSD, the first element faults: #PF(2)", PF, 2);
	state(rep_stosl, 3, 0, EDGE);
	run(rep_stosb, 0, 0, EDGE, 0, 0);
	check_fault("REP STOSB, count 0: no access", DONE, 0);
	run(rep_lodsb, 4, EDGE - 2, 0, 0x1234, 0);
	check_fault("REP LODSB: #PF(0)", PF, 0);
	state(rep_lodsb, 2, EDGE, 0);
	check("... AL has the last byte that was read", caught.rax & 0xff, 0x77);

	absent(0, 1);
	absent(1, 0);
	run(rep_stosb, 8, 0, EDGE + 3, 0x11, 0x400);
	check_fault("REP STOSB downwards: #PF(2)", PF, 2);
	check("... CR2", caught_cr2, EDGE - 1);
	state(rep_stosb, 4, 0, EDGE - 1);
	absent(0, 0);
	absent(1, 1);

	for (unsigned i = 0; i < 8; i++)
		from[i] = to[(int)i - 8] = (u8)i;
	run(repe_cmpsb, 12, FROM, EDGE - 8, 0, 0x40);
	check_fault("REPE CMPSB, all equal up to the edge: #PF(0)", PF, 0);
	state(repe_cmpsb, 4, FROM + 8, EDGE);
	from[3] = 0xff;
	run(repe_cmpsb, 12, FROM, EDGE - 8, 0, 0x40);
	check_fault("REPE CMPSB, a difference before the edge", DONE, 0);
	check("... RCX", caught.rcx, 8);
	check("... ZF", caught.rflags & 0x40, 0);
	run(repne_scasb, 12, 0, EDGE - 8, 5, 0);
	check_fault("REPNE SCASB that finds before the edge", DONE, 0);
	check("... RCX", caught.rcx, 6);
	run(repne_scasb, 12, 0, EDGE - 8, 0x99, 0);
	check_fault("REPNE SCASB that does not: #PF(0)", PF, 0);
	state(repne_scasb, 4, 0, EDGE);

	run(rep_movsb_32, 0xffffffff00000004, 0xffffffff00000000 | FROM, 0xffffffff00000000 | (EDGE - 2), 0, 0);
	check_fault("REP MOVSB with 32-bit addresses: #PF(2)", PF, 2);
	state(rep_movsb_32, 2, FROM + 2, EDGE);
	run(movsb_once, 7, FROM, EDGE, 0, 0);
	check_fault("MOVSB without REP: #PF(2)", PF, 2);
	state(movsb_once, 7, FROM, EDGE);
}
