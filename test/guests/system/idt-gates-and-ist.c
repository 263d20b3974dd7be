/* Delivery through the IDT in 64-bit mode: flags by gate type, stacks by TSS and IST, the frame and its alignment, and the checks of IRETQ.
 * SDM vol 3 ch. 6.12.1.2 (flags), 6.14 (64-bit mode: 6.14.2 frame, 6.14.3 IRET, 6.14.4 stack switching, 6.14.5 IST); vol 2 "IRET". */
#include "guest.h"

#define FLAG_TF 0x100ul
#define FLAG_IF 0x200ul
#define FLAG_NT 0x4000ul
#define FLAG_AC 0x40000ul
static u8 stack_1[512] __attribute__((aligned(64))), stack_7[512] __attribute__((aligned(64)));

/* What the handler finds: RFLAGS, RSP before it pushes, SS, CS. */
u64 seen[4];
__asm__(".pushsection .text\n.globl observer\nobserver:\n"
	"mov %rsp, seen+8(%rip)\n mov %ss, seen+16(%rip)\n mov %cs, seen+24(%rip)\n"
	"pushfq\n popq seen(%rip)\n iretq\n.popsection");
extern char observer[];

CODE(64, int_21, "int $0x21");
CODE(64, int_21_flags, "pushq $0x4202; popfq; int $0x21");

static void observe(unsigned type, unsigned ist)
{
	memset(seen, 0, sizeof(seen));
	set_gate(0x21, (word)observer, SEL_CODE, type, ist);
}

static void flags(void)
{
	observe(0x8e, 0);
	enter_at(int_21_flags, SEL_CODE, SEL_DATA);
	check_fault("interrupt gate", DONE, 0);
	check("interrupt gate: IF is cleared", seen[0] & FLAG_IF, 0);
	check("interrupt gate: NT is cleared", seen[0] & FLAG_NT, 0);
	check("IRETQ: IF and NT come back", caught.rflags & (FLAG_IF | FLAG_NT), FLAG_IF | FLAG_NT);
	observe(0x8f, 0);
	enter_at(int_21_flags, SEL_CODE, SEL_DATA);
	check("trap gate: IF is kept", seen[0] & FLAG_IF, FLAG_IF);
	check("trap gate: NT is cleared", seen[0] & FLAG_NT, 0);
}

