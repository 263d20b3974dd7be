/* Xen's console: a ring of bytes in a page that Xen has put into memory, and a port that says there is something in it (public/io/console.h). */
#include <stdarg.h>
#include "kernel.h"

static struct xencons_interface *ring;
static u32 port;

void console_init(void)
{
	ring = (void *)(hvm_param(HVM_PARAM_CONSOLE_PFN) * PAGE);
	port = hvm_param(HVM_PARAM_CONSOLE_EVTCHN);
}

static void put(char c)
{
	while (ring->out_prod - *(volatile u32 *)&ring->out_cons >= sizeof ring->out)
		event_send(port);
	ring->out[ring->out_prod % sizeof ring->out] = c;
	asm volatile("" ::: "memory");
	ring->out_prod++;
}

static void put_number(u64 value, u32 base)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

/* %s %u %x %d and their l forms. */
void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			if (*p == '\n')
				put('\r');
			put(*p);
			continue;
		}
		int wide = *++p == 'l';
		p += wide;
		if (*p == 's')
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
		else
			put_number(wide ? va_arg(args, u64) : va_arg(args, u32), *p == 'x' ? 16 : 10);
	}
	va_end(args);
	event_send(port);
}
