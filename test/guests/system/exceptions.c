/* Which exception, with which error code, and what is saved: SDM vol 3 ch. 6 (6.5 fault, trap and abort, 6.13 error codes, 6.15 reference, table 6-5 double
 * faults), 18.3.1.1 (RF); vol 2 for single instructions. */
#include "guest.h"

#define NON_CANONICAL 0x0000800000000000
/* Neither with 48 nor with 57 bits: registers take what the processor could use in 5-level paging (SDM vol 3 ch. 4.5.2). */
#define NEVER_CANONICAL 0x4000000000000000
#define RF 0x10000ul

static void arithmetic(void)
{
	CATCH("xor %%ecx, %%ecx; mov $1, %%eax; cdq; div %%ecx", "i"(0));
	check_fault("#DE: division by zero", DE, 0);
	CATCH("mov $0x80000000, %%eax; cdq; mov $-1, %%ecx; idiv %%ecx", "i"(0));
	check_fault("#DE: quotient does not fit", DE, 0);
	check("#DE: RAX unchanged", caught.rax, 0x80000000);
	check("#DE: a fault saves RF = 1", caught.rflags & RF, RF);
	check("#DE: CS saved", caught.cs, SEL_CODE);
}

CODE(64, int3_at, "int3; nop");
CODE(64, ud2_at, "ud2");
CODE(64, icebp_at, ".byte 0xf1; nop");
CODE(64, step_at, "pushfq; orl $0x100, (%rsp); popfq; nop; nop");
CODE(32, into_at, "mov $0x7fffffff, %eax; add $1, %eax; into; nop");
CODE(32, into_not_at, "xor %eax, %eax; into; nop");
CODE(32, bound_at, "push $10; push $5; mov $11, %eax; bound %eax, (%esp)");
CODE(32, bound_inside_at, "push $10; push $5; mov $10, %eax; bound %eax, (%esp)");

static void traps_and_faults(void)
{
	enter_at(int3_at, SEL_CODE, SEL_DATA);
	check_fault("INT3: #BP", BP, 0);
	check("INT3: RIP is behind it", caught.rip, (word)int3_at + 1);
	check("INT3: a trap saves RF = 0", caught.rflags & RF, 0);
	enter_at(ud2_at, SEL_CODE, SEL_DATA);
	check_fault("UD2: #UD", UD, 0);
	check("UD2: RIP is at it", caught.rip, (word)ud2_at);
	enter_at(icebp_at, SEL_CODE, SEL_DATA);
	check_fault("INT1: #DB", DB, 0);
	check("INT1: RIP is behind it", caught.rip, (word)icebp_at + 1);
	enter_at(step_at, SEL_CODE, SEL_DATA);
	check_fault("TF: #DB", DB, 0);
	check("TF: after the instruction that follows POPF", caught.rip, (word)step_at + 10);
	check("TF: saved as 1", caught.rflags & 0x100, 0x100);
	enter_at(into_at, SEL_CODE32, SEL_DATA);
	check_fault("INTO with OF in compatibility mode: #OF", OF, 0);
	check("INTO: RIP is behind it", caught.rip, (word)into_at + 9);
	enter_at(into_not_at, SEL_CODE32, SEL_DATA);
	check_fault("INTO without OF", DONE, 0);
	enter_at(bound_at, SEL_CODE32, SEL_DATA);
	check_fault("BOUND above the upper bound: #BR", BR, 0);
	enter_at(bound_inside_at, SEL_CODE32, SEL_DATA);
	check_fault("BOUND at the upper bound", DONE, 0);
}

