// Runs the subject on this machine and takes what its trap handler printed as frames the symbols can be asked about.

import { spawnSync } from 'node:child_process';
import type { FramePort } from '../../src/symbols/frame-evaluator';
import { unsignedOf } from '../../src/symbols/location';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import { unwindFrame } from '../../src/symbols/unwind';
import { build } from './toolchain';

interface Region {
  readonly start: bigint;
  readonly bytes: Uint8Array;
}

/** The machine at one stop(): registers in DWARF order (16 is the pc). */
export interface Stop {
  readonly registers: readonly bigint[];
  readonly regions: readonly Region[];
}

export interface PhysicalFrame {
  readonly pc: bigint;
  /** What the pc is looked up with: in the call for a frame that waits for one. */
  readonly lookup: bigint;
  readonly port: FramePort;
}

const RSP = 7;
const RIP = 16;

export function buildHosted(compiler: string, flags: readonly string[]): string {
  const position = compiler === 'clang' ? ['-fno-pie', '-Wl,-no-pie'] : ['-fno-pie', '-no-pie'];
  return build(compiler, [...position, ...flags], ['host.c', 'subject.c', 'other.c']);
}

export function run(path: string): { readonly stops: readonly Stop[]; readonly result: number } {
  const { stdout, status } = spawnSync(path, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${path} ended with ${status}`);
  const stops: Stop[] = [];
  let registers: bigint[] = [];
  let regions: Region[] = [];
  let result = 0;
  for (const line of stdout.split('\n')) {
    const [word, ...rest] = line.split(' ');
    if (word === 'registers') registers = rest.map((text) => BigInt(`0x${text}`));
    else if (word === 'memory') regions.push({ start: BigInt(`0x${rest[0]}`), bytes: Uint8Array.from(Buffer.from(rest[1] ?? '', 'hex')) });
    else if (word === 'end') {
      stops.push({ registers, regions });
      regions = [];
    } else if (word === 'result') result = Number(rest[0]);
  }
  return { stops, result };
}

export function memoryOf(stop: Stop): (address: bigint, length: number) => Uint8Array | undefined {
  return (address, length) => {
    const region = stop.regions.find(({ start, bytes }) => address >= start && address + BigInt(length) <= start + BigInt(bytes.length));
    if (!region) return undefined;
    const at = Number(address - region.start);
    return region.bytes.subarray(at, at + length);
  };
}

/** The frame that called stop() and its callers, by call frame information, until it ends. */
export async function framesOf(symbols: SymbolFile, stop: Stop): Promise<PhysicalFrame[]> {
  const memory = memoryOf(stop);
  const rsp = stop.registers[RSP]!;
  const pc = unsignedOf(memory(rsp, 8)!);
  let frame: PhysicalFrame = {
    pc,
    lookup: pc - 1n,
    port: { memory, register: (number) => (number === RSP ? rsp + 8n : number === RIP ? pc : stop.registers[number]) },
  };
  const frames = [frame];
  for (;;) {
    const row = symbols.unwindRow(frame.lookup);
    const caller = row && (await unwindFrame(row, frame.port, 8));
    if (!caller?.returnAddress || !symbols.functionAt(caller.returnAddress)?.hasDebugInfo) return frames;
    const { returnAddress } = caller;
    const next: PhysicalFrame = { pc: returnAddress, lookup: returnAddress - 1n, port: { memory, register: caller.register } };
    Object.assign(frame.port, { caller: () => ({ returnAddress, port: next.port }) });
    frames.push(next);
    frame = next;
  }
}
