/* Numbers that assembly and C share: selectors, control bits (SDM vol 3, 2.5), addresses. */
#pragma once

#define KERNEL_BASE 0xffffffff80000000
#define PHYS(symbol) (symbol - KERNEL_BASE)

#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_CODE32 0x18
#define SEL_TSS 0x20 /* + 16 per vCPU */

#define CR0_PE 0x1
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

#define TRAMPOLINE 0x8000
#define MAX_VCPUS 2
