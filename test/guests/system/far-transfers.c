/* Far JMP, CALL and RET, through code segments and call gates, within and between privilege levels.
 * SDM vol 2 "JMP", "CALL", "RET"; vol 3 ch. 5.8 (privilege checks: 5.8.1 direct, 5.8.3 call gates, 5.8.4 through a gate, 5.8.5 stack switching, 5.8.3.1 64-bit gates). */
#include "guest.h"

#define SLOT(n) (SEL_FREE + (n) * 8)
static void put(unsigned n, u64 descriptor) { gdt[SEL_FREE / 8 + n] = descriptor; }

/* A far pointer in memory, for indirect transfers with 64-bit, 32-bit and 16-bit offsets. */
static struct { u64 offset; u16 selector; } __attribute__((packed)) far64;
static struct { u32 offset; u16 selector; } __attribute__((packed)) far32;

CODE(64, landing, "nop");
CODE(32, landing_32, "nop");

static void jump(const char *name, u64 target, u16 selector, unsigned vector, u64 error)
{
	far64.offset = target;
	far64.selector = selector;
	CATCH("rex64 ljmp *%0", "m"(far64));
	check_fault(name, vector, error);
}

static void call(const char *name, u64 target, u16 selector, unsigned vector, u64 error)
{
	far64.offset = target;
	far64.selector = selector;
	CATCH("rex64 lcall *%0", "m"(far64));
	check_fault(name, vector, error);
}

static void direct(void)
{
	u64 at = (u64)landing;
	put(0, segment(0, 0xfffff, 0xa01b)); /* 64-bit code, not present */
	put(1, segment(0, 0xfffff, 0xa0fb)); /* 64-bit code of DPL 3 */
	put(2, segment(0, 0xfffff, 0xa09f)); /* conforming, DPL 0 */
	put(3, segment(0, 0xfffff, 0xa0ff)); /* conforming, DPL 3 */
	put(4, segment(0, 0xfffff, 0xe09b)); /* L and D */
	put(5, segment(0, 15, 0x409b));      /* 16 bytes of 32-bit code */
	jump("JMP to 64-bit code", at, SEL_CODE, DONE, 0);
	check("... CS", caught.cs, SEL_CODE);
	jump("JMP to 32-bit code", (u64)landing_32, SEL_CODE32, DONE, 0);
	check("... CS", caught.cs, SEL_CODE32);
	jump("JMP, null selector: #GP(0)", at, 0, GP, 0);
	jump("JMP, null selector with RPL: #GP(0)", at, 3, GP, 0);
	jump("JMP to data: #GP(selector)", at, SEL_DATA, GP, SEL_DATA);
	jump("JMP beyond the GDT: #GP(selector)", at, GDT_ENTRIES * 8, GP, GDT_ENTRIES * 8);
	jump("JMP, not present: #NP(selector)", at, SLOT(0), NP, SLOT(0));
	jump("JMP to a higher DPL: #GP(selector)", at, SLOT(1), GP, SLOT(1));
	jump("JMP with RPL 3: #GP(selector)", at, SEL_CODE | 3, GP, SEL_CODE);
	jump("JMP to a conforming segment", at, SLOT(2), DONE, 0);
	jump("JMP to a conforming segment with RPL 3", at, SLOT(2) | 3, DONE, 0);
	check("... CS has CPL, not RPL", caught.cs, SLOT(2));
	jump("JMP to a conforming segment of a higher DPL: #GP(selector)", at, SLOT(3), GP, SLOT(3));
	jump("JMP to code with L and D: #GP(selector)", at, SLOT(4), GP, SLOT(4));
	jump("JMP beyond the limit of 32-bit code: #GP(0)", 16, SLOT(5), GP, 0);
	jump("JMP to a non-canonical address: #GP(0)", 0x800000000000, SEL_CODE, GP, 0);
	jump("JMP to a TSS in 64-bit mode: #GP(selector)", at, SEL_TSS, GP, SEL_TSS);
	check("a segment that was jumped to is accessed", gdt[SLOT(2) / 8] >> 40 & 1, 1);
	far32.offset = (u32)at;
	far32.selector = SEL_CODE;
	CATCH("ljmp *%0", "m"(far32));
	check_fault("JMP m16:32 in 64-bit mode", DONE, 0);
	CATCH(".byte 0xea; .long 0; .word 8", "i"(0));
	check_fault("JMP ptr16:32 in 64-bit mode: #UD", UD, 0);
}

