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
static inline void wrmsr(u32 msr, u64 value) { asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory"); }
static inline u64 rdtsc(void) { u32 low, high; asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory"); return low | (u64)high << 32; }
static inline void pause(void) { asm volatile("pause" ::: "memory"); }

struct cpuid { u32 eax, ebx, ecx, edx; };
static inline struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;
	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

/* TSC ticks: 2 GHz. */
enum { TICKS_PER_US = 2000 };

/* console.c */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* kvm.c */
extern int kvm_here, kvm_can_kick;
void kvm_init(void);
void kvm_init_vcpu(u32 vcpu);
u64 kvm_steal_ns(u32 vcpu);
int kvm_is_preempted(u32 vcpu);
void kvm_kick(u32 apic_id);

/* smp.c */
extern volatile u32 vcpus_online;
u32 smp_init(void);
void secondary_main(void);
void second_works(u32 vcpu); /* main.c */

/* lock.c: what each vCPU saw of the lock is in its own line */
struct lock_counts {
	u32 waits;      /* it was another's turn */
	u64 spun;       /* TSC ticks between asking and having, without those it halted for */
	u64 longest;    /* TSC ticks */
	u32 halts, kicks;
	u32 late;       /* handed over to a vCPU that looked LATE ticks later or more: it had no physical CPU */
	u32 preempted;  /* handed over to one of which KVM said that it was preempted */
} __attribute__((aligned(64)));
extern struct lock_counts counts[MAX_VCPUS];
struct ticket_lock {
	volatile u32 owner __attribute__((aligned(64)));
	volatile u32 next __attribute__((aligned(64)));
	volatile u64 released;          /* when, by the TSC */
	volatile u32 waiter[MAX_VCPUS]; /* who has the ticket, by ticket % MAX_VCPUS: vCPU + 1 */
};
void lock_init(int halts);
void ticket_lock(struct ticket_lock *lock, u32 vcpu);
void ticket_unlock(struct ticket_lock *lock, u32 vcpu);
