// What emitted code tells the slow path of an access: its size in bits 15:0, and these.

/** Written. */
export const ACCESS_WRITE = 0x1_0000;
/** Written after it has been read. */
export const ACCESS_MODIFY = 0x2_0000;
/** The stack, by the stack pointer: #SS where others have #GP. */
export const ACCESS_STACK = 0x4_0000;
