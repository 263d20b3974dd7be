// Code without source as documents to read: one per symbol, with lines that stay, so that breakpoints on them work.
import type { VcpuStop } from '../frames/vcpu-stop';
import type { InstructionDecoder } from './decoder';
import { annotate, Listing } from './listing';

export interface DisassemblyDocument {
  readonly reference: number;
  readonly name: string;
  /** Address of each line's instruction, from line 1 on. */
  readonly addresses: readonly bigint[];
  readonly text: string;
}

const MAX_LINES = 4000;
const LINES_WITHOUT_SYMBOL = 200;

export class DisassemblyDocuments {
  private readonly documents: DisassemblyDocument[] = [];

  get(reference: number): DisassemblyDocument | undefined {
    return this.documents[reference - 1];
  }

  /** The document that shows an address, and its line there. */
  async showing(
    address: bigint,
    stop: VcpuStop,
    decoder: InstructionDecoder,
  ): Promise<{ document: DisassemblyDocument; line: number } | undefined> {
    for (const document of this.documents) {
      const line = document.addresses.indexOf(address);
      if (line >= 0) return { document, line: line + 1 };
    }
    const document = await this.create(address, stop, decoder);
    const line = document?.addresses.indexOf(address) ?? -1;
    return document && line >= 0 ? { document, line: line + 1 } : undefined;
  }

  lineOf(reference: number, address: bigint): number | undefined {
    const line = this.get(reference)?.addresses.indexOf(address) ?? -1;
    return line < 0 ? undefined : line + 1;
  }

  private async create(address: bigint, stop: VcpuStop, decoder: InstructionDecoder): Promise<DisassemblyDocument | undefined> {
    const { symbols, addresses } = stop.context;
    const linked = addresses.toLinked(address);
    const symbol = symbols.symbolAt(linked);
    const listing = new Listing(stop, decoder);
    if (symbol) {
      const start = address - symbol.offset;
      const rows = (await listing.forward(start, MAX_LINES)).flatMap((row) =>
        row && row.address < address + symbol.end - linked ? [row] : [],
      );
      if (rows.some((row) => row.address === address)) return this.add(symbol.name, rows, stop);
    }
    // No symbol, or the CPU is inside what the symbol's start decodes to: from here on.
    const rows = (await listing.forward(address, LINES_WITHOUT_SYMBOL)).flatMap((row) => (row ? [row] : []));
    const name = symbol ? `${symbol.name}+0x${symbol.offset.toString(16)}` : `0x${address.toString(16)}`;
    return rows.length === 0 ? undefined : this.add(name, rows, stop);
  }

  private add(name: string, rows: Parameters<typeof annotate>[0][], stop: VcpuStop): DisassemblyDocument {
    const { symbols, addresses } = stop.context;
    const describe = (address: bigint): string => symbols.describe(addresses.toLinked(address));
    const width = Math.max(...rows.map((row) => describe(row.address).length));
    const lines = rows.map((row) => {
      const bytes = [...row.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      return `0x${row.address.toString(16)}  ${describe(row.address).padEnd(width)}  ${annotate(row, describe).padEnd(44)}  ; ${bytes}`;
    });
    const document: DisassemblyDocument = {
      reference: this.documents.length + 1,
      name: `${name}.disassembly`,
      addresses: rows.map((row) => row.address),
      text: `${lines.join('\n')}\n`,
    };
    this.documents.push(document);
    return document;
  }
}
