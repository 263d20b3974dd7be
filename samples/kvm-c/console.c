/* The first serial port (16550 at 0x3f8, IRQ 4): polled output, interrupt-driven input. */
#include <stdarg.h>
#include "kernel.h"

enum { COM1 = 0x3f8, DATA = COM1, IER = COM1 + 1, FCR = COM1 + 2, LCR = COM1 + 3, MCR = COM1 + 4, LSR = COM1 + 5 };
enum { LSR_DATA_READY = 0x01, LSR_THR_EMPTY = 0x20 };

static volatile u8 typed[64];
static volatile u32 typed_in, typed_out;
static struct spinlock print_lock;

void console_init(void)
{
	outb(LCR, 0x03);               /* 8 data bits, no parity, 1 stop bit */
	outb(FCR, 0x07);               /* FIFOs on and empty */
	outb(MCR, 0x0b);               /* DTR, RTS, OUT2 (interrupt enable) */
	outb(IER, 0x01);               /* received data */
	ioapic_route(4, VECTOR_SERIAL, apic_id());
}

void console_interrupt(void)
{
	while (inb(LSR) & LSR_DATA_READY)
		typed[typed_in++ % sizeof typed] = inb(DATA);
}

int console_read(void)
{
	if (typed_out == typed_in)
		return -1;
	return typed[typed_out++ % sizeof typed];
}

/* Nobody gives the lock back any more. */
void console_panic(void)
{
	print_lock.next = print_lock.owner;
}

static void put(char c)
{
	if (c == '\n')
		put('\r');
	while (!(inb(LSR) & LSR_THR_EMPTY))
		pause();
	outb(DATA, c);
}

static void put_number(u64 value, u32 base, int width, char pad)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (int i = n; i < width; i++)
		put(pad);
	while (n)
		put(digits[--n]);
}

/* %s %c %d %u %x and their l forms, with width and zero padding. */
void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	spin_lock(&print_lock);
	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			put(*p);
			continue;
		}
		char pad = *++p == '0' ? '0' : ' ';
		int width = 0, wide = 0;
		while (*p >= '0' && *p <= '9')
			width = width * 10 + *p++ - '0';
		while (*p == 'l') {
			wide = 1;
			p++;
		}
		switch (*p) {
		case 's':
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(*s);
			break;
		case 'c':
			put(va_arg(args, int));
			break;
		case 'd': {
			long value = wide ? va_arg(args, long) : va_arg(args, int);
			if (value < 0)
				put('-');
			put_number(value < 0 ? -(u64)value : (u64)value, 10, width, pad);
			break;
		}
		case 'u':
			put_number(wide ? va_arg(args, u64) : va_arg(args, u32), 10, width, pad);
			break;
		case 'x':
			put_number(wide ? va_arg(args, u64) : va_arg(args, u32), 16, width, pad);
			break;
		default:
			put(*p);
		}
	}
	spin_unlock(&print_lock);
	va_end(args);
}
