// What the UART remembers: its registers, the receiver's FIFO and the interrupts that wait.

export type UartState = {
  ier: number;
  fcr: number;
  lcr: number;
  mcr: number;
  scr: number;
  divisor: number;
  /** Received characters, oldest first: byte | error bits << 8. */
  received: number[];
  lastReceived: number;
  overrun: boolean;
  /** Error bits of the character at the head that R.LSR still has to show. */
  headErrors: number;
  modemChanges: number;
  /** THRE interrupt waits: cleared by reading it in IIR or by writing THR. */
  threPending: boolean;
  timeoutPending: boolean;
};

export const initialUartState = (): UartState => ({
  ier: 0,
  fcr: 0,
  lcr: 0,
  mcr: 0,
  scr: 0,
  divisor: 12,
  received: [],
  lastReceived: 0,
  overrun: false,
  headErrors: 0,
  modemChanges: 0,
  threPending: false,
  timeoutPending: false,
});
