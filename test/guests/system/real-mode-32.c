/* Real-address mode: SDM vol 3 ch. 20.1 (20.1.1 addresses, 20.1.3 instructions, 20.1.4 interrupts), 9.9 (mode switches; limits stay what they were in
 * protected mode), 6.15 (#GP and #SS, no error codes in real mode); vol 2 "PUSH" (SP), "INT", "IRET", "JMP", "LIDT". */
#include "guest.h"

/* The tests' code is copied to 1000h:0; stack at 2000h:1000h, data at 3000h:0; switch code, stubs and registers at 800h:0. */
enum { SEL_REAL_CODE = SEL_FREE, SEL_REAL_DATA = SEL_FREE + 8, CODE_AT = 0x10000, DATA_AT = 0x30000, IMAGE_AT = 0x8000, REGISTERS_AT = IMAGE_AT + 0x1800 };
struct registers {
	u32 eax, ebx, ecx, edx, esi, edi, ebp, esp, eflags;
	u16 ds, es, ss, cs, ip, vector, selector;
} __attribute__((packed));
static volatile struct registers *const r = (volatile struct registers *)REGISTERS_AT;
static u8 *const data = (u8 *)DATA_AT;
struct { u16 limit; u32 base; } __attribute__((packed)) real_idt, saved_idt;
u32 real_esp;
extern const u8 image[], image_stubs[], image_end[];
extern void run_real(void);

__asm__(".pushsection .text\n.code32\n"
	"run_real: pusha; mov %esp, real_esp; sidt saved_idt; lidt real_idt; ljmp $0x50, $0\n"
	"return_32: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov %eax, %fs; mov %eax, %gs; mov real_esp, %esp; lidt saved_idt; popa; ret\n"
	".popsection\n.pushsection .rodata\n.code16\n"
	"image: mov $0x58, %ax; mov %ax, %ss; mov %cs:0x1830, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %fs; mov %ax, %gs\n"
	"mov %cr0, %eax; and $0xfe, %al; mov %eax, %cr0; ljmp $0x800, $(1f - image)\n"
	"1: mov %cs, %ax; mov %ax, %ds; mov 0x1804, %ebx; mov 0x1808, %ecx; mov 0x180c, %edx; mov 0x1810, %esi; mov 0x1814, %edi; mov 0x1818, %ebp\n"
	"mov 0x1828, %ss; mov 0x181c, %esp; mov 0x1826, %es; pushl 0x1820; popfl; pushw 0x182a; pushw 0x182c; mov 0x1800, %eax; mov 0x1824, %ds; lretw\n"
	"common: mov %eax, %cs:0x1800; mov %ebx, %cs:0x1804; mov %ecx, %cs:0x1808; mov %edx, %cs:0x180c; mov %esi, %cs:0x1810; mov %edi, %cs:0x1814; mov %ebp, %cs:0x1818\n"
	"popw %cs:0x182e; popw %cs:0x182c; popw %cs:0x182a; popw %cs:0x1820; mov %esp, %cs:0x181c; mov %ds, %cs:0x1824; mov %es, %cs:0x1826; mov %ss, %cs:0x1828\n"
	"cli; cld; mov %cr0, %eax; or $1, %al; mov %eax, %cr0; ljmpl $8, $return_32\n"
	"image_stubs:\n.set v, 0\n.rept 256\n.byte 0x6a, v, 0xe9\n.word common - (. + 2)\n.set v, v + 1\n.endr\n"
	"image_end:\n.code32\n.popsection");

static void fresh(void)
{
	memset((void *)r, 0, sizeof(*r));
	r->ds = r->es = DATA_AT >> 4;
	r->ss = 0x2000;
	r->esp = 0x1000;
	r->cs = CODE_AT >> 4;
	r->eflags = 2;
	r->selector = SEL_REAL_DATA;
	real_idt.limit = 0x3ff;
	real_idt.base = 0;
}

