/* The first serial port (16550 at 0x3f8), output only. */
#include <stdarg.h>
#include "kernel.h"

enum { COM1 = 0x3f8, LSR = COM1 + 5, LSR_THR_EMPTY = 0x20 };

static void put(char c)
{
	while (!(inb(LSR) & LSR_THR_EMPTY))
		pause();
	outb(COM1, c);
}

static void put_number(u64 value)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = '0' + value % 10;
	while (value /= 10);
	while (n)
		put(digits[--n]);
}

/* %s, %u, %lu. */
void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			put(*p);
		} else if (*++p == 's') {
			for (const char *text = va_arg(args, const char *); *text; text++)
				put(*text);
		} else if (*p == 'u') {
			put_number(va_arg(args, u32));
		} else {
			p++;
			put_number(va_arg(args, u64));
		}
	}
	va_end(args);
}
