/* Far calls, jumps and returns in protected mode: call gates with parameters, conforming code, returns to outer levels, far pointers.
 * SDM vol 3 ch. 5.8 (5.8.1 direct transfers, 5.8.3 to 5.8.6 call gates, stack switch, returns), 7.2.1 (TSS stacks); vol 2 "CALL", "JMP", "RET", "IRET",
 * "LDS/LES/LFS/LGS/LSS", "LAR", "LSL", "VERR/VERW", "ARPL". */
#include "guest.h"

/* Selectors of this topic; assembler text has them as numbers. */
enum { GATE = 0x50, CODE1 = 0x58, DATA1 = 0x60, CONFORMING = 0x68, OUTER_CONFORMING = 0x70, ODD = 0x78, SMALL1 = 0x80, BASED = 0x88, SHORT = 0x90 };
static void put(u16 selector, u64 descriptor) { gdt[selector >> 3] = descriptor; }
static u64 call_gate(u32 target, u16 selector, unsigned parameters, unsigned type)
{
	return (target & 0xffff) | (u64)selector << 16 | (u64)parameters << 32 | (u64)type << 40 | (u64)(target >> 16) << 48;
}

u32 seen_esp, seen_ss, f_eip, f_cs, f_esp, f_ss;
extern const char behind_call[], behind_return[];
CODE(32, user_call, "push $0x111; push $0x222; push $0x333; lcall $0x53, $0x12345678\nbehind_call: nop");
CODE(32, user_jump, "ljmp $0x53, $0x12345678");
CODE(32, take_frame, "mov %esp, %ss:seen_esp; mov %ss, %ss:seen_ss; pop %eax; pop %ebx; pop %ecx; pop %edx; pop %esi; pop %edi; pop %ebp");
CODE(32, take_frame_16, "xor %eax, %eax; mov %esp, %ss:seen_esp; mov (%esp), %eax; mov 4(%esp), %ebx; mov 8(%esp), %ecx");
CODE(32, user_call_16, "pushw $0x1111; pushw $0x2222; lcall $0x53, $0");
CODE(32, user_through, "mov $0x33, %eax; mov %eax, %ds; push $1; push $2; lcall $0x53, $0\nbehind_return: mov %fs, %ecx; mov %gs, %edx");
CODE(32, go_back, "mov $0x10, %eax; mov %eax, %ds; mov %eax, %fs; mov $0x33, %eax; mov %eax, %es; mov $0x68, %eax; mov %eax, %gs; lret $8");
CODE(32, nothing, "nop");
CODE(32, user_direct, "lcall $0x68, $nothing");
CODE(32, user_outer, "lcall $0x73, $nothing");
CODE(32, user_kernel, "lcall $0x8, $nothing");
CODE(32, user_kernel_jump, "ljmp $0x8, $nothing");

static void user(const char *name, const char *code, unsigned vector, u64 error)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, error);
}

