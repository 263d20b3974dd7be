/* IDT, TSS (a stack of its own for double faults), and what each vector does. */
#include "kernel.h"

struct gate { u16 offset0, selector; u8 ist, type; u16 offset1; u32 offset2, reserved; } __attribute__((packed));
struct tss { u32 reserved0; u64 rsp[3], reserved1, ist[7], reserved2; u16 reserved3, iomap; } __attribute__((packed));
struct pointer { u16 limit; u64 base; } __attribute__((packed));

extern char stubs[];
extern u64 gdt[];

static struct gate idt[256];
static struct tss tss[MAX_VCPUS];
static char double_fault_stack[MAX_VCPUS][4096] __attribute__((aligned(16)));

volatile u64 ticks;
volatile u32 ipis[MAX_VCPUS];

static void fill_idt(void)
{
	for (int i = 0; i < 256; i++) {
		u64 stub = (u64)stubs + i * 16;
		idt[i] = (struct gate){ .offset0 = stub, .selector = SEL_CODE, .ist = i == 8 ? 1 : 0, .type = 0x8e,
					.offset1 = stub >> 16, .offset2 = stub >> 32 };
	}
}

void interrupts_init(int vcpu)
{
	struct pointer idtr = { sizeof idt - 1, (u64)idt };
	u64 base = (u64)&tss[vcpu];
	u64 *descriptor = &gdt[SEL_TSS / 8 + vcpu * 2];

	if (vcpu == 0)
		fill_idt();
	tss[vcpu].ist[0] = (u64)double_fault_stack[vcpu] + sizeof double_fault_stack[vcpu];
	tss[vcpu].iomap = sizeof(struct tss);
	descriptor[0] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 | (base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;

	struct pointer gdtr = { 8 * 8 - 1, (u64)gdt }; /* from the low alias to the high one */
	asm volatile("lgdt %0" : : "m"(gdtr));
	asm volatile("lidt %0" : : "m"(idtr));
	asm volatile("ltr %w0" : : "r"(SEL_TSS + vcpu * 16));
}

static const char *const exception_names[32] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "BOUND", "invalid opcode", "no FPU", "double fault", 0,
	"invalid TSS", "segment not present", "stack fault", "general protection", "page fault", 0, "x87", "alignment", "machine check", "SIMD",
};

void panic(const char *what, struct frame *frame)
{
	cli();
	console_panic();
	print("panic: %s", what);
	if (frame)
		print(" at rip %016lx, error %lx, rsp %016lx", frame->rip, frame->error, frame->rsp);
	print("\n");
	power_off(1);
	for (;;)
		asm volatile("cli; hlt");
}

static void page_fault(struct frame *frame)
{
	u64 address;

	asm volatile("mov %%cr2, %0" : "=r"(address));
	if (!paging_fault(address, frame->error)) {
		print("address %016lx\n", address);
		panic("page fault", frame);
	}
}

/* From entry.S, interrupts off. */
void interrupt(struct frame *frame)
{
	switch (frame->vector) {
	case 14:
		page_fault(frame);
		return;
	case VECTOR_TIMER:
		ticks++;
		break;
	case VECTOR_SERIAL:
		console_interrupt();
		break;
	case VECTOR_IPI:
		ipis[apic_id()]++;
		break;
	case VECTOR_SPURIOUS:
		return;
	default:
		panic(frame->vector < 32 && exception_names[frame->vector] ? exception_names[frame->vector] : "unexpected interrupt", frame);
	}
	apic_eoi();
}
