// A program of the guest's user land, without a library: calls three deep, and the kernel from there.
static long write_text(const char *text, long length) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(1L), "D"(1L), "S"(text), "d"(length) : "rcx", "r11", "memory");
  return result;
}

__attribute__((noinline)) long leaf(long depth) {
  long written = write_text("GUEST: leaf\n", 12) + depth;
  return written;
}

__attribute__((noinline)) long middle(long depth) { return leaf(depth + 1) + 1; }

void start_c(void) {
  long status = middle(40) & 1;
  __asm__ volatile("syscall" : : "a"(231L), "D"(status) : "memory");
}

__asm__(".globl _start\n.type _start, @function\n_start: .cfi_startproc\n.cfi_undefined rip\nxor %ebp, %ebp\ncall start_c\nhlt\n.cfi_endproc\n.size _start, . - _start\n");
