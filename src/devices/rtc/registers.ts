// Registers of the MC146818 (Motorola data sheet ADI-1030) and of the CMOS memory of a PC behind it.

export const RTC_PORT = 0x70;
export const NMI_DISABLE = 0x80;

export const REG = {
  seconds: 0x00,
  secondsAlarm: 0x01,
  minutes: 0x02,
  minutesAlarm: 0x03,
  hours: 0x04,
  hoursAlarm: 0x05,
  weekday: 0x06,
  day: 0x07,
  month: 0x08,
  year: 0x09,
  a: 0x0a,
  b: 0x0b,
  c: 0x0c,
  d: 0x0d,
  shutdownStatus: 0x0f,
  baseMemoryKibLow: 0x15,
  baseMemoryKibHigh: 0x16,
  extendedKibLow: 0x17,
  extendedKibHigh: 0x18,
  extendedKibLow2: 0x30,
  extendedKibHigh2: 0x31,
  century: 0x32,
  above16MibLow: 0x34,
  above16MibHigh: 0x35,
  above4GibLow: 0x5b,
  above4GibMiddle: 0x5c,
  above4GibHigh: 0x5d,
} as const;

/** The registers that the update cycle writes. */
export const TIME_REGISTERS: readonly number[] = [
  REG.seconds,
  REG.minutes,
  REG.hours,
  REG.weekday,
  REG.day,
  REG.month,
  REG.year,
  REG.century,
];

export const A_UIP = 0x80;
/** Divider bits 11x hold the divider chain in reset. */
export const A_DIVIDER_RESET = 0x60;
export const A_RATE = 0x0f;
export const A_POWER_ON = 0x26;
export const B_SET = 0x80;
export const B_PIE = 0x40;
export const B_AIE = 0x20;
export const B_UIE = 0x10;
export const B_BINARY = 0x04;
export const B_24H = 0x02;
export const C_IRQF = 0x80;
export const C_PF = 0x40;
export const C_AF = 0x20;
export const C_UF = 0x10;
export const D_VRT = 0x80;
export const HOURS_PM = 0x80;
/** An alarm byte with both top bits set matches always. */
export const ALARM_ANY = 0xc0;

/** CMOS bytes by which firmware tells the memory size (as QEMU sets them; 0x30 and 0x34 are what int 15h reads). */
export function cmosMemorySize(memoryBytes: number): readonly (readonly [register: number, value: number])[] {
  const kib = Math.floor(memoryBytes / 1024);
  const extendedKib = Math.min(Math.max(kib - 1024, 0), 0xffff);
  const above16Mib = Math.min(Math.max(Math.floor((kib - 16 * 1024) / 64), 0), 0xffff);
  return [
    [REG.baseMemoryKibLow, 640 & 0xff],
    [REG.baseMemoryKibHigh, 640 >> 8],
    [REG.extendedKibLow, extendedKib & 0xff],
    [REG.extendedKibHigh, extendedKib >> 8],
    [REG.extendedKibLow2, extendedKib & 0xff],
    [REG.extendedKibHigh2, extendedKib >> 8],
    [REG.above16MibLow, above16Mib & 0xff],
    [REG.above16MibHigh, above16Mib >> 8],
  ];
}
