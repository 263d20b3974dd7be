/** "0xc0000080". */
export const hex = (value: number): string => `0x${value.toString(16)}`;
