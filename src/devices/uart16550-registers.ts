// Registers of the PC16550D UART and their bits (data sheet of June 1995; section and table numbers are its own).

// Register offsets (table II); 0 and 1 are the divisor latch while LCR.DLAB is set.
export const RBR_THR = 0;
export const IER = 1;
export const IIR_FCR = 2;
export const LCR = 3;
export const MCR = 4;
export const LSR = 5;
export const MSR = 6;
export const SCR = 7;

// 8.5 IER and 8.4 IIR
export const IER_ERBFI = 0x01;
export const IER_ETBEI = 0x02;
export const IER_ELSI = 0x04;
export const IER_EDSSI = 0x08;
export const IIR_NONE = 0x01;
export const IIR_MODEM_STATUS = 0x00;
export const IIR_THRE = 0x02;
export const IIR_RECEIVED_DATA = 0x04;
export const IIR_LINE_STATUS = 0x06;
export const IIR_TIMEOUT = 0x0c;
export const IIR_FIFOS_ENABLED = 0xc0;
// 8.3 FCR
export const FCR_ENABLE = 0x01;
export const FCR_CLEAR_RECEIVER = 0x02;
export const FCR_KEPT = 0xc9;
export const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
// 8.1 LCR
export const LCR_BREAK = 0x40;
export const LCR_DLAB = 0x80;
// 8.6 MCR
export const MCR_LOOP = 0x10;
// 8.2 LSR
export const LSR_DR = 0x01;
export const LSR_OE = 0x02;
export const LSR_CHARACTER_ERRORS = 0x1c;
export const LSR_BI = 0x10;
export const LSR_THRE = 0x20;
export const LSR_TEMT = 0x40;
export const LSR_FIFO_ERROR = 0x80;
// 8.7 MSR: CTS, DSR, RI, DCD from bit 4 up, their changes from bit 0 up
export const MSR_TERI = 0x04;
export const TERMINAL_READY = 0xb0;
