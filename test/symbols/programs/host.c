/*
 * Runs the subject on the machine the test runs on: stop() traps, and the handler writes registers, stack and data to
 * standard output, so that the test can compare what symbols say about the frame with what is known to be there.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include "subject.h"

extern char __data_start[], _end[];
static char *stack_top;

static void dump(const char *tag, const unsigned char *from, const unsigned char *to)
{
	printf("%s %lx ", tag, (unsigned long)from);
	for (; from < to; from++)
		printf("%02x", *from);
	printf("\n");
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	static const int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
				    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
	ucontext_t *uc = context;
	(void)signal;
	(void)info;
	printf("registers");
	for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++)
		printf(" %llx", (unsigned long long)uc->uc_mcontext.gregs[order[i]]);
	printf("\n");
	dump("memory", (unsigned char *)uc->uc_mcontext.gregs[REG_RSP], (unsigned char *)stack_top);
	dump("memory", (unsigned char *)__data_start, (unsigned char *)_end);
	printf("end\n");
}

__asm__(".text\n.globl stop\n.type stop,@function\nstop:\n\tint3\n\tret\n.size stop,.-stop\n");

void fail(int code)
{
	exit(code);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	char here[64];
	stack_top = here + 256;
	sigaction(SIGTRAP, &action, 0);
	printf("result %d\n", outer(3, 5));
	printf("pairs %d\n", pairs(7, 9));
	printf("drop %d\n", drop(7, 9));
	return 0;
}
