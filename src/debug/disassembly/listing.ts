// Rows of disassembly around an address, in both directions: backwards they are found again from symbols, the only places known to be
// instruction boundaries. Always as many rows as asked for; what cannot be read is a row that says so.

import type { VcpuStop } from '../frames/vcpu-stop';
import type { InstructionDecoder } from './decoder';
import { bitnessOf, type DecodedInstruction, MAX_INSTRUCTION_LENGTH } from './decoder';

/** undefined: nothing readable there. */
export type ListingRow = DecodedInstruction | undefined;

/** Functions are rarely longer; behind that a boundary is guessed. */
const MAX_BACK = 0x10000n;

export class Listing {
  constructor(
    private readonly stop: VcpuStop,
    private readonly decoder: InstructionDecoder,
  ) {}

  /** Rows [offset, offset + count) counted in instructions from the one at `address`. */
  async rows(address: bigint, offset: number, count: number): Promise<ListingRow[]> {
    const before = offset < 0 ? await this.backward(address, -offset) : [];
    const wanted = Math.max(0, offset + count);
    const after = wanted > 0 ? await this.forward(address, wanted) : [];
    while (after.length < wanted) after.push(undefined);
    const all = [...before, ...after];
    const start = Math.max(offset, 0);
    return all.slice(start, start + count);
  }

  async forward(address: bigint, count: number): Promise<ListingRow[]> {
    const rows: ListingRow[] = [];
    let at = address;
    while (rows.length < count) {
      const chunk = Math.min((count - rows.length) * 6 + MAX_INSTRUCTION_LENGTH, 4096);
      const bytes = await this.stop.guestMemory.read(at, chunk);
      const found = this.decoder.decode(bytes, at, bitnessOf(this.stop.file.mode), count - rows.length);
      if (found.length === 0) break;
      rows.push(...found);
      const last = found[found.length - 1]!;
      at = BigInt.asUintN(64, last.address + BigInt(last.bytes.length));
    }
    return rows;
  }

  /** Exactly `count` rows that end before `address`. */
  private async backward(address: bigint, count: number): Promise<ListingRow[]> {
    let rows: ListingRow[] = [];
    let end = address;
    while (rows.length < count) {
      const part = await this.before(end, count - rows.length);
      if (part.length === 0) break;
      rows = [...part, ...rows];
      end = part[0]!.address;
    }
    rows = rows.slice(-count);
    while (rows.length < count) rows.unshift(undefined);
    return rows;
  }

  /** Instructions that end exactly at `end`, back to the nearest known boundary. */
  private async before(end: bigint, wanted: number): Promise<DecodedInstruction[]> {
    const { addresses, symbols } = this.stop.context;
    const linked = addresses.toLinked(end);
    const symbol = symbols.symbolAt(linked - 1n);
    if (symbol && linked - symbol.address <= MAX_BACK) {
      const found = await this.between(end - (linked - symbol.address), end);
      if (found) return found;
    }
    // No symbol, or data between functions: the start from which the most instructions end where they should.
    for (let back = BigInt(Math.min(wanted, 64) * 4 + MAX_INSTRUCTION_LENGTH); back > 0n; back--) {
      const found = await this.between(end - back, end);
      if (found?.every(({ valid }) => valid)) return found;
    }
    return (await this.between(end - 1n, end)) ?? [];
  }

  private async between(start: bigint, end: bigint): Promise<DecodedInstruction[] | undefined> {
    const length = Number(end - start);
    const bytes = await this.stop.guestMemory.read(start, length);
    if (bytes.length < length) return undefined;
    const found = this.decoder.decode(bytes, start, bitnessOf(this.stop.file.mode), length);
    const last = found.at(-1);
    return last && last.address + BigInt(last.bytes.length) === end ? found : undefined;
  }
}

/** The text with what its target is called: "call 0x101020 <main>". */
export function annotate(instruction: DecodedInstruction, describe: (address: bigint) => string): string {
  const target = instruction.target ?? instruction.memoryAddress;
  const name = target === undefined ? '' : describe(target);
  return name === '' ? instruction.text : `${instruction.text} <${name}>`;
}
