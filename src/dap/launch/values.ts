// Sizes and times as people write them in launch.json and on the command line: "256M", "10ms", "0x1000".

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1 << 10, m: 1 << 20, g: 2 ** 30, t: 2 ** 40 };
const TIME_UNITS_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** Bytes; undefined where the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * (SIZE_UNITS[(match[2] ?? '').toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Nanoseconds; undefined where the text is no duration. */
export function parseDurationNs(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|\u00b5s|ms|s)\s*$/.exec(text);
  if (!match) return undefined;
  const ns = Math.round(Number(match[1]) * (TIME_UNITS_NS[match[2] ?? ''] ?? Number.NaN));
  return Number.isSafeInteger(ns) && ns > 0 ? ns : undefined;
}

/** A signed 64-bit offset: decimal or 0x…, with a sign or not. */
export function parseOffset(text: string): bigint | undefined {
  const match = /^\s*([+-]?)(0x[0-9a-f]+|\d+)\s*$/i.exec(text);
  if (!match) return undefined;
  const value = BigInt(match[2] ?? '0');
  return match[1] === '-' ? -value : value;
}

export function formatSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const scale = SIZE_UNITS[unit.toLowerCase()] ?? 1;
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return `${bytes}`;
}