static void stacks(void)
{
	u64 rsp0 = *(u64 *)(tss + 4);
	observe(0x8e, 0);
	enter_at(int_21, SEL_CODE, SEL_DATA);
	check("CPL 0: the frame is below RSP", seen[1], (u64)user_stack_top - 40);
	check("CPL 0: SS is kept", seen[2] & 0xffff, SEL_DATA);
	observe(0xee, 0);
	enter_at(int_21, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("from CPL 3", DONE, 0);
	check("from CPL 3: the frame is below RSP0", seen[1], rsp0 - 40);
	check("from CPL 3: SS is null", seen[2] & 0xffff, 0);
	check("from CPL 3: CS is the gate's", seen[3] & 0xffff, SEL_CODE);
	*(u64 *)(tss + 4) = rsp0 - 8;
	enter_at(int_21, SEL_USER_CODE, SEL_USER_DATA);
	check("RSP0 is aligned to 16 bytes", seen[1], rsp0 - 16 - 40);
	*(u64 *)(tss + 4) = rsp0;
	u64 ist1 = *(u64 *)(tss + 0x24);
	*(u64 *)(tss + 0x24) = (u64)stack_1 + 512;
	*(u64 *)(tss + 0x24 + 6 * 8) = (u64)stack_7 + 511;
	observe(0xee, 1);
	enter_at(int_21, SEL_CODE, SEL_DATA);
	check("IST 1 at CPL 0", seen[1], (u64)stack_1 + 512 - 40);
	enter_at(int_21, SEL_USER_CODE, SEL_USER_DATA);
	check("IST 1 from CPL 3", seen[1], (u64)stack_1 + 512 - 40);
	observe(0xee, 7);
	enter_at(int_21, SEL_USER_CODE, SEL_USER_DATA);
	check("IST 7, aligned", seen[1], ((u64)stack_7 + 511) / 16 * 16 - 40);
	*(u64 *)(tss + 0x24) = ist1;
	check("the frame: RSP of the interrupted code", *(u64 *)((u64)seen[1] + 24), (u64)user_stack_top);
	check("the frame: SS of the interrupted code", *(u64 *)((u64)seen[1] + 32), SEL_USER_DATA);
	check("the frame: CS of the interrupted code", *(u64 *)((u64)seen[1] + 8), SEL_USER_CODE);
}

/* IRETQ with the given frame. */
static void iretq(const char *name, u64 rip, u64 cs, u64 rflags, u64 rsp, u64 ss, unsigned vector, u64 error)
{
	CATCH("pushq %0; pushq %1; pushq %2; pushq %3; pushq %4; iretq", "r"(ss), "r"(rsp), "r"(rflags), "r"(cs), "r"(rip));
	check_fault(name, vector, error);
}

CODE(64, landing, "nop");

static void returns(void)
{
	u64 at = (u64)landing, sp = (u64)user_stack_top;
	iretq("IRETQ to CPL 3", at, SEL_USER_CODE, 2, sp, SEL_USER_DATA, DONE, 0);
	iretq("IRETQ to CPL 0", at, SEL_CODE, 2, sp, SEL_DATA, DONE, 0);
	iretq("IRETQ to CPL 0 with a null SS", at, SEL_CODE, 2, sp, 0, DONE, 0);
	iretq("IRETQ to CPL 3 with a null SS: #GP(0)", at, SEL_USER_CODE, 2, sp, 0, GP, 0);
	iretq("IRETQ, null CS: #GP(0)", at, 0, 2, sp, SEL_DATA, GP, 0);
	iretq("IRETQ, CS is data: #GP(selector)", at, SEL_DATA, 2, sp, SEL_DATA, GP, SEL_DATA);
	iretq("IRETQ, CS beyond the GDT: #GP(selector)", at, GDT_ENTRIES * 8, 2, sp, SEL_DATA, GP, GDT_ENTRIES * 8);
	iretq("IRETQ, RPL and DPL of CS differ: #GP(selector)", at, SEL_CODE | 3, 2, sp, SEL_USER_DATA, GP, SEL_CODE);
	iretq("IRETQ, SS of another privilege: #GP(selector)", at, SEL_USER_CODE, 2, sp, SEL_DATA | 3, GP, SEL_DATA);
	gdt[SEL_FREE / 8] = segment(0, 0xfffff, 0xa01b);
	iretq("IRETQ, CS not present: #NP(selector)", at, SEL_FREE, 2, sp, SEL_DATA, NP, SEL_FREE);
	gdt[SEL_FREE / 8] = segment(0, 0xfffff, 0xc013);
	iretq("IRETQ, SS not present: #SS(selector)", at, SEL_CODE, 2, sp, SEL_FREE, SS, SEL_FREE);
	gdt[SEL_FREE / 8] = segment(0, 0xfffff, 0xe09b);
	iretq("IRETQ, CS with L and D: #GP(selector)", at, SEL_FREE, 2, sp, SEL_DATA, GP, SEL_FREE);
	iretq("IRETQ, non-canonical RIP: #GP(0)", 0x800000000000, SEL_CODE, 2, sp, SEL_DATA, GP, 0);
	iretq("IRETQ sets AC", at, SEL_CODE, 2 | FLAG_AC, sp, SEL_DATA, DONE, 0);
	check("... AC is set", caught.rflags & FLAG_AC, FLAG_AC);
	iretq("IRETQ sets TF: #DB behind the next instruction", at, SEL_CODE, 2 | FLAG_TF, sp, SEL_DATA, DB, 0);
	check("... RIP", caught.rip, at + 1);
	CATCH("pushfq; orl $0x4000, (%%rsp); popfq; pushq $0; pushq $0; iretq", "i"(0));
	check_fault("IRETQ with NT in 64-bit mode: #GP(0)", GP, 0);
}

void guest_main(void)
{
	flags();
	stacks();
	returns();
}
