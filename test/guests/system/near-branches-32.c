/* Near branches in 32-bit and 16-bit code segments: the limit of CS, operand and address sizes. SDM vol 2 "JMP", "Jcc", "CALL", "RET", "LOOP", "JCXZ" (#GP(0)
 * at the branch where the target is beyond the limit; 16-bit operand size cuts EIP), vol 3 ch. 5.3 (limit checks of fetches). */
#include "guest.h"

/* 32-bit and 16-bit code segments of 80h bytes at `area`. */
enum { SHORT32 = SEL_FREE, SHORT16 = SEL_FREE + 8, LIMIT = 0x7f };
static u8 area[0x20000] __attribute__((aligned(4096)));

static void run(const char *name, const char *code, u16 cs, u32 at, unsigned vector, u32 eip)
{
	struct regs r;
	memset(area, 0xcc, sizeof(area));
	memcpy(area + at, code, 32);
	area[0x60] = 0xcd;
	area[0x61] = DONE;
	memset(&r, 0, sizeof(r));
	r.eip = at;
	r.cs = cs;
	r.ss = SEL_DATA;
	r.eflags = 2;
	r.esp = (u32)user_stack_top;
	r.ecx = 1;
	r.eax = 0x80;
	r.ebx = 0x60;
	enter(&r);
	check_fault(name, vector, 0);
	check("... EIP", caught.eip, eip);
}

CODE(32, jmp_short_80, ".byte 0xeb, 0x7e");
CODE(32, jmp_near_80, ".byte 0xe9, 0x7b, 0, 0, 0");
CODE(32, jmp_near_7e, ".byte 0xe9, 0x5b, 0, 0, 0");
CODE(32, jcc_taken, ".byte 0x39, 0xc0, 0x74, 0x7c");
CODE(32, jcc_not, ".byte 0x39, 0xc0, 0x75, 0x7c, 0xff, 0xe3");
CODE(32, jcc_near, ".byte 0x39, 0xc0, 0x0f, 0x84, 0x78, 0, 0, 0");
CODE(32, jmp_reg, "jmp *%eax");
CODE(32, jmp_reg_good, "jmp *%ebx");
CODE(32, call_reg, "call *%eax");
CODE(32, call_near, ".byte 0xe8, 0x7b, 0, 0, 0");
CODE(32, call_reg_good, "call *%ebx");
CODE(32, ret_80, "push %eax; ret");
CODE(32, ret_60, "push %ebx; ret");
CODE(32, ret_imm, "push %ecx; push %ebx; ret $4");
CODE(32, loop_80, "inc %ecx; .byte 0xe2, 0x7d");
CODE(32, loop_not, ".byte 0xe2, 0x7e; jmp *%ebx");
CODE(32, jecxz_80, "dec %ecx; .byte 0xe3, 0x7d");
CODE(32, jmp_16, "mov $0x10060, %ebx; .byte 0x66, 0xff, 0xe3");
CODE(32, jmp_rel_16, ".byte 0x66, 0xe9; .short 0x5c");
CODE(32, call_16, "mov %esp, %esi; .byte 0x66, 0xff, 0xd3");
CODE(32, ret_16, "push $0x10060; .byte 0x66, 0xc3");
CODE(32, jump_back, ".byte 0xeb, 0xf0");
CODE(32, jcxz, "mov $0x10000, %ecx; .byte 0x67, 0xe3, 0x58");
CODE(32, loop_16, "mov $0x10001, %ecx; .byte 0x67, 0xe2, 0; jmp *%ebx");
CODE(16, jmp_near_16, "jmp *%bx");
CODE(16, jmp_rel_80, ".byte 0xeb, 0x7e");
CODE(16, call_rel_16, ".byte 0xe8, 0x5d, 0");
CODE(16, wrap_16, ".byte 0xeb, 0xfc");
CODE(16, jmp_32, ".byte 0x66, 0xff, 0xe3");
CODE(32, nops, "nop; nop; nop; nop");
CODE(32, five, "mov $1, %eax; nop");

