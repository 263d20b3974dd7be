// A C kernel as somebody has it who has never heard of this extension: sources, a linker script, a Makefile, no launch.json.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAKEFILE = `CFLAGS = -m32 -Og -g -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none -mgeneral-regs-only
OBJECTS = boot.o kernel.o
kernel.elf: $(OBJECTS) link.ld
\tgcc -m32 -nostdlib -static -no-pie -Wl,-T,link.ld -Wl,--build-id=none -Wl,-z,noexecstack -o $@ $(OBJECTS)
%.o: %.c
\tgcc $(CFLAGS) -c -o $@ $<
%.o: %.S
\tgcc -m32 -g -c -o $@ $<
`;
const LINK = `ENTRY(start)
SECTIONS {
  . = 1M;
  .text : { KEEP(*(.boot)) *(.text*) }
  .rodata : { *(.rodata*) }
  .data : { *(.data*) }
  .bss : { *(.bss*) *(COMMON) }
}
`;
const HEADER = '.long 0x1badb002, 0, -0x1badb002';
const BOOT = `.section .boot, "ax"
.align 4
${HEADER}
.text
.globl start
start:
  mov $stack_top, %esp
  call kmain
1: hlt
  jmp 1b
.bss
.align 16
.skip 4096
stack_top:
`;
const KERNEL = `static int counter;
static inline void outb(unsigned short port, unsigned char value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static void print(const char *text)
{
  for (int at = 0; text[at]; at++)
    outb(0x3f8, text[at]);
}
static int add(int a, int b)
{
  int sum = a + b;
  return sum;
}
void kmain(void)
{
  print("hello from my kernel\\r\\n");
  for (int i = 0; i < 10; i++)
    counter = add(counter, i);
  print("done\\r\\n");
  for (;;)
    __asm__ volatile("hlt");
}
`;

/** Computes for as long as one looks. */
export const BUSY_KERNEL = KERNEL.replace(/ {2}for \(int i = 0;.*\n.*\n/, '  for (unsigned i = 0;; i++)\n    counter = add(counter, i);\n');

export interface OwnKernel {
  folder: string;
  file(name: string): string;
  /** With its mistake, or without it again. */
  mistake(which: 'no header' | 'does not compile' | 'none'): void;
  dispose(): void;
}

export function ownKernel(source = KERNEL): OwnKernel {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-own-'));
  const file = (name: string) => join(folder, name);
  const mistake: OwnKernel['mistake'] = (which) => {
    writeFileSync(file('boot.S'), which === 'no header' ? BOOT.replace(HEADER, '') : BOOT);
    writeFileSync(file('kernel.c'), which === 'does not compile' ? source.replace('a + b', 'a + c') : source);
  };
  writeFileSync(file('Makefile'), MAKEFILE);
  writeFileSync(file('link.ld'), LINK);
  mistake('none');
  return { folder, file, mistake, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