static void gates(void)
{
	u32 inner = *(u32 *)(tss + 4), outer = (u32)user_stack_top;
	put(GATE, call_gate((u32)take_frame, SEL_CODE, 3, 0xec));
	user("CALL through a 32-bit gate to CPL 0", user_call, DONE, 0);
	check("... new ESP", seen_esp, inner - 28);
	check("... new SS is SS0", seen_ss, SEL_DATA);
	check("... CPL 0", caught.cs, SEL_CODE);
	check("... return EIP", caught.eax, (u32)behind_call);
	check("... return CS", caught.ebx & 0xffff, SEL_USER_CODE);
	check("... parameter pushed last", caught.ecx, 0x333);
	check("... second parameter", caught.edx, 0x222);
	check("... parameter pushed first", caught.esi, 0x111);
	check("... outer ESP", caught.edi, outer - 12);
	check("... outer SS", caught.ebp & 0xffff, SEL_USER_DATA);
	put(BASED, segment((u32)take_frame_16, 0xffff, 0x409b));
	put(GATE, call_gate(0, BASED, 2, 0xe4));
	user("CALL through a 16-bit gate", user_call_16, DONE, 0);
	check("... new ESP", seen_esp, inner - 12);
	check("... IP and CS", caught.eax >> 16, SEL_USER_CODE);
	check("... parameters are words", caught.ebx, 0x11112222);
	check("... SP", caught.ecx & 0xffff, (outer - 4) & 0xffff);
	check("... SS", caught.ecx >> 16, SEL_USER_DATA);
	put(GATE, call_gate((u32)go_back, SEL_CODE, 2, 0xec));
	user("RET 8 to the outer level", user_through, DONE, 0);
	check("... ESP without the parameters", caught.esp, outer);
	check("... CS", caught.cs, SEL_USER_CODE);
	check("... DS of DPL 0 becomes null", caught_ds, 0);
	check("... ES of DPL 3 stays", caught_es, SEL_USER_DATA);
	check("... FS of DPL 0 becomes null", caught.ecx & 0xffff, 0);
	check("... GS: conforming code stays", caught.edx & 0xffff, CONFORMING);
	put(GATE, call_gate((u32)take_frame, CONFORMING, 3, 0xec));
	user("CALL through a gate to conforming code", user_call, DONE, 0);
	check("... keeps CPL 3", caught.cs, CONFORMING | 3);
	check("... keeps the stack, copies nothing", seen_esp, outer - 20);
	user("JMP through a gate to conforming code", user_jump, DONE, 0);
	check("... keeps CPL 3", caught.cs, CONFORMING | 3);
	put(GATE, call_gate((u32)take_frame, SEL_CODE, 3, 0xec));
	user("JMP through a gate to inner code: #GP(code)", user_jump, GP, SEL_CODE);
	enter_at(user_call, SEL_CODE, SEL_DATA);
	check_fault("CALL with RPL 3 through a gate of DPL 3 at CPL 0", DONE, 0);
	check("... without a stack switch", caught.ecx, 0x333);
}

static void bad_gate(const char *name, u16 selector, unsigned type, unsigned vector, u64 error)
{
	put(GATE, call_gate((u32)take_frame, selector, 0, type));
	user(name, user_call, vector, error);
}

static void gate_faults(void)
{
	bad_gate("gate of DPL 0: #GP(gate)", SEL_CODE, 0x8c, GP, GATE);
	bad_gate("gate not present: #NP(gate)", SEL_CODE, 0x6c, NP, GATE);
	bad_gate("gate of DPL 0 that is not present: #GP(gate)", SEL_CODE, 0x0c, GP, GATE);
	bad_gate("null code selector: #GP(0)", 3, 0xec, GP, 0);
	bad_gate("code selector beyond the GDT: #GP(selector)", GDT_ENTRIES * 8, 0xec, GP, GDT_ENTRIES * 8);
	bad_gate("code selector of data: #GP(selector)", SEL_DATA, 0xec, GP, SEL_DATA);
	put(ODD, segment(0, 0xfffff, 0xc01b));
	bad_gate("code not present: #NP(selector)", ODD, 0xec, NP, ODD);
	put(ODD, segment(0, 0xff, 0x409b));
	bad_gate("target beyond the limit: #GP(0)", ODD, 0xec, GP, 0);
	bad_gate("an interrupt gate in the GDT: #GP(selector)", SEL_CODE, 0xee, GP, GATE);
	bad_gate("a trap gate in the GDT: #GP(selector)", SEL_CODE, 0xef, GP, GATE);
	put(GATE, call_gate((u32)take_frame, SEL_USER_CODE, 0, 0xec));
	enter_at(user_call, SEL_CODE, SEL_DATA);
	check_fault("gate to outer code: #GP(code)", GP, SEL_USER_CODE & ~3u);
	put(GATE, call_gate((u32)take_frame, SEL_CODE, 0, 0x8c));
	enter_at(user_call, SEL_CODE, SEL_DATA);
	check_fault("RPL 3 through a gate of DPL 0 at CPL 0: #GP(gate)", GP, GATE);
}