static void undefined(void)
{
	CATCH(".byte 0xf0, 0x01, 0xc0", "i"(0));
	check_fault("LOCK with a register destination: #UD", UD, 0);
	CATCH(".byte 0xf0, 0x90", "i"(0));
	check_fault("LOCK NOP: #UD", UD, 0);
	CATCH(".byte 0x06", "i"(0));
	check_fault("PUSH ES in 64-bit mode: #UD", UD, 0);
	CATCH(".byte 0x0f, 0xff, 0xc0", "i"(0));
	check_fault("UD0: #UD", UD, 0);
	CATCH(".byte 0x0f, 0xb9, 0xc0", "i"(0));
	check_fault("UD1: #UD", UD, 0);
	CATCH(".byte 0x8e, 0xc8", "i"(0));
	check_fault("MOV CS, EAX: #UD", UD, 0);
	CATCH(".byte 0x0f, 0x20, 0xc8", "i"(0));
	check_fault("MOV EAX, CR1: #UD", UD, 0);
	CATCH(".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90", "i"(0));
	check_fault("15 bytes", NONE, 0);
	CATCH(".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90", "i"(0));
	check_fault("16 bytes: #GP(0)", GP, 0);
}

static void canonical(void)
{
	CATCH("mov (%0), %%rax", "r"(NON_CANONICAL));
	check_fault("non-canonical load: #GP(0)", GP, 0);
	CATCH("mov %%rsp, %%r8; mov %0, %%rsp; mov (%%rsp), %%rax; mov %%r8, %%rsp", "r"(NON_CANONICAL));
	check_fault("non-canonical load through RSP: #SS(0)", SS, 0);
	CATCH("mov %%rsp, %%r8; mov %0, %%rsp; push %%rax; mov %%r8, %%rsp", "r"(NON_CANONICAL + 8));
	check_fault("push to a non-canonical address: #SS(0)", SS, 0);
	CATCH("jmp *%0", "r"(NON_CANONICAL));
	check_fault("near jump to a non-canonical address: #GP(0)", GP, 0);
	CATCH("call *%0", "r"(NON_CANONICAL));
	check_fault("near call to a non-canonical address: #GP(0)", GP, 0);
	CATCH("push %0; ret", "r"(NON_CANONICAL));
	check_fault("near return to a non-canonical address: #GP(0)", GP, 0);
	CATCH("mov $0xc0000101, %%ecx; mov %0, %%rax; mov %%rax, %%rdx; shr $32, %%rdx; wrmsr", "r"(NEVER_CANONICAL));
	check_fault("WRMSR of a non-canonical base: #GP(0)", GP, 0);
}

static void control_registers(void)
{
	CATCH("mov %0, %%cr8", "r"(16ul));
	check_fault("CR8: bit 4: #GP(0)", GP, 0);
	CATCH("mov $0xc0000080, %%ecx; rdmsr; or $2, %%eax; wrmsr", "i"(0));
	check_fault("EFER: a reserved bit: #GP(0)", GP, 0);
	CATCH("mov $0x12345678, %%ecx; rdmsr", "i"(0));
	check_fault("RDMSR of an MSR that is not there: #GP(0)", GP, 0);
}

/* Last: a CPU that lets them through has no paging afterwards. */
static void paging_refused(void)
{
	word cr0 = READ_CR(0), cr4 = READ_CR(4);
	CATCH("mov %0, %%cr0", "r"(cr0 | 1ul << 32));
	check_fault("CR0: bit 32: #GP(0)", GP, 0);
	CATCH("mov %0, %%cr0", "r"(cr0 | 1ul << 29));
	check_fault("CR0: NW without CD: #GP(0)", GP, 0);
	CATCH("mov %0, %%cr0", "r"(cr0 & ~(1ul << 31)));
	check_fault("CR0: PG cleared in 64-bit mode: #GP(0)", GP, 0);
	CATCH("mov %0, %%cr0", "r"(cr0 & ~1ul));
	check_fault("CR0: PG without PE: #GP(0)", GP, 0);
	check("CR0 unchanged", READ_CR(0), cr0);
	CATCH("mov %0, %%cr4", "r"(cr4 | 1ul << 31));
	check_fault("CR4: a reserved bit: #GP(0)", GP, 0);
	CATCH("mov $0xc0000080, %%ecx; rdmsr; and $~0x100, %%eax; wrmsr", "i"(0));
	check_fault("EFER: LME cleared while paging: #GP(0)", GP, 0);
	CATCH("mov %0, %%cr4", "r"(cr4 & ~0x20ul));
	check_fault("CR4: PAE cleared in long mode: #GP(0)", GP, 0);
}