/* Where it ends: by INT 80h, or by something else at `ip`. */
static void run(const char *name, const char *code, unsigned vector, unsigned ip)
{
	memcpy((void *)CODE_AT, code, 128);
	run_real();
	check(name, r->vector & 0xff, vector);
	if (vector != DONE)
		check("... IP", r->ip, ip);
}
#define RUN(...) do { fresh(); run(__VA_ARGS__); } while (0)

CODE(16, load_20, "movb 0x20, %al");
CODE(16, top_byte, "movb 0xffff, %al");
CODE(16, top_word, "movw 0xffff, %ax");
CODE(16, top_dword, "movl 0xfffd, %eax");
CODE(16, above, "mov $0x10000, %ebx; movb (%ebx), %al");
CODE(16, wrap_sum, "mov $0xffff, %bx; mov $2, %si; movb (%bx,%si), %al");
CODE(16, through_bp, "mov $0xffff, %bp; movw (%bp), %ax");
CODE(16, high_memory, "mov $0xffff, %ax; mov %ax, %ds; movb 0x10, %al");
CODE(16, string_top, "mov $0xffff, %si; lodsw");
CODE(16, string_wrap, "mov $0xffff, %si; mov $2, %cx; xor %di, %di; rep movsb");

static void addresses(void)
{
	data[0x20] = 0x5a;
	data[0xffff] = 0x77;
	data[1] = 0x66;
	data[0] = 0x55;
	RUN("an address is DS * 16 + offset", load_20, DONE, 0);
	check("... AL", r->eax & 0xff, 0x5a);
	RUN("a byte at FFFFh", top_byte, DONE, 0);
	check("... AL", r->eax & 0xff, 0x77);
	RUN("a word at FFFFh: #GP", top_word, GP, 0);
	check("... no error code is pushed", r->esp, 0x1000);
	RUN("a doubleword at FFFDh: #GP", top_dword, GP, 0);
	RUN("a 32-bit address above FFFFh: #GP", above, GP, 6);
	RUN("a sum of 16-bit registers wraps", wrap_sum, DONE, 0);
	check("... AL", r->eax & 0xff, 0x66);
	RUN("a word at FFFFh through BP: #SS", through_bp, SS, 3);
	RUN("FFFFh:10h is at 1 MiB", high_memory, DONE, 0);
	check("... AL", r->eax & 0xff, *(volatile u8 *)0x100000);
	RUN("LODSW at FFFFh: #GP", string_top, GP, 3);
	RUN("REP MOVSB goes on at 0", string_wrap, DONE, 0);
	check("... SI", r->esi, 1);
	check("... what it moved", data[0] << 8 | data[1], 0x7777);
}

CODE(16, push_sp, "push %sp; pop %ax");
CODE(16, pop_sp, "pushw $0x800; pop %sp");
CODE(16, push_0, "xor %sp, %sp; push %ax; mov %sp, %bx; mov $0x1000, %sp");
CODE(16, push_odd, "mov $2, %sp; pushl %eax");
CODE(16, pop_top, "mov $0xffff, %sp; pop %ax");
CODE(16, popa_wrap, "mov $0xfff4, %sp; popa; mov $0x1000, %sp");
CODE(16, flags_all, "pushw $0x7ed7; popf; pushf; pop %ax; pushw $2; popf");

static void stack(void)
{
	RUN("PUSH SP pushes what it was", push_sp, DONE, 0);
	check("... AX", r->eax & 0xffff, 0x1000);
	RUN("POP SP loads what was there", pop_sp, DONE, 0);
	check("... SP", r->esp & 0xffff, 0x800);
	RUN("PUSH with SP = 0 goes to FFFEh", push_0, DONE, 0);
	check("... SP", r->ebx & 0xffff, 0xfffe);
	RUN("PUSH of a doubleword with SP = 2: #SS", push_odd, SS, 3);
	check("... SP unchanged", r->esp & 0xffff, 2);
	RUN("POP of a word at FFFFh: #SS", pop_top, SS, 3);
	RUN("POPA across the end goes on at 0", popa_wrap, DONE, 0);
	RUN("POPF sets IOPL, NT and IF", flags_all, DONE, 0);
	check("... FLAGS", r->eax & 0xffff, 0x7ed7);
}