static void inner_stack(const char *name, u16 ss, unsigned vector, u64 error)
{
	*(u32 *)(tss + 12) = (u32)user_stack_top - 1024;
	*(u16 *)(tss + 16) = ss;
	user(name, user_call, vector, error);
}

static void inner_stacks(void)
{
	put(GATE, call_gate((u32)take_frame, CODE1, 2, 0xec));
	inner_stack("CALL to CPL 1", DATA1 | 1, DONE, 0);
	check("... CS", caught.cs, CODE1 | 1);
	check("... SS", seen_ss & 0xffff, DATA1 | 1);
	inner_stack("SS1 null: #TS(0)", 0, TS, 0);
	inner_stack("SS1 null with RPL 1: #TS(0)", 1, TS, 0);
	inner_stack("SS1 beyond the GDT: #TS(SS1)", GDT_ENTRIES * 8 + 1, TS, GDT_ENTRIES * 8);
	inner_stack("SS1 with RPL 0: #TS(SS1)", DATA1, TS, DATA1);
	inner_stack("SS1 of DPL 0: #TS(SS1)", SEL_DATA | 1, TS, SEL_DATA);
	inner_stack("SS1 is code: #TS(SS1)", CODE1 | 1, TS, CODE1);
	put(ODD, segment(0, 0xfffff, 0xc0b1));
	inner_stack("SS1 read-only: #TS(SS1)", ODD | 1, TS, ODD);
	put(ODD, segment(0, 0xfffff, 0xc033));
	inner_stack("SS1 not present: #SS(SS1)", ODD | 1, SS, ODD);
	inner_stack("SS1 without room: #SS(SS1)", SMALL1 | 1, SS, SMALL1);
	/* TSS limit 15: ESP0 and SS0 (for this fault's own delivery) are in, SS1 is not. */
	gdt[SEL_TSS / 8] = segment((u32)tss, 15, 0x0089);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	inner_stack("SS1 beyond the TSS: #TS(TSS)", DATA1 | 1, TS, SEL_TSS);
	load_tss();
}

static void direct(void)
{
	user("CALL of conforming code of DPL 0 from CPL 3", user_direct, DONE, 0);
	check("... keeps CPL 3", caught.cs, CONFORMING | 3);
	user("CALL of inner code: #GP(selector)", user_kernel, GP, SEL_CODE);
	user("JMP to inner code: #GP(selector)", user_kernel_jump, GP, SEL_CODE);
	CATCH("lcall $0x73, $nothing", "i"(0));
	check_fault("CALL of outer conforming code: #GP(selector)", GP, OUTER_CONFORMING);
	CATCH("lcall $0xb, $nothing", "i"(0));
	check_fault("CALL with RPL 3 of DPL 0 code: #GP(selector)", GP, SEL_CODE);
	CATCH("lcall $3, $nothing", "i"(0));
	check_fault("CALL of a null selector: #GP(0)", GP, 0);
	CATCH("lcall $0x10, $nothing", "i"(0));
	check_fault("CALL of data: #GP(selector)", GP, SEL_DATA);
	put(ODD, segment(0, 0xfffff, 0xc01b));
	CATCH("lcall $0x78, $nothing", "i"(0));
	check_fault("CALL of code that is not present: #NP(selector)", NP, ODD);
	put(ODD, segment(0, 0xffff, 0x409b));
	CATCH("ljmp $0x78, $0x10000", "i"(0));
	check_fault("JMP beyond the limit: #GP(0)", GP, 0);
	put(BASED, segment((u32)nothing, 0xffff, 0x409b));
	CATCH("mov %%esp, %%edx; push $0xffffffff; pushl $0x88; pushw $0; mov %%esp, %%eax; lcallw *(%%eax); mov %%edx, %%esp", "i"(0));
	check_fault("CALL m16:16", DONE, 0);
	check("... CS", caught.cs, BASED);
	CATCH(".byte 0xff, 0xd8", "i"(0));
	check_fault("CALL far of a register: #UD", UD, 0);
	CATCH(".byte 0xff, 0xe8", "i"(0));
	check_fault("JMP far of a register: #UD", UD, 0);
}