/* A far call leaves CS and the return address; the landing's INT 80h shows the stack. */
static void calls(void)
{
	call("CALL to 64-bit code", (u64)landing, SEL_CODE, DONE, 0);
	call("CALL to data: #GP(selector)", (u64)landing, SEL_DATA, GP, SEL_DATA);
	call("CALL, not present: #NP(selector)", (u64)landing, SLOT(0), NP, SLOT(0));
	CATCH("push %0; push %1; lretq", "r"((u64)SEL_CODE), "r"((u64)landing));
	check_fault("RETF to 64-bit code", DONE, 0);
	CATCH("push %0; push %1; lretq", "r"((u64)SEL_CODE32), "r"((u64)landing_32));
	check_fault("RETF to 32-bit code", DONE, 0);
	CATCH("push %0; push %1; push %2; push %3; lretq", "r"((u64)SEL_USER_DATA), "r"((u64)user_stack_top), "r"((u64)SEL_USER_CODE), "r"((u64)landing));
	check_fault("RETF to CPL 3", DONE, 0);
	check("... CS", caught.cs, SEL_USER_CODE);
	check("... SS", caught.ss, SEL_USER_DATA);
	check("... RSP", caught.rsp, (u64)user_stack_top);
	CATCH("push $0; push %0; lretq", "r"((u64)landing));
	check_fault("RETF, null CS: #GP(0)", GP, 0);
	CATCH("push %0; push %1; lretq", "r"((u64)SEL_DATA), "r"((u64)landing));
	check_fault("RETF to data: #GP(selector)", GP, SEL_DATA);
	CATCH("push %0; push %1; lretq", "r"((u64)SLOT(0)), "r"((u64)landing));
	check_fault("RETF, not present: #NP(selector)", NP, SLOT(0));
	CATCH("push $0; push %1; push %2; push %3; lretq", "r"(0), "r"((u64)user_stack_top), "r"((u64)SEL_USER_CODE), "r"((u64)landing));
	check_fault("RETF to CPL 3 with a null SS: #GP(0)", GP, 0);
	CATCH("push %0; push %1; lretq", "r"((u64)SEL_CODE), "r"(0x800000000000));
	check_fault("RETF to a non-canonical address: #GP(0)", GP, 0);
}

/* Call gates: 16 bytes in long mode. */
static void call_gate(unsigned n, u64 target, u16 selector, unsigned access)
{
	put(n, (target & 0xffff) | (u64)selector << 16 | (u64)access << 40 | (target >> 16 & 0xffff) << 48);
	put(n + 1, target >> 32);
}

CODE(64, through_gate, "lcall *gate_pointer");
struct { u32 offset; u16 selector; } __attribute__((packed)) gate_pointer;

static void gated(const char *name, u16 selector, unsigned vector, u64 error)
{
	gate_pointer.selector = selector;
	enter_at(through_gate, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, error);
}

static void gates(void)
{
	u64 at = (u64)landing;
	call_gate(6, at, SEL_CODE, 0xec);
	call("CALL through a gate at CPL 0", 0, SLOT(6), DONE, 0);
	jump("JMP through a gate at CPL 0", 0, SLOT(6), DONE, 0);
	gated("CALL through a gate of DPL 3, from CPL 3", SLOT(6) | 3, DONE, 0);
	check("... CS", caught.cs, SEL_CODE);
	check("... SS is null with the new CPL", caught.ss, 0);
	check("... RSP comes from RSP0", caught.rsp, *(u64 *)(tss + 4) - 32);
	check("... return RIP", *(u64 *)caught.rsp, (u64)through_gate + 7);
	check("... return CS", *(u64 *)(caught.rsp + 8) & 0xffff, SEL_USER_CODE);
	check("... return RSP", *(u64 *)(caught.rsp + 16), (u64)user_stack_top);
	check("... return SS", *(u64 *)(caught.rsp + 24) & 0xffff, SEL_USER_DATA);
	call_gate(8, at, SEL_CODE, 0x8c);
	gated("CALL through a gate of DPL 0, from CPL 3: #GP(selector)", SLOT(8), GP, SLOT(8));
	call("CALL through a gate with RPL 3 > DPL 0: #GP(selector)", 0, SLOT(8) | 3, GP, SLOT(8));
	call_gate(8, at, SEL_CODE, 0x6c);
	call("gate not present: #NP(selector)", 0, SLOT(8), NP, SLOT(8));
	call_gate(8, at, 0, 0xec);
	call("gate with a null selector: #GP(0)", 0, SLOT(8), GP, 0);
	call_gate(8, at, SEL_DATA, 0xec);
	call("gate to data: #GP(selector of the segment)", 0, SLOT(8), GP, SEL_DATA);
	call_gate(8, at, SEL_CODE32, 0xec);
	call("gate to 32-bit code in long mode: #GP(selector of the segment)", 0, SLOT(8), GP, SEL_CODE32);
	call_gate(8, at, SLOT(0), 0xec);
	call("gate to code that is not present: #NP(selector of the segment)", 0, SLOT(8), NP, SLOT(0));
	call_gate(8, at, SEL_USER_CODE, 0xec);
	call("gate to code of a higher DPL: #GP(selector of the segment)", 0, SLOT(8), GP, SEL_USER_CODE & ~3);
	call_gate(8, 0x800000000000, SEL_CODE, 0xec);
	call("gate to a non-canonical address: #GP(0)", 0, SLOT(8), GP, 0);
	call_gate(8, at, SEL_CODE, 0xec);
	gdt[SLOT(9) / 8] |= 0x0c0000000000;
	call("gate whose upper type is not 0: #GP(selector)", 0, SLOT(8), GP, SLOT(8));
	put(8, segment(0, 0, 0x0084));
	put(9, 0);
	call("16-bit call gate in long mode: #GP(selector)", 0, SLOT(8), GP, SLOT(8));
	put(8, segment(0, 0, 0x0085));
	call("task gate in long mode: #GP(selector)", 0, SLOT(8), GP, SLOT(8));
}

void guest_main(void)
{
	direct();
	calls();
	gates();
}
