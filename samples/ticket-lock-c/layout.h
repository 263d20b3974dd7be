/* Numbers that assembly and C share: selectors, control bits (SDM vol 3, 2.5), addresses. */
#pragma once

#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_CODE32 0x18

#define CR0_PE 0x1
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

#define LOCAL_APIC 0xfee00000
#define TRAMPOLINE 0x8000
#define MAX_VCPUS 16
#define STACK_BYTES 4096