#define RETURN CATCH("pushl f_ss; pushl f_esp; pushl f_cs; pushl f_eip; lret", "i"(0))
#define IRETURN CATCH("pushl f_ss; pushl f_esp; pushl $2; pushl f_cs; pushl f_eip; iret", "i"(0))
static void outer(const char *name, u32 cs, u32 ss, u32 eip, unsigned vector, u64 error)
{
	char text[96], *at;
	f_cs = cs;
	f_ss = ss;
	f_eip = eip;
	f_esp = (u32)user_stack_top;
	for (int i = 0; i < 2; i++) {
		at = text;
		for (const char *c = i ? "IRET: " : "RET: "; *c;) *at++ = *c++;
		for (const char *c = name; *c;) *at++ = *c++;
		*at = 0;
		if (i)
			IRETURN;
		else
			RETURN;
		check_fault(text, vector, error);
	}
}

CODE(32, user_ret_inner, "push $8; push $nothing; lret");
CODE(32, user_iret_inner, "pushf; push $8; push $nothing; iret");
CODE(32, user_iret_flags, "push $0x3202; push $0x2b; push $1f; iret; 1: pushf; pop %eax");
CODE(32, see_segments, "mov %ds, %eax; mov %es, %ebx; mov %fs, %ecx; mov %gs, %edx");

static void returns(void)
{
	u32 to = (u32)nothing;
	outer("to CPL 3", SEL_USER_CODE, SEL_USER_DATA, to, DONE, 0);
	outer("CS null: #GP(0)", 0, SEL_USER_DATA, to, GP, 0);
	outer("CS beyond the GDT: #GP(selector)", GDT_ENTRIES * 8, SEL_DATA, to, GP, GDT_ENTRIES * 8);
	outer("CS of data: #GP(selector)", SEL_DATA, SEL_DATA, to, GP, SEL_DATA);
	outer("CS with RPL 3 and DPL 0: #GP(selector)", SEL_CODE | 3, SEL_USER_DATA, to, GP, SEL_CODE);
	outer("CS with RPL 0 and DPL 3: #GP(selector)", SEL_USER_CODE & ~3, SEL_USER_DATA, to, GP, SEL_USER_CODE & ~3u);
	outer("conforming CS with RPL below DPL: #GP(selector)", OUTER_CONFORMING, SEL_DATA, to, GP, OUTER_CONFORMING);
	put(ODD, segment(0, 0xfffff, 0xc07b));
	outer("CS not present: #NP(selector)", ODD | 3, SEL_USER_DATA, to, NP, ODD);
	outer("SS null: #GP(0)", SEL_USER_CODE, 0, to, GP, 0);
	outer("SS with RPL 0: #GP(selector)", SEL_USER_CODE, SEL_USER_DATA & ~3, to, GP, SEL_USER_DATA & ~3u);
	outer("SS of DPL 0: #GP(selector)", SEL_USER_CODE, SEL_DATA | 3, to, GP, SEL_DATA);
	outer("SS is code: #GP(selector)", SEL_USER_CODE, SEL_USER_CODE, to, GP, SEL_USER_CODE & ~3u);
	put(ODD, segment(0, 0xfffff, 0xc073));
	outer("SS not present: #SS(selector)", SEL_USER_CODE, ODD | 3, to, SS, ODD);
	outer("EIP beyond the limit: #GP(0)", SHORT | 3, SEL_USER_DATA, 0x1000, GP, 0);
	user("RET to an inner level: #GP(selector)", user_ret_inner, GP, SEL_CODE);
	user("IRET to an inner level: #GP(selector)", user_iret_inner, GP, SEL_CODE);
	user("IRET at CPL 3, IOPL 0", user_iret_flags, DONE, 0);
	check("... keeps IF and IOPL", caught.eax & 0x3200, 0);
	__asm__ volatile("mov %w0, %%fs; mov %w1, %%gs" : : "r"(SEL_USER_DATA), "r"(CONFORMING));
	user("IRET to CPL 3", see_segments, DONE, 0);
	check("... DS of DPL 0 becomes null", caught.eax & 0xffff, 0);
	check("... ES of DPL 0 becomes null", caught.ebx & 0xffff, 0);
	check("... FS of DPL 3 stays", caught.ecx & 0xffff, SEL_USER_DATA);
	check("... GS: conforming code stays", caught.edx & 0xffff, CONFORMING);
}

