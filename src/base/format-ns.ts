// A span of time for people: "0 ns", "250 ns", "1.250 µs", "12.500 ms", "3.000 s".

const units: readonly [number, string][] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];

export function formatNs(ns: number): string {
  for (const [size, name] of units) if (Math.abs(ns) >= size) return `${(ns / size).toFixed(3)} ${name}`;
  return `${Math.round(ns)} ns`;
}
