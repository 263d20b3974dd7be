/* A prompt on the console, so that there is something to type to. */
#include "kernel.h"

enum { DEBUG_EXIT = 0xf4 };

void power_off(u8 status)
{
	outl(DEBUG_EXIT, status);
}

void show_steal(void)
{
	u64 now = clock_ns();

	for (u32 i = 0; i < vcpus_online; i++)
		print("vCPU %u: %lu us stolen of %lu us\n", i, steal_ns(i) / 1000, now / 1000);
}

static int equals(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void obey(const char *line)
{
	if (equals(line, "time"))
		print("%lu us since power-on, %lu timer interrupts\n", clock_ns() / 1000, ticks);
	else if (equals(line, "steal"))
		show_steal();
	else if (equals(line, "ipi"))
		send_ipi(1), print("IPI sent to vCPU 1\n");
	else if (equals(line, "fault"))
		print("%d\n", *(volatile int *)0xffffa00000000000);
	else if (equals(line, "triple"))
		asm volatile("push $0; push $0; lidt (%rsp); ud2");
	else if (equals(line, "quit"))
		power_off(0);
	else if (*line)
		print("commands: time, steal, ipi, fault, triple, quit\n");
}

void monitor(void)
{
	char line[64];
	u32 length = 0;

	print("> ");
	for (;;) {
		cli();
		int c = console_read();
		if (c < 0) {
			sleep();
			continue;
		}
		sti();
		if (c == '\r' || c == '\n') {
			print("\n");
			line[length] = 0;
			length = 0;
			obey(line);
			print("> ");
		} else if (length < sizeof line - 1) {
			line[length++] = c;
			print("%c", c);
		}
	}
}