CODE(32, lss_bad, "mov %esp, %ecx; push $0x50; push $0x1234; lss (%esp), %esp");
CODE(32, les_good, "push $0x33; push $0x12345678; les (%esp), %eax; mov %es, %ebx; add $8, %esp");
CODE(32, les_null, "push $0; push $7; les (%esp), %eax; mov %es, %ebx; add $8, %esp");
CODE(32, les_16, "pushw $0x33; pushw $0x1234; mov $0xffffffff, %eax; lesw (%esp), %ax; mov %es, %ebx; add $4, %esp");
CODE(32, les_bad, "mov $0x77, %eax; push $0xffff; push $7; les (%esp), %eax");
CODE(32, lss_good, "mov %esp, %ecx; push $0x10; push $0x7ff0; lss (%esp), %esp; mov %esp, %eax; mov %ss, %ebx; mov %ecx, %esp");

static void pointers(void)
{
	enter_at(les_good, SEL_CODE, SEL_DATA);
	check_fault("LES", DONE, 0);
	check("... offset", caught.eax, 0x12345678);
	check("... selector", caught.ebx & 0xffff, SEL_USER_DATA);
	enter_at(les_null, SEL_CODE, SEL_DATA);
	check_fault("LES of a null selector", DONE, 0);
	check("... offset", caught.eax, 7);
	enter_at(les_16, SEL_CODE, SEL_DATA);
	check_fault("LES r16", DONE, 0);
	check("... upper half kept", caught.eax, 0xffff1234);
	enter_at(les_bad, SEL_CODE, SEL_DATA);
	check_fault("LES of a selector beyond the table: #GP(selector)", GP, 0xfffc);
	check("... register unchanged", caught.eax, 0x77);
	enter_at(lss_bad, SEL_CODE, SEL_DATA);
	check_fault("LSS of a gate: #GP(selector)", GP, GATE);
	enter_at(lss_good, SEL_CODE, SEL_DATA);
	check_fault("LSS", DONE, 0);
	check("... ESP", caught.eax, 0x7ff0);
	check("... SS", caught.ebx & 0xffff, SEL_DATA);
	CATCH(".byte 0xc4, 0xc0; nop; nop; nop; nop", "i"(0));
	check("LES of a register is no LES: #UD or a VEX instruction", caught.vector == UD || caught.vector == NONE, 1);
	CATCH(".byte 0x0f, 0xb2, 0xe0", "i"(0));
	check_fault("LSS of a register: #UD", UD, 0);
}

/* Bits 19:16 of LAR's result are undefined. */
CODE(32, ask_lar, "xor %edx, %edx; lar %bx, %eax; setz %dl; and $0xfff0ffff, %eax");
CODE(32, ask_lsl, "xor %edx, %edx; lsl %bx, %eax; setz %dl");
CODE(32, ask_verr, "xor %edx, %edx; verr %bx; setz %dl");
CODE(32, ask_verw, "xor %edx, %edx; verw %bx; setz %dl");
CODE(32, ask_arpl, "xor %edx, %edx; arpl %bx, %ax; setz %dl");
static void ask(const char *name, const char *code, u16 cs, u32 eax, u32 selector, u32 zf, u32 result)
{
	struct regs start;
	memset(&start, 0, sizeof(start));
	start.eax = eax;
	start.ebx = selector;
	start.eip = (u32)code;
	start.cs = cs;
	start.ss = cs & 3 ? SEL_USER_DATA : SEL_DATA;
	start.esp = (u32)user_stack_top;
	start.eflags = 2;
	enter(&start);
	if (caught.vector != DONE)
		check_fault(name, DONE, 0);
	check(name, (u64)caught.edx << 32 | caught.eax, (u64)zf << 32 | result);
}

