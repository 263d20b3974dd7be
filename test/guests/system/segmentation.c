/* Segment loads, descriptor checks, limits and types: SDM vol 3 ch. 3.4 (descriptors), 5.2 to 5.8 (type, limit and privilege checks), 5.8.1.1, 3.4.2 (null
 * selectors), vol 2 "MOV", "POP", "LDS", "LAR", "LSL", "VERR", "LLDT", "LTR". Limits in compatibility mode, where they count. */
#include "guest.h"

/* Test descriptors from SEL_FREE on. */
#define SLOT(n) (SEL_FREE + (n) * 8)
static void put(unsigned n, u64 descriptor) { gdt[SEL_FREE / 8 + n] = descriptor; }

static void load(const char *segment_name, const char *what, u16 selector, unsigned vector, u64 error)
{
	char name[96], *at = name;
	for (const char *c = segment_name; *c;) *at++ = *c++;
	*at++ = ':';
	*at++ = ' ';
	for (const char *c = what; *c;) *at++ = *c++;
	*at = 0;
	if (segment_name[0] == 'D')
		CATCH("mov %w0, %%ds", "r"(selector));
	else if (segment_name[0] == 'S')
		CATCH("mov %w0, %%ss", "r"(selector));
	else
		CATCH("mov %w0, %%fs", "r"(selector));
	unsigned seen = caught.vector;
	u64 code = caught.error;
	__asm__ volatile("mov %w0, %%ds; mov %w0, %%ss; mov %w1, %%fs" : : "r"(SEL_DATA), "r"(0));
	caught.vector = seen;
	caught.error = code;
	check_fault(name, vector, error);
}

static void loads(void)
{
	put(0, segment(0, 0xfffff, 0xc013));  /* data, not present */
	put(1, segment(0, 0xfffff, 0xc099));  /* execute-only code */
	put(2, segment(0, 0xfffff, 0xc09b));  /* readable code */
	put(3, segment(0, 0xfffff, 0xc0f3));  /* data of DPL 3 */
	put(4, segment(0, 0xfffff, 0xc091));  /* read-only data */
	put(5, segment(0, 0x67, 0x0082));     /* an LDT descriptor: system */
	put(6, segment(0, 0xfffff, 0xc092));  /* writable data, not accessed yet */
	put(7, segment(0, 0xfffff, 0xc0fe));  /* conforming readable code of DPL 3 */
	load("DS", "null", 0, NONE, 0);
	load("DS", "null with RPL 3", 3, NONE, 0);
	load("DS", "not present: #NP(selector)", SLOT(0), NP, SLOT(0));
	load("DS", "execute-only code: #GP(selector)", SLOT(1), GP, SLOT(1));
	load("DS", "readable code", SLOT(2), NONE, 0);
	load("DS", "DPL 3 with RPL 3", SLOT(3) | 3, NONE, 0);
	load("DS", "RPL 3 with DPL 0: #GP(selector)", SEL_DATA | 3, GP, SEL_DATA);
	load("DS", "a system segment: #GP(selector)", SLOT(5), GP, SLOT(5));
	load("DS", "beyond the GDT: #GP(selector)", GDT_ENTRIES * 8, GP, GDT_ENTRIES * 8);
	load("DS", "the error code holds TI and no RPL", (GDT_ENTRIES * 8) | 7, GP, (GDT_ENTRIES * 8) | 4);
	load("DS", "in the LDT when there is none: #GP(selector)", 0xc, GP, 0xc);
	load("DS", "conforming code takes any RPL", SLOT(7) | 3, NONE, 0);
	load("SS", "null at CPL 0 in 64-bit mode", 0, NONE, 0);
	load("SS", "null with RPL 3 at CPL 0: #GP(0)", 3, GP, 0);
	load("SS", "read-only data: #GP(selector)", SLOT(4), GP, SLOT(4));
	load("SS", "code: #GP(selector)", SLOT(2), GP, SLOT(2));
	load("SS", "DPL 3 at CPL 0: #GP(selector)", SLOT(3), GP, SLOT(3));
	load("SS", "RPL 3 at CPL 0: #GP(selector)", SEL_DATA | 3, GP, SEL_DATA);
	load("SS", "not present: #SS(selector)", SLOT(0), SS, SLOT(0));
	load("FS", "not present: #NP(selector)", SLOT(0), NP, SLOT(0));
	check("accessed bit clear before a load", gdt[SLOT(6) / 8] >> 40 & 1, 0);
	load("DS", "writable data", SLOT(6), NONE, 0);
	check("accessed bit set by the load", gdt[SLOT(6) / 8] >> 40 & 1, 1);
}

