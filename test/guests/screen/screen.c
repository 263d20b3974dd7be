/* Writes VGA text with colours, scrolls, and reads lines from the keyboard by its interrupt: what a teaching kernel does.
   Commands: "quit" ends by port 0xf4 with 0, "off" powers off; everything else is said again. */
#include "kernel.h"

#define COLUMNS 80
#define ROWS 25
static volatile uint16_t *const text = (uint16_t *)0xb8000;
static unsigned row, column;
static uint8_t color = 0x07;

static void cursor(void)
{
	unsigned at = row * COLUMNS + column;
	outb(0x3d4, 0x0e), outb(0x3d5, at >> 8);
	outb(0x3d4, 0x0f), outb(0x3d5, at);
}

static void new_line(void)
{
	column = 0;
	if (++row < ROWS)
		return;
	row = ROWS - 1;
	for (unsigned i = 0; i < COLUMNS * (ROWS - 1); i++)
		text[i] = text[i + COLUMNS];
	for (unsigned i = COLUMNS * (ROWS - 1); i < COLUMNS * ROWS; i++)
		text[i] = 0x0720;
}

static void put(char c)
{
	if (c == '\n')
		new_line();
	else if (c == '\b') {
		if (column > 0)
			text[row * COLUMNS + --column] = 0x0720;
	} else {
		text[row * COLUMNS + column] = (uint16_t)(color << 8 | (uint8_t)c);
		if (++column == COLUMNS)
			new_line();
	}
	cursor();
}

static void print(const char *s)
{
	while (*s)
		put(*s++);
}

static void number(unsigned n)
{
	if (n >= 10)
		number(n / 10);
	put('0' + n % 10);
}

static const char letters[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static volatile char keys[64];
static volatile unsigned pressed;
static unsigned taken;

void keyboard_interrupt(void)
{
	uint8_t code = inb(0x60);
	if (code < sizeof letters - 1 && letters[code])
		keys[pressed++ % sizeof keys] = letters[code];
	outb(0x20, 0x20);
}

static char key(void)
{
	for (;;) {
		__asm__ volatile("cli");
		if (taken != pressed)
			break;
		__asm__ volatile("sti; hlt");
	}
	__asm__ volatile("sti");
	return keys[taken++ % sizeof keys];
}

static struct { uint16_t low, selector, flags, high; } idt[0x22];
extern char keyboard_entry[];

static void interrupts(void)
{
	struct { uint16_t limit; uint32_t base; } __attribute__((packed)) idtr = { sizeof idt - 1, (uint32_t)idt };
	uint16_t cs;
	__asm__("mov %%cs, %0" : "=r"(cs));
	idt[0x21].low = (uint32_t)keyboard_entry, idt[0x21].high = (uint32_t)keyboard_entry >> 16;
	idt[0x21].selector = cs, idt[0x21].flags = 0x8e00;
	__asm__ volatile("lidt %0" : : "m"(idtr));
	outb(0x20, 0x11), outb(0x21, 0x20), outb(0x21, 4), outb(0x21, 1), outb(0x21, 0xfd);
	outb(0xa0, 0x11), outb(0xa1, 0x28), outb(0xa1, 2), outb(0xa1, 1), outb(0xa1, 0xff);
	while (inb(0x64) & 1)
		inb(0x60);
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void main(uint32_t magic, uint32_t information)
{
	(void)magic;
	for (unsigned i = 0; i < COLUMNS * ROWS; i++)
		text[i] = 0x0720;
	color = 0x1e;
	print("\xc9\xcd\xcd screen \xcd\xcd\xbb");
	color = 0x07;
	put('\n');
	const struct tag *command_line = find_tag(information, 1);
	print("command line: "), print((const char *)command_line->data), put('\n');
	for (unsigned i = 1; i <= 30; i++)
		print("line "), number(i), put('\n');
	for (color = 1; color < 16; color++)
		print("\xdb\xdb color ");
	color = 0x07;
	put('\n');
	interrupts();
	for (;;) {
		char line[32];
		unsigned length = 0;
		print("> ");
		for (char c; (c = key()) != '\n';) {
			if (c == '\b' ? length == 0 : length == sizeof line - 1)
				continue;
			put(c);
			if (c == '\b')
				length--;
			else
				line[length++] = c;
		}
		line[length] = 0;
		put('\n');
		if (equal(line, "quit"))
			print("bye"), finish(0);
		else if (equal(line, "off"))
			power_off();
		else
			print("you said "), print(line), put('\n');
	}
}