void guest_main(void)
{
	gdt[SHORT32 / 8] = segment((u32)area, LIMIT, 0x409b);
	gdt[SHORT16 / 8] = segment((u32)area, LIMIT, 0x009b);
	run("JMP rel32 within the limit", jmp_near_7e, SHORT32, 0, DONE, 0x62);
	run("JMP r32 within", jmp_reg_good, SHORT32, 0, DONE, 0x62);
	run("CALL r32 within", call_reg_good, SHORT32, 0, DONE, 0x62);
	run("RET within", ret_60, SHORT32, 0, DONE, 0x62);
	run("RET imm16", ret_imm, SHORT32, 0, DONE, 0x62);
	run("JMP rel8 beyond the limit: #GP(0)", jmp_short_80, SHORT32, 0, GP, 0);
	run("JMP rel32 beyond: #GP(0)", jmp_near_80, SHORT32, 0, GP, 0);
	run("JMP rel8 below 0: #GP(0)", jump_back, SHORT32, 4, GP, 4);
	run("JMP r32 beyond: #GP(0)", jmp_reg, SHORT32, 0, GP, 0);
	run("CALL r32 beyond: #GP(0)", call_reg, SHORT32, 0, GP, 0);
	run("CALL rel32 beyond: #GP(0)", call_near, SHORT32, 0, GP, 0);
	run("RET beyond: #GP(0)", ret_80, SHORT32, 0, GP, 1);
	run("JE rel8 beyond, taken: #GP(0)", jcc_taken, SHORT32, 0, GP, 2);
	run("JE rel32 beyond, taken: #GP(0)", jcc_near, SHORT32, 0, GP, 2);
	run("JNE beyond, not taken", jcc_not, SHORT32, 0, DONE, 0x62);
	run("LOOP beyond, taken: #GP(0)", loop_80, SHORT32, 0, GP, 1);
	check("... ECX unchanged", caught.ecx, 2);
	run("LOOP beyond, not taken", loop_not, SHORT32, 0, DONE, 0x62);
	run("JECXZ beyond, taken: #GP(0)", jecxz_80, SHORT32, 0, GP, 1);
	run("JMP r16 cuts EIP", jmp_16, SHORT32, 0, DONE, 0x62);
	run("JMP rel16", jmp_rel_16, SHORT32, 0, DONE, 0x62);
	run("CALL r16", call_16, SHORT32, 0, DONE, 0x62);
	run("RET with 16-bit operand size", ret_16, SHORT32, 0, DONE, 0x62);
	run("JCXZ looks at CX", jcxz, SHORT32, 0, DONE, 0x62);
	run("LOOP with CX", loop_16, SHORT32, 0, DONE, 0x62);
	check("... upper half of ECX unchanged", caught.ecx, 0x10000);
	run("16-bit code: JMP r16", jmp_near_16, SHORT16, 0, DONE, 0x62);
	run("16-bit code: JMP r32", jmp_32, SHORT16, 0, DONE, 0x62);
	run("16-bit code: CALL rel16", call_rel_16, SHORT16, 0, DONE, 0x62);
	run("16-bit code: JMP beyond: #GP(0)", jmp_rel_80, SHORT16, 0, GP, 0);
	run("16-bit code: JMP below 0 wraps to FFFEh, which is beyond: #GP(0)", wrap_16, SHORT16, 0, GP, 0);
	run("running over the limit: #GP(0) behind it", nops, SHORT32, LIMIT - 1, GP, LIMIT + 1);
	run("an instruction across the limit: #GP(0) at it", five, SHORT32, LIMIT - 2, GP, LIMIT - 2);
	check("... not carried out", caught.eax, 0x80);
	run("an instruction that ends at the limit, then #GP(0)", five, SHORT32, LIMIT - 4, GP, LIMIT + 1);
	check("... carried out", caught.eax, 1);
}