/* Compatibility mode: 16 bytes at `area`, seen through DS, ES or SS of the slots below. */
static u8 area[0x2000] __attribute__((aligned(4096)));
CODE(32, byte_15, "mov $0x90, %eax; mov %eax, %es; movb %es:15, %al");
CODE(32, byte_16, "mov $0x90, %eax; mov %eax, %es; movb %es:16, %al");
CODE(32, word_14, "mov $0x90, %eax; mov %eax, %es; movw %es:14, %ax");
CODE(32, word_15, "mov $0x90, %eax; mov %eax, %es; movw %es:15, %ax");
CODE(32, dword_last, "mov $0x90, %eax; mov %eax, %es; movl %es:0xfffffffe, %eax");
CODE(32, down_16, "mov $0x98, %eax; mov %eax, %es; movb %es:16, %al");
CODE(32, down_15, "mov $0x98, %eax; mov %eax, %es; movb %es:15, %al");
CODE(32, down_ffff, "mov $0x98, %eax; mov %eax, %es; movb %es:0xffff, %al");
CODE(32, down_10000, "mov $0x98, %eax; mov %eax, %es; movb %es:0x10000, %al");
CODE(32, down_big, "mov $0xa0, %eax; mov %eax, %es; movb %es:0x10000, %al");
CODE(32, pages_last, "mov $0xa8, %eax; mov %eax, %es; movb %es:0x1fff, %al");
CODE(32, pages_beyond, "mov $0xa8, %eax; mov %eax, %es; movb %es:0x2000, %al");
CODE(32, store_readonly, "mov $0xb0, %eax; mov %eax, %es; movb %al, %es:0");
CODE(32, load_readonly, "mov $0xb0, %eax; mov %eax, %es; movb %es:0, %al");
CODE(32, store_code, "movb %al, %cs:area");
CODE(32, load_null, "xor %eax, %eax; mov %eax, %es; movb %es:0, %al");
CODE(32, stack_limit, "mov %esp, %ebp; mov $0x90, %eax; mov %eax, %ss; mov $20, %esp; push %eax; mov $16, %eax; mov %eax, %ss; mov %ebp, %esp");
CODE(32, stack_inside, "mov %esp, %ebp; mov $0x90, %eax; mov %eax, %ss; mov $16, %esp; push %eax; mov $16, %eax; mov %eax, %ss; mov %ebp, %esp");
CODE(32, through_bp, "mov $0x90, %eax; mov %esp, %ecx; mov %eax, %ss; mov $16, %ebp; movb (%ebp), %al; mov $16, %eax; mov %eax, %ss; mov %ecx, %esp");
CODE(32, execute_only, "ljmp $0xb8, $1f; 1: movb %cs:area, %al");

static void compatible(const char *name, const char *code, unsigned vector)
{
	enter_at(code, SEL_CODE32, SEL_DATA);
	check_fault(name, vector, 0);
}

static void limits(void)
{
	u32 base = (u32)(word)area;
	put(8, segment(base, 15, 0x4093));          /* 90h: 16 bytes */
	put(9, segment(base, 15, 0x0097));          /* 98h: expand-down, B = 0: 16 to FFFFh */
	put(10, segment(base, 15, 0x4097));         /* A0h: expand-down, B = 1: 16 to FFFFFFFFh */
	put(11, segment(base, 1, 0xc093));          /* A8h: two pages */
	put(12, segment(base, 0xfffff, 0xc091));    /* B0h: read-only */
	put(13, segment(0, 0xfffff, 0xc099));       /* B8h: execute-only code */
	compatible("limit 15: byte 15", byte_15, DONE);
	compatible("limit 15: byte 16: #GP(0)", byte_16, GP);
	compatible("limit 15: word at 14", word_14, DONE);
	compatible("limit 15: word at 15: #GP(0)", word_15, GP);
	compatible("limit 15: a doubleword that wraps at 4 GiB: #GP(0)", dword_last, GP);
	compatible("expand-down above 15: byte 16", down_16, DONE);
	compatible("expand-down above 15: byte 15: #GP(0)", down_15, GP);
	compatible("expand-down, B = 0: byte FFFFh", down_ffff, DONE);
	compatible("expand-down, B = 0: byte 10000h: #GP(0)", down_10000, GP);
	compatible("expand-down, B = 1: byte 10000h", down_big, DONE);
	compatible("limit 1 with G = 1: byte 1FFFh", pages_last, DONE);
	compatible("limit 1 with G = 1: byte 2000h: #GP(0)", pages_beyond, GP);
	compatible("read-only data: load", load_readonly, DONE);
	compatible("read-only data: store: #GP(0)", store_readonly, GP);
	compatible("store through CS: #GP(0)", store_code, GP);
	compatible("load through a null ES: #GP(0)", load_null, GP);
	compatible("push beyond the limit of SS: #SS(0)", stack_limit, SS);
	compatible("push up to the limit of SS", stack_inside, DONE);
	compatible("load through EBP beyond the limit of SS: #SS(0)", through_bp, SS);
	compatible("load from execute-only code: #GP(0)", execute_only, GP);
}

/* ZF and result of LAR, LSL, VERR, VERW. */
#define ASK(instruction, selector, result) \
	({ u64 zf_; result = 0x1234; __asm__ volatile(instruction "; setz %b0; movzbl %b0, %k0" : "=&q"(zf_), "+r"(result) : "r"((u32)(selector)) : "cc"); zf_; })

