/* An exception while another is delivered: SDM vol 3 ch. 6.15 "Interrupt 8", table 6-5 (which pairs give a double fault and which are handled one after the
 * other), 6.13 (the EXT bit of the error code), 4.7 (error codes of page faults). A copy of the IDT lies across the edge of two pages, one of them not mapped. */
#include "guest.h"

extern u64 pd[2048];
#define PLACE 0x4000000ul
static u64 table[512] __attribute__((aligned(4096)));
static u8 copy[2 * 4096] __attribute__((aligned(4096)));
struct pointer { u16 limit; u64 base; } __attribute__((packed));
static struct pointer usual = { sizeof(idt) - 1, (u64)idt };

/* Vectors below `first` are in the page at PLACE, the others in the next; `gone` is the page that is not there. */
static struct pointer split(unsigned first, unsigned gone)
{
	struct pointer moved = { sizeof(idt) - 1, PLACE + 4096 - first * 16 };
	memcpy(copy + 4096 - first * 16, idt, 32 * 16);
	for (unsigned n = 0; n < 2; n++) {
		table[n] = ((u64)copy + n * 4096) | (n == gone ? 0 : 7);
		__asm__ volatile("invlpg (%0)" : : "r"(PLACE + n * 4096) : "memory");
	}
	return moved;
}
/* The text runs with that IDT. */
#define WITH(first, gone, text)                                                                              \
	do {                                                                                                 \
		struct pointer moved_ = split(first, gone);                                                  \
		CATCH("lidt %0\n" text, "m"(moved_), "r"(1ul << 40));                                        \
		struct regs kept_ = caught;                                                                  \
		__asm__ volatile("lidt %0" : : "m"(usual));                                                  \
		caught = kept_;                                                                              \
	} while (0)

static void gone(unsigned vector) { set_gate(vector, stub_of(vector), SEL_CODE, vector == BP ? 0x6e : 0x0e, 0); }
static void back(unsigned vector) { set_gate(vector, stub_of(vector), SEL_CODE, vector == BP ? 0xee : 0x8e, vector == SS ? 1 : 0); }

static void page_faults(void)
{
	WITH(PF, 1, "mov (%1), %%eax");
	check_fault("#PF after #PF: #DF(0)", DF, 0);
	check("... CR2 is the gate of #PF", caught_cr2, PLACE + 4096);
	WITH(PF, 0, "mov $0x12, %%eax; lldt %%ax");
	check_fault("#PF after #GP: #PF, one after the other", PF, 0);
	check("... CR2 is the gate of #GP", caught_cr2, PLACE + 4096 - 16);
	WITH(7, 0, "ud2");
	check_fault("#PF after #UD: #PF", PF, 0);
	check("... CR2 is the gate of #UD", caught_cr2, PLACE + 4096 - 16);
	WITH(7, 0, "xor %%ecx, %%ecx; div %%ecx");
	check_fault("#PF after #DE: #PF", PF, 0);
	check("... CR2 is the gate of #DE", caught_cr2, PLACE + 4096 - 7 * 16);
	WITH(7, 0, "int3");
	check_fault("#PF after INT3: #PF", PF, 0);
}

/* The second: the gate of the first is not present (#NP), its segment is no code (#GP). */
static void contributory(void)
{
	gone(GP);
	CATCH("mov $0x12, %%eax; lldt %%ax", "i"(0));
	back(GP);
	check_fault("#NP after #GP: #DF(0)", DF, 0);
	gone(NP);
	gone(UD);
	CATCH("ud2", "i"(0));
	back(NP);
	back(UD);
	check_fault("#NP after #NP after #UD: #DF(0)", DF, 0);
	set_gate(DE, stub_of(DE), SEL_DATA, 0x8e, 0);
	CATCH("xor %%ecx, %%ecx; div %%ecx", "i"(0));
	back(DE);
	check_fault("#GP after #DE: #DF(0)", DF, 0);
	gone(SS);
	CATCH("mov %%rsp, %%r8; mov %0, %%rsp; push %%rax; mov %%r8, %%rsp", "r"(0x800000000008));
	back(SS);
	check_fault("#NP after #SS: #DF(0)", DF, 0);
	set_gate(PF, stub_of(PF), SEL_DATA, 0x8e, 0);
	CATCH("mov (%0), %%eax", "r"(1ul << 40));
	back(PF);
	check_fault("#GP after #PF: #DF(0)", DF, 0);
}

