// The task-state segment of a vCPU with its I/O permission bit map (SDM vol 3, 7.2.1, 7.6, 7.7; vol 1, 20.5.2).
import type { RegisterFile } from '../../machine/control/types';
import { numberOf } from './descriptor';
import { isIa32e, type ReadLinear } from './tables';
import { IO_MAP_BASE, TSS_16, TSS_32, TSS_64, type TssField } from './tss.rows';

export interface TssValue extends TssField {
  /** undefined: beyond the segment's limit, or not readable. */
  readonly value: bigint | undefined;
}

export interface IoMap {
  /** Ports that a program may use whatever its privilege: first and last of each run. */
  readonly allowed: readonly { readonly from: number; readonly to: number }[];
  /** Why there is none. */
  readonly missing: 'no-map' | 'unreadable' | undefined;
}

export interface Tss {
  readonly bits: 16 | 32 | 64;
  readonly base: bigint;
  readonly limit: bigint;
  readonly fields: readonly TssValue[];
  readonly ioMap: IoMap;
}

const MAP_BYTES = 0x2000;

/** undefined: TR has no usable segment. */
export async function readTss(file: RegisterFile, read: ReadLinear): Promise<Tss | undefined> {
  const { values } = file;
  const access = Number(values['tr.access'] ?? 0x10000n);
  const base = values['tr.base'] ?? 0n;
  const limit = values['tr.limit'] ?? 0n;
  if (access & 0x10000 || ((values.tr ?? 0n) & 0xfffcn) === 0n) return undefined;
  const bits = (access & 8) === 0 ? 16 : isIa32e(file) ? 64 : 32;
  const rows = bits === 16 ? TSS_16 : bits === 32 ? TSS_32 : TSS_64;
  const last = rows.at(-1);
  const wanted = Math.min(Number(limit) + 1, last ? last.offset + last.bytes : 0);
  const bytes = await read(base, wanted);
  const fields = rows.map((row) => ({
    ...row,
    value: row.offset + row.bytes <= bytes.length ? numberOf(bytes.subarray(row.offset, row.offset + row.bytes)) : undefined,
  }));
  const mapBase = fields.find(({ name }) => name === IO_MAP_BASE)?.value;
  return { bits, base, limit, fields, ioMap: await readIoMap(base, limit, mapBase, read) };
}

async function readIoMap(base: bigint, limit: bigint, mapBase: bigint | undefined, read: ReadLinear): Promise<IoMap> {
  if (mapBase === undefined || mapBase >= limit) return { allowed: [], missing: 'no-map' };
  const length = Math.min(Number(limit - mapBase) + 1, MAP_BYTES + 1);
  const bytes = await read(base + mapBase, length);
  if (bytes.length < length) return { allowed: [], missing: 'unreadable' };
  // Two bytes are read for each access: a port whose second byte is beyond the limit is refused.
  const ports = Math.min(0x10000, (length - 1) * 8);
  const allowed: { from: number; to: number }[] = [];
  for (let port = 0; port < ports; port++) {
    if (((bytes[port >> 3] ?? 0xff) >> (port & 7)) & 1) continue;
    const run = allowed.at(-1);
    if (run?.to === port - 1) run.to = port;
    else allowed.push({ from: port, to: port });
  }
  return { allowed, missing: undefined };
}
