/* What guest test suites do with QEMU's test devices, as kvm-unit-tests do it: fw_cfg for the number of CPUs and files, pc-testdev,
   results on the serial port, the end by port 0xf4. The number of CPUs that must be there is the first digit of the command line. */
#include "kernel.h"

void keyboard_interrupt(void) {}

static uint8_t byte_of(uint16_t item)
{
	outw(0x510, item);
	return inb(0x511);
}

void main(uint32_t magic, uint32_t information)
{
	(void)magic;
	const char *command_line = (const char *)find_tag(information, 1)->data;
	uint8_t failures = 0;
#define check(condition) do { if (!(condition)) { failures++; serial("FAIL: " #condition "\n"); } } while (0)
	outw(0x510, 0);
	check(inb(0x511) == 'Q' && inb(0x511) == 'E' && inb(0x511) == 'M' && inb(0x511) == 'U');
	check(byte_of(5) == command_line[0] - '0');
	outl(0xe0, 0x12345678);
	check(inl(0xe0) == 0x12345678 && inb(0xe8) == 0x78 && inb(0xe3) == 0x12);
	*(volatile uint32_t *)0xff000010 = 0xcafe;
	check(*(volatile uint32_t *)0xff000010 == 0xcafe);
	serial(failures ? "FAILED\n" : "PASS: test devices\n");
	finish(failures);
}