CODE(64, user_done, "nop");
CODE(64, user_hlt, "hlt");
CODE(64, user_cli, "cli");
CODE(64, user_in, "in $0x80, %al");
CODE(64, user_lgdt, "lgdt (%rsp)");
CODE(64, user_rdmsr, "rdmsr");
CODE(64, user_cr, "mov %cr0, %rax");
CODE(64, user_int, "int $0x21");
CODE(64, user_syscall, "syscall");
CODE(64, user_aligned, "pushfq; orl $0x40000, (%rsp); popfq; mov 1(%rsp), %eax");
CODE(64, user_wrong_stack, "mov $16, %eax; mov %eax, %ds");

static void user(const char *name, const char *code, unsigned vector, u64 error)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, error);
}

static void privilege(void)
{
	user("code at CPL 3 runs", user_done, DONE, 0);
	check("CS saved with RPL 3", caught.cs, SEL_USER_CODE);
	check("SS saved", caught.ss, SEL_USER_DATA);
	user("HLT at CPL 3: #GP(0)", user_hlt, GP, 0);
	user("CLI at CPL 3, IOPL 0: #GP(0)", user_cli, GP, 0);
	user("IN at CPL 3, IOPL 0: #GP(0)", user_in, GP, 0);
	user("LGDT at CPL 3: #GP(0)", user_lgdt, GP, 0);
	user("RDMSR at CPL 3: #GP(0)", user_rdmsr, GP, 0);
	user("MOV from CR0 at CPL 3: #GP(0)", user_cr, GP, 0);
	user("INT n through a gate of DPL 0: #GP(n * 8 + 2)", user_int, GP, 0x21 * 8 + 2);
	user("SYSCALL without EFER.SCE: #UD", user_syscall, UD, 0);
	user("MOV DS of a DPL 0 segment: #GP(selector)", user_wrong_stack, GP, SEL_DATA);
	WRITE_CR(0, READ_CR(0) | 1 << 18);
	user("CR0.AM, RFLAGS.AC: #AC(0)", user_aligned, AC, 0);
	WRITE_CR(0, READ_CR(0) & ~(1ul << 18));
	user("RFLAGS.AC without CR0.AM", user_aligned, DONE, 0);
}

/* A gate as asked for at vector 21h, and what INT 21h raises. */
static void gate(const char *name, u16 selector, unsigned type, unsigned vector, u64 error)
{
	set_gate(0x21, stub_of(0x21), selector, type, 0);
	CATCH("int $0x21", "i"(0));
	check_fault(name, vector, error);
	set_gate(0x21, stub_of(0x21), SEL_CODE, 0x8e, 0);
}

static void gates(void)
{
	gate("a good gate", SEL_CODE, 0x8e, 0x21, 0);
	gate("gate not present: #NP(n * 8 + 2)", SEL_CODE, 0x0e, NP, 0x21 * 8 + 2);
	gate("no gate type: #GP(n * 8 + 2)", SEL_CODE, 0x82, GP, 0x21 * 8 + 2);
	gate("call gate in the IDT: #GP(n * 8 + 2)", SEL_CODE, 0x8c, GP, 0x21 * 8 + 2);
	gate("null selector in the gate: #GP(0)", 0, 0x8e, GP, 0);
	gate("selector beyond the GDT: #GP(selector)", GDT_ENTRIES * 8, 0x8e, GP, GDT_ENTRIES * 8);
	gate("selector of a data segment: #GP(selector)", SEL_DATA, 0x8e, GP, SEL_DATA);
	gate("selector of 32-bit code: #GP(selector)", SEL_CODE32, 0x8e, GP, SEL_CODE32);
	gdt[SEL_FREE / 8] = segment(0, 0xfffff, 0xa01b);
	gate("code segment not present: #NP(selector)", SEL_FREE, 0x8e, NP, SEL_FREE);
	gdt[SEL_FREE / 8] = segment(0, 0xfffff, 0xa0fb);
	gate("code segment of a higher DPL: #GP(selector)", SEL_FREE, 0x8e, GP, SEL_FREE);
	struct { u16 limit; u64 base; } __attribute__((packed)) shorter = { 0x21 * 16 + 14, (word)idt }, full = { sizeof(idt) - 1, (word)idt };
	CATCH("lidt %0; int $0x21", "m"(shorter));
	__asm__ volatile("lidt %0" : : "m"(full));
	check_fault("vector beyond the IDT limit: #GP(n * 8 + 2)", GP, 0x21 * 8 + 2);
}

