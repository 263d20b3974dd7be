/* Guest tests are built on the kernel of samples/kvm-c: each replaces its main.c and monitor.c. Outcome by isa-debug-exit: 0 success, 1 failure. */
#pragma once
#include "kernel.h"

void test_main(void); /* on the boot vCPU, interrupts on, both vCPUs up where there are two */

#define expect(condition)                                                          \
	do {                                                                       \
		if (!(condition)) {                                                \
			print("FAILED %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			power_off(1);                                              \
		}                                                                  \
	} while (0)
