// Days and dates of the proleptic Gregorian calendar without a clock: what the RTC counts in. UTC, no leap seconds.

const DAY_SECONDS = 86_400;
const EPOCH_WEEKDAY = 4; // 1970-01-01 was a Thursday; Sunday is 0

export interface CivilTime {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Days from 1970-01-01; a month or day out of range carries over. */
function daysOfDate(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1 - 2; // counted from March, so that the leap day is last
  const y = Math.floor(months / 12);
  const m = months - y * 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((m * 153 + 2) / 5) + day - 1 - 719_468;
}

export function unixSeconds(time: Omit<CivilTime, 'weekday'>): number {
  return daysOfDate(time.year, time.month, time.day) * DAY_SECONDS + time.hour * 3600 + time.minute * 60 + time.second;
}

export function civilTime(seconds: number): CivilTime {
  const days = Math.floor(seconds / DAY_SECONDS);
  const ofDay = seconds - days * DAY_SECONDS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    weekday: (((days + EPOCH_WEEKDAY) % 7) + 7) % 7,
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor(ofDay / 60) % 60,
    second: ofDay % 60,
  };
}