static void nested(void)
{
	set_gate(UD, stub_of(UD), SEL_CODE, 0x0e, 0);
	CATCH("ud2", "i"(0));
	check_fault("#UD whose gate is not present: #NP(6 * 8 + IDT + EXT)", NP, UD * 8 + 3);
	set_gate(UD, stub_of(UD), SEL_CODE, 0x8e, 0);
	set_gate(DE, stub_of(DE), SEL_CODE, 0x0e, 0);
	CATCH("xor %%ecx, %%ecx; div %%ecx", "i"(0));
	check_fault("contributory after contributory: #DF(0)", DF, 0);
	set_gate(DE, stub_of(DE), SEL_CODE, 0x8e, 0);
	set_gate(BP, stub_of(BP), SEL_CODE, 0x6e, 0);
	CATCH("int3", "i"(0));
	check_fault("INT3 whose gate is not present: #NP(3 * 8 + IDT)", NP, BP * 8 + 2);
	set_gate(BP, stub_of(BP), SEL_CODE, 0xee, 0);
	set_gate(PF, stub_of(PF), SEL_CODE, 0x0e, 0);
	CATCH("mov (%0), %%eax", "r"(1ul << 40));
	check_fault("contributory after #PF: #DF(0)", DF, 0);
	set_gate(PF, stub_of(PF), SEL_CODE, 0x8e, 0);
}

static void floating_point(void)
{
	WRITE_CR(0, READ_CR(0) | 8);
	CATCH("fninit", "i"(0));
	check_fault("x87 with CR0.TS: #NM", NM, 0);
	CATCH("xorps %%xmm0, %%xmm0", "i"(0));
	check_fault("SSE with CR0.TS: #NM", NM, 0);
	WRITE_CR(0, (READ_CR(0) & ~8ul) | 4);
	CATCH("xorps %%xmm0, %%xmm0", "i"(0));
	check_fault("SSE with CR0.EM: #UD", UD, 0);
	WRITE_CR(0, READ_CR(0) & ~4ul);
	WRITE_CR(4, READ_CR(4) & ~0x200ul);
	CATCH("xorps %%xmm0, %%xmm0", "i"(0));
	check_fault("SSE without CR4.OSFXSR: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) | 0x200);
	/* MXCSR with the divide-by-zero mask cleared; 1 / 0. */
	u32 mxcsr = 0x1f80 & ~0x200, usual = 0x1f80;
	CATCH("ldmxcsr %0; xorps %%xmm1, %%xmm1; mov $1, %%eax; cvtsi2ss %%eax, %%xmm0; divss %%xmm1, %%xmm0", "m"(mxcsr));
	check_fault("SSE division by zero, unmasked: #XM", XM, 0);
	WRITE_CR(4, READ_CR(4) & ~0x400ul);
	CATCH("ldmxcsr %0; xorps %%xmm1, %%xmm1; mov $1, %%eax; cvtsi2ss %%eax, %%xmm0; divss %%xmm1, %%xmm0", "m"(mxcsr));
	check_fault("... without CR4.OSXMMEXCPT: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) | 0x400);
	__asm__ volatile("ldmxcsr %0" : : "m"(usual));
}

void guest_main(void)
{
	arithmetic();
	traps_and_faults();
	undefined();
	canonical();
	control_registers();
	privilege();
	gates();
	nested();
	floating_point();
	paging_refused();
}
