/* What the files of this kernel offer each other. */
#pragma once
#include <stdint.h>
#include "layout.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

static inline u8 inb(u16 port) { u8 value; asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline void outb(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outl(u16 port, u32 value) { asm volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline u64 rdmsr(u32 msr) { u32 low, high; asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr)); return low | (u64)high << 32; }
static inline void wrmsr(u32 msr, u64 value) { asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory"); }
static inline u64 rdtsc(void) { u32 low, high; asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory"); return low | (u64)high << 32; }
static inline void pause(void) { asm volatile("pause" ::: "memory"); }
static inline void cli(void) { asm volatile("cli" ::: "memory"); }
static inline void sti(void) { asm volatile("sti" ::: "memory"); }
/* Sleeps until the next interrupt; nothing can slip in between sti and hlt. */
static inline void sleep(void) { asm volatile("sti; hlt" ::: "memory"); }
static inline u64 physical(const volatile void *address) { return (u64)address - KERNEL_BASE; }

struct cpuid { u32 eax, ebx, ecx, edx; };
static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid r;
	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

/* console.c */
void console_init(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int console_read(void); /* next typed byte, or -1 */
void console_interrupt(void);
void console_panic(void);

/* interrupts.c */
enum { VECTOR_TIMER = 0x40, VECTOR_SERIAL = 0x41, VECTOR_IPI = 0x42, VECTOR_SPURIOUS = 0xff };
struct frame { /* what entry.S leaves on the stack */
	u64 r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error, rip, cs, rflags, rsp, ss;
};
void interrupts_init(int vcpu);
extern volatile u64 ticks;
extern volatile u32 ipis[MAX_VCPUS];

/* apic.c */
void apic_init(void);
u32 apic_id(void);
void apic_eoi(void);
void apic_timer_after(u64 ns);
void apic_send(u32 apic_id, u32 command);
void ioapic_route(int pin, u8 vector, u32 apic_id);

/* paging.c */
#define HEAP_BASE 0xffff900000000000
#define HEAP_SIZE (64 << 10)
extern u64 demand_faults;
int paging_fault(u64 address, u64 error); /* 1: mapped, go on */
u64 paging_translate(u64 address);

/* kvm.c */
extern u32 kvm_features; /* 0: no KVM, fully virtualised */
int kvm_has(int feature);
void kvm_init(void);
void kvm_init_vcpu(int vcpu);
u64 clock_ns(void);
u64 steal_ns(int vcpu);
long kvm_kick(u32 apic_id);
long kvm_send_ipi(u64 mask, u32 lowest, u32 icr);
int kvm_try_pv_eoi(int vcpu);

/* smp.c */
extern volatile u32 vcpus_online;
void smp_init(void);
void secondary_main(void);
void send_ipi(u32 target);
void start_on_second_vcpu(void (*work)(void));

/* spinlock.c */
struct spinlock { volatile u32 owner, next; volatile u32 halted; u32 kicks, waits; };
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/* monitor.c */
void monitor(void);
void show_steal(void);
void power_off(u8 status);

void panic(const char *what, struct frame *frame) __attribute__((noreturn));