static void asking(void)
{
	u32 value;
	check("LAR of data: ZF", ASK("lar %2, %k1", SEL_DATA, value), 1);
	check("LAR of data", value & 0xf0ff00, 0xc09300);
	check("LAR of a null selector: ZF", ASK("lar %2, %k1", 0, value), 0);
	check("LAR of a null selector: unchanged", value, 0x1234);
	check("LAR beyond the GDT: ZF", ASK("lar %2, %k1", GDT_ENTRIES * 8, value), 0);
	check("LAR of RPL 3 with DPL 0: ZF", ASK("lar %2, %k1", SEL_DATA | 3, value), 0);
	check("LAR of a segment that is not present: ZF", ASK("lar %2, %k1", SLOT(0), value), 1);
	check("LSL of data: ZF", ASK("lsl %2, %k1", SEL_DATA, value), 1);
	check("LSL scales by pages", value, 0xffffffff);
	check("LSL of 16 bytes: ZF", ASK("lsl %2, %k1", SLOT(8), value), 1);
	check("LSL of 16 bytes", value, 15);
	put(14, segment(0, 0, 0x008c));
	put(15, 0);
	check("LSL of a call gate: ZF", ASK("lsl %2, %k1", SLOT(14), value), 0);
	check("LAR of a call gate: ZF", ASK("lar %2, %k1", SLOT(14), value), 1);
	put(14, segment(0, 0x67, 0x0082));
	check("LAR of an LDT: ZF", ASK("lar %2, %k1", SLOT(14), value), 1);
	check("VERR of data", ASK("verr %w2", SEL_DATA, value), 1);
	check("VERR of execute-only code", ASK("verr %w2", SLOT(1), value), 0);
	check("VERR of readable code", ASK("verr %w2", SLOT(2), value), 1);
	check("VERW of data", ASK("verw %w2", SEL_DATA, value), 1);
	check("VERW of read-only data", ASK("verw %w2", SLOT(4), value), 0);
	check("VERW of code", ASK("verw %w2", SLOT(2), value), 0);
	check("VERR of a system segment", ASK("verr %w2", SLOT(5), value), 0);
	check("VERR of a null selector", ASK("verr %w2", 0, value), 0);
}

static void tables(void)
{
	CATCH("lldt %w0", "r"(0));
	check_fault("LLDT null", NONE, 0);
	CATCH("lldt %w0", "r"(SEL_DATA));
	check_fault("LLDT of data: #GP(selector)", GP, SEL_DATA);
	CATCH("lldt %w0", "r"(0xc));
	check_fault("LLDT with TI set: #GP(selector)", GP, 0xc);
	put(16, segment(0, 0x67, 0x0002));
	put(17, 0);
	CATCH("lldt %w0", "r"(SLOT(16)));
	check_fault("LLDT not present: #NP(selector)", NP, SLOT(16));
	CATCH("ltr %w0", "r"(0));
	check_fault("LTR null: #GP(0)", GP, 0);
	check("TSS is busy once loaded", gdt[SEL_TSS / 8] >> 40 & 0xf, 0xb);
	CATCH("ltr %w0", "r"(SEL_TSS));
	check_fault("LTR of a busy TSS: #GP(selector)", GP, SEL_TSS);
	put(16, segment(0, 0x67, 0x0009));
	CATCH("ltr %w0", "r"(SLOT(16)));
	check_fault("LTR not present: #NP(selector)", NP, SLOT(16));
	put(16, segment(0, 0x67, 0x0081));
	CATCH("ltr %w0", "r"(SLOT(16)));
	check_fault("LTR of a 16-bit TSS in 64-bit mode: #GP(selector)", GP, SLOT(16));
	/* An LDT in use: 64-bit mode, selector 4 is its first entry. */
	static u64 ldt[2];
	ldt[0] = segment(0, 0xfffff, 0xc093);
	put(16, segment((u32)(word)ldt, 7, 0x0082));
	CATCH("lldt %w0; mov $4, %%eax; mov %%eax, %%fs; mov $0, %%eax; mov %%eax, %%fs", "r"(SLOT(16)));
	check_fault("FS from the LDT", NONE, 0);
	CATCH("mov $12, %%eax; mov %%eax, %%fs", "i"(0));
	check_fault("FS beyond the LDT: #GP(selector)", GP, 12);
	CATCH("lldt %w0", "r"(0));
}

/* Last: a CPU that takes the base has no tables afterwards. */
static void table_bases(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) bad = { 0xff, 0x4000000000000000 };
	CATCH("lgdt %0", "m"(bad));
	check_fault("LGDT of a non-canonical base: #GP(0)", GP, 0);
	CATCH("lidt %0", "m"(bad));
	check_fault("LIDT of a non-canonical base: #GP(0)", GP, 0);
}

void guest_main(void)
{
	loads();
	limits();
	asking();
	tables();
	table_bases();
}