CODE(16, int_21, "stc; sti; int $0x21");
CODE(16, div_0, "xor %cx, %cx; div %cx");
CODE(16, into_set, "mov $0x7fff, %ax; inc %ax; into");
CODE(16, bound_out, "movl $0x00050001, %ds:0; mov $6, %ax; bound %ax, %ds:0");
CODE(16, ud, "ud2");
CODE(16, step, "pushf; pop %ax; or $0x100, %ax; push %ax; popf; nop; nop");
CODE(16, iret_16, "pushw $0x3003; pushw $0x1000; pushw $20; iret; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop");
CODE(16, iret_32, "pushl $0x23002; pushl $0x1000; pushl $24; iretl; nop; nop; nop; nop; nop; nop; nop; nop; nop");
CODE(16, iret_above, "pushl $2; pushl $0x1000; pushl $0x10000; iretl");

static void interrupts(void)
{
	RUN("INT n", int_21, 0x21, 4);
	check("... CS", r->cs, CODE_AT >> 4);
	check("... FLAGS pushed with IF and CF", r->eflags & 0x201, 0x201);
	check("... six bytes", r->esp, 0x1000);
	RUN("DIV by 0: vector 0, at the instruction", div_0, DE, 2);
	RUN("INTO: vector 4, behind it", into_set, OF, 5);
	RUN("BOUND: vector 5, at it", bound_out, BR, 12);
	RUN("UD2: vector 6", ud, UD, 0);
	RUN("TF: vector 1 behind the next instruction", step, DB, 8);
	RUN("IRET", iret_16, DONE, 0);
	check("... CF and IOPL", r->eflags & 0x3001, 0x3001);
	RUN("IRETD", iret_32, DONE, 0);
	check("... IOPL", r->eflags & 0x3000, 0x3000);
	fresh();
	real_idt.limit = 0x81 * 4 - 1;
	run("INT n with IDT limit 203h", int_21, 0x21, 4);
	fresh();
	real_idt.limit = 0x21 * 4 + 2;
	run("INT n beyond the IDT limit: #GP", int_21, GP, 2);
	fresh();
	memcpy((void *)0x4000, (void *)0, 0x400);
	memset((void *)0, 0xff, 0x400);
	real_idt.base = 0x4000;
	run("the IDT is where LIDT says", int_21, 0x21, 4);
	memcpy((void *)0, (void *)0x4000, 0x400);
}

CODE(16, far_call, "lcall $0x1000, $6; nop; pop %bx; pop %cx");
CODE(16, far_call_32, "lcalll $0x1000, $9; nop; pop %ebx; pop %ecx");
CODE(16, far_ret, "pushw $0x0fff; pushw $25; lret; nop; nop; nop");
CODE(16, far_above, "ljmpl $0x1000, $0x10000");
CODE(16, near_above, "mov $0x10000, %eax; jmpl *%eax");
CODE(16, near_wrap, "jmp . - 3");
CODE(16, sldt_it, "sldt %ax");
CODE(16, str_it, "str %ax");
CODE(16, lar_it, "lar %ax, %ax");
CODE(16, verr_it, "verr %ax");
CODE(16, arpl_it, "arpl %ax, %ax");
CODE(16, lldt_it, "lldt %ax");
CODE(16, ltr_it, "ltr %ax");
CODE(16, smsw_it, "smsw %ax; mov %cr0, %ebx");
CODE(16, mov_cs, ".byte 0x8e, 0xc8");
CODE(16, sysenter_it, "sysenter");
CODE(16, any_selector, "mov $0x1234, %ax; mov %ax, %es; mov %ax, %fs; mov %fs, %bx");

