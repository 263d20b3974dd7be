// The clock's registers to and from seconds: BCD or binary, 12 or 24 hours, century in the PC's CMOS byte (MC146818, tables 2 and 3).
import { civilTime, unixSeconds } from './civil-time';
import { ALARM_ANY, B_24H, B_BINARY, HOURS_PM, REG } from './registers';

const toBcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);
const fromBcd = (value: number): number => (value >> 4) * 10 + (value & 15);

function encode(value: number, regB: number): number {
  return regB & B_BINARY ? value : toBcd(value);
}

function decode(value: number, regB: number): number {
  return regB & B_BINARY ? value : fromBcd(value);
}

function encodeHours(hour: number, regB: number): number {
  if (regB & B_24H) return encode(hour, regB);
  return encode(hour % 12 === 0 ? 12 : hour % 12, regB) | (hour >= 12 ? HOURS_PM : 0);
}

function decodeHours(value: number, regB: number): number {
  if (regB & B_24H) return decode(value, regB);
  return (decode(value & ~HOURS_PM, regB) % 12) + (value & HOURS_PM ? 12 : 0);
}

/** All time registers at `seconds` UTC; `weekdayShift` is what the guest added to the calendar's day of the week. */
export function registersOf(seconds: number, weekdayShift: number, regB: number): ReadonlyMap<number, number> {
  const time = civilTime(seconds);
  return new Map<number, number>([
    [REG.seconds, encode(time.second, regB)],
    [REG.minutes, encode(time.minute, regB)],
    [REG.hours, encodeHours(time.hour, regB)],
    [REG.weekday, encode(((time.weekday + weekdayShift) % 7) + 1, regB)],
    [REG.day, encode(time.day, regB)],
    [REG.month, encode(time.month, regB)],
    [REG.year, encode(time.year % 100, regB)],
    [REG.century, toBcd(Math.floor(time.year / 100))],
  ]);
}

/** What the registers mean: seconds UTC and the shift of the day of the week. Dates out of range carry over. */
export function secondsOf(read: (register: number) => number, regB: number): { seconds: number; weekdayShift: number } {
  const seconds = unixSeconds({
    year: fromBcd(read(REG.century)) * 100 + decode(read(REG.year), regB),
    month: decode(read(REG.month), regB),
    day: decode(read(REG.day), regB),
    hour: decodeHours(read(REG.hours), regB),
    minute: decode(read(REG.minutes), regB),
    second: decode(read(REG.seconds), regB),
  });
  const weekday = decode(read(REG.weekday), regB) - 1;
  return { seconds, weekdayShift: (((weekday - civilTime(seconds).weekday) % 7) + 7) % 7 };
}

/** An alarm time; undefined where the byte says "any". */
export interface Alarm {
  readonly hour: number | undefined;
  readonly minute: number | undefined;
  readonly second: number | undefined;
}

export function alarmOf(read: (register: number) => number, regB: number): Alarm {
  const field = (register: number, decoded: (value: number, regB: number) => number): number | undefined =>
    (read(register) & ALARM_ANY) === ALARM_ANY ? undefined : decoded(read(register), regB);
  return {
    hour: field(REG.hoursAlarm, decodeHours),
    minute: field(REG.minutesAlarm, decode),
    second: field(REG.secondsAlarm, decode),
  };
}

/** The first second after `seconds` at which the alarm matches; undefined when its bytes match no time of day. */
export function nextAlarm(alarm: Alarm, seconds: number): number | undefined {
  let at = seconds + 1;
  const last = at + 86_400;
  while (at < last) {
    const { hour, minute, second } = civilTime(at);
    if (alarm.hour !== undefined && alarm.hour !== hour) at += 3600 - minute * 60 - second;
    else if (alarm.minute !== undefined && alarm.minute !== minute) at += 60 - second;
    else if (alarm.second !== undefined && alarm.second !== second) at += 1;
    else return at;
  }
  return undefined;
}
