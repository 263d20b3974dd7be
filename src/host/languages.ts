// The languages of guest sources that hover help and values beside the code are given in.

export const assemblyLanguages: readonly string[] = ['hyperscope-asm', 'asm', 'gas', 'nasm', 'asm-intel-x86-generic'];
export const guestLanguages: string[] = ['c', 'cpp', 'rust', 'zig', ...assemblyLanguages];