/* System types that LAR and LSL take (vol 2, "LAR" table 3-53, "LSL" table 3-55): 1, 2, 3, 9, 11, and gates 4, 5, 12 for LAR alone. */
static void asking(void)
{
	static const u8 lar_types[16] = { [1] = 1, [2] = 1, [3] = 1, [4] = 1, [5] = 1, [9] = 1, [11] = 1, [12] = 1 };
	static const u8 lsl_types[16] = { [1] = 1, [2] = 1, [3] = 1, [9] = 1, [11] = 1 };
	char lar[] = "LAR of system type 0", lsl[] = "LSL of system type 0";
	for (u32 type = 0; type < 16; type++) {
		put(ODD, segment(0x40000, 0x1234, 0x0080 | type));
		lar[19] = lsl[19] = "0123456789abcdef"[type];
		ask(lar, ask_lar, SEL_CODE, 7, ODD, lar_types[type], lar_types[type] ? 0x8000 | type << 8 : 7);
		ask(lsl, ask_lsl, SEL_CODE, 7, ODD, lsl_types[type], lsl_types[type] ? 0x1234 : 7);
	}
	ask("LAR at CPL 3 of DPL 0", ask_lar, SEL_USER_CODE, 7, SEL_DATA, 0, 7);
	ask("LAR at CPL 3 of conforming code of DPL 0", ask_lar, SEL_USER_CODE, 7, CONFORMING, 1, 0xc09f00);
	ask("LSL at CPL 3 of DPL 0", ask_lsl, SEL_USER_CODE, 7, SEL_DATA, 0, 7);
	ask("LSL at CPL 3 of DPL 3 with pages", ask_lsl, SEL_USER_CODE, 7, SEL_USER_DATA, 1, 0xffffffff);
	ask("VERR at CPL 3 of DPL 0", ask_verr, SEL_USER_CODE, 7, SEL_DATA, 0, 7);
	ask("VERR at CPL 3 of conforming code of DPL 0", ask_verr, SEL_USER_CODE, 7, CONFORMING, 1, 7);
	ask("VERW at CPL 3 of DPL 3", ask_verw, SEL_USER_CODE, 7, SEL_USER_DATA, 1, 7);
	ask("VERW at CPL 0 with RPL 3 of DPL 0", ask_verw, SEL_CODE, 7, SEL_DATA | 3, 0, 7);
	ask("ARPL raises RPL 0 to 3", ask_arpl, SEL_CODE, 0x10, 3, 1, 0x13);
	ask("ARPL raises RPL 1 to 2 at CPL 3", ask_arpl, SEL_USER_CODE, 0xfff1, 2, 1, 0xfff2);
	ask("ARPL keeps an equal RPL", ask_arpl, SEL_CODE, 0x12, 2, 0, 0x12);
	ask("ARPL keeps a greater RPL", ask_arpl, SEL_CODE, 0x13, 2, 0, 0x13);
}

void guest_main(void)
{
	put(CODE1, segment(0, 0xfffff, 0xc0bb));
	put(DATA1, segment(0, 0xfffff, 0xc0b3));
	put(CONFORMING, segment(0, 0xfffff, 0xc09f));
	put(OUTER_CONFORMING, segment(0, 0xfffff, 0xc0ff));
	put(SMALL1, segment(0, 15, 0x40b3));
	put(SHORT, segment(0, 0xfff, 0x40fb));
	gates();
	gate_faults();
	inner_stacks();
	direct();
	returns();
	pointers();
	asking();
}