static void instructions(void)
{
	RUN("CALL ptr16:16", far_call, DONE, 0);
	check("... return IP", r->ebx, 5);
	check("... return CS", r->ecx, CODE_AT >> 4);
	RUN("CALL ptr16:32", far_call_32, DONE, 0);
	check("... return EIP", r->ebx, 8);
	check("... return CS", r->ecx & 0xffff, CODE_AT >> 4);
	RUN("RET far", far_ret, DONE, 0);
	check("... CS", r->cs, 0xfff);
	*(volatile u16 *)(CODE_AT + 0xfffd) = 0x80cd;
	RUN("a short jump wraps below 0", near_wrap, DONE, 0);
	check("... IP", r->ip, 0xffff);
	RUN("SLDT: #UD", sldt_it, UD, 0);
	RUN("STR: #UD", str_it, UD, 0);
	RUN("LAR: #UD", lar_it, UD, 0);
	RUN("VERR: #UD", verr_it, UD, 0);
	RUN("ARPL: #UD", arpl_it, UD, 0);
	RUN("LLDT: #UD", lldt_it, UD, 0);
	RUN("LTR: #UD", ltr_it, UD, 0);
	RUN("MOV CS: #UD", mov_cs, UD, 0);
	RUN("SYSENTER: #GP", sysenter_it, GP, 0);
	RUN("SMSW", smsw_it, DONE, 0);
	check("... PE is 0", r->eax & 1, 0);
	RUN("any selector can be loaded", any_selector, DONE, 0);
	check("... FS", r->ebx & 0xffff, 0x1234);
}

CODE(16, unreal_load, "mov $0x100000, %ebx; movl (%ebx), %eax; movw %ds, %cx");
CODE(16, unreal_reload, "mov $0x3000, %ax; mov %ax, %ds; mov $0xd0000, %ebx; movl (%ebx), %eax");
CODE(16, unreal_word, "movw 0xffff, %ax");

/* DS with a limit of 4 GiB from protected mode. */
static void big(void)
{
	u32 expected = *(volatile u32 *)0x100000;
	fresh();
	r->selector = SEL_DATA;
	r->ds = 0;
	run("a limit of 4 GiB stays", unreal_load, DONE, 0);
	check("... what is at 1 MiB", r->eax, expected);
	fresh();
	r->selector = SEL_DATA;
	run("... when DS is loaded in real mode", unreal_reload, DONE, 0);
	check("... what is at 1 MiB", r->eax, expected);
	fresh();
	r->selector = SEL_DATA;
	run("... a word at FFFFh", unreal_word, DONE, 0);
	RUN("back at 64 KiB by a descriptor", above, GP, 6);
}

CODE(16, lidt_24, "movw $0x3ff, 0x100; movl $0x7f000000, 0x102; lidtw 0x100; int $0x21");
CODE(16, lidt_32, "movw $0x3ff, 0x100; movl $0x4000, 0x102; lidtl 0x100; int $0x21");

void guest_main(void)
{
	gdt[SEL_REAL_CODE / 8] = segment(IMAGE_AT, 0xffff, 0x009b);
	gdt[SEL_REAL_DATA / 8] = segment(0, 0xffff, 0x0093);
	memcpy((void *)IMAGE_AT, image, (u32)(image_end - image));
	for (u32 vector = 0; vector < 256; vector++)
		((volatile u32 *)0)[vector] = (IMAGE_AT >> 4) << 16 | ((u32)(image_stubs - image) + vector * 5);
	addresses();
	stack();
	interrupts();
	instructions();
	big();
	/* A base of 24 bits with 16-bit operand size; a CPU that takes all 32 shuts down. */
	RUN("LIDT with 32-bit operand size", lidt_32, 0x21, 23);
	RUN("LIDT with 16-bit operand size takes 24 bits of base", lidt_24, 0x21, 22);
	/* A CPU without limits runs into what is there. */
	RUN("IRETD to EIP above FFFFh: #GP", iret_above, GP, 15);
	RUN("JMP far to EIP above FFFFh: #GP", far_above, GP, 0);
	RUN("JMP near to EIP above FFFFh: #GP", near_above, GP, 6);
}