/* One after the other, with EXT in the error code where the first is no software interrupt. */
static void serial(void)
{
	set_gate(UD, stub_of(UD), SEL_DATA, 0x8e, 0);
	CATCH("ud2", "i"(0));
	back(UD);
	check_fault("#GP after #UD: #GP(selector + EXT)", GP, SEL_DATA + 1);
	set_gate(UD, stub_of(UD), 0, 0x8e, 0);
	CATCH("ud2", "i"(0));
	back(UD);
	check_fault("null selector in the gate of #UD: #GP(EXT)", GP, 1);
	set_gate(BP, stub_of(BP), 0, 0xee, 0);
	CATCH("int3", "i"(0));
	back(BP);
	check_fault("null selector in the gate of INT3: #GP(0)", GP, 0);
	gone(DB);
	CATCH(".byte 0xf1", "i"(0));
	back(DB);
	check_fault("#NP after INT1: #NP(1 * 8 + IDT + EXT)", NP, DB * 8 + 3);
	gone(NM);
	WRITE_CR(0, READ_CR(0) | 8);
	CATCH("fnop", "i"(0));
	WRITE_CR(0, READ_CR(0) & ~8ul);
	back(NM);
	check_fault("#NP after #NM: #NP(7 * 8 + IDT + EXT)", NP, NM * 8 + 3);
	gone(0x41);
	*(volatile u32 *)0xfee000f0 = 0x1ff;
	*(volatile u32 *)0xfee00300 = 0x40041;
	CATCH("sti; nop; nop; cli", "i"(0));
	back(0x41);
	check_fault("#NP after an interrupt: #NP(vector * 8 + IDT + EXT)", NP, 0x41 * 8 + 3);
	*(volatile u32 *)0xfee000b0 = 0;
	gone(NMI);
	CATCH("movl $0, 16(%0); movl $0x4400, (%0); nop; nop; pause; nop; pause; nop", "r"(0xfee00300ul));
	back(NMI);
	check_fault("#NP after NMI: #NP(2 * 8 + IDT + EXT)", NP, NMI * 8 + 3);
}

CODE(64, user_ud, "ud2");
CODE(64, user_load, "mov $1, %eax; shl $40, %rax; mov (%rax), %eax");
/* The stack that the TSS gives is not there. */
static void stacks(void)
{
	u64 *rsp0 = (u64 *)(tss + 4), good = *rsp0;
	split(0, 1);
	*rsp0 = PLACE + 4096 + 2048;
	set_gate(PF, stub_of(PF), SEL_CODE, 0x8e, 1);
	enter_at(user_ud, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("#UD to a stack that is not mapped: #PF(W)", PF, 2);
	check("... CR2", caught_cr2, *rsp0 - 8);
	check("... CPL was 3", caught.cs & 3, 3);
	set_gate(PF, stub_of(PF), SEL_CODE, 0x8e, 0);
	enter_at(user_load, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("#PF to a stack that is not mapped: #DF(0)", DF, 0);
	*rsp0 = 0x800000000000;
	enter_at(user_ud, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("#UD to a stack that is not canonical: #SS(EXT)", SS, 1);
	*rsp0 = good;
}

void guest_main(void)
{
	pd[PLACE >> 21] = (u64)table | 7;
	WRITE_CR(3, READ_CR(3));
	page_faults();
	contributory();
	serial();
	stacks();
}
