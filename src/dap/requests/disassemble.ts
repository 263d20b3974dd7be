// Exactly as many instructions as asked for, also before an address; rows that cannot be read have the address -1.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { annotate, Listing } from '../../debug/disassembly/listing';
import { dapErrors } from '../errors';
import { request } from '../handler';
import { parseReference } from '../memory-reference';

/** Instructions in one answer, and as far from the address: more than any view shows. */
const MOST = 10_000;

export const disassemble = request<DebugProtocol.DisassembleArguments, DebugProtocol.DisassembleResponse['body']>('disassemble', {
  capabilities: { supportsDisassembleRequest: true },
  async handle(session, args, signal) {
    const guest = session.stoppedGuest('disassemble');
    const { instructionOffset = 0, instructionCount } = args;
    if (instructionCount < 0 || instructionCount > MOST || Math.abs(instructionOffset) > MOST)
      throw dapErrors.badArgument('disassemble', `at most ${MOST} instructions, and no farther than that from the address`);
    const address = parseReference('disassemble', args.memoryReference, args.offset);
    const { stop } = await guest.debugger.view(guest.debugger.stop?.vcpu ?? 0);
    const listing = new Listing(stop, await guest.debugger.loadDecoder());
    await signal.turn();
    const rows = await listing.rows(address, instructionOffset, instructionCount);
    let lastLine = '';
    const instructions = rows.map((row): DebugProtocol.DisassembledInstruction => {
      if (!row) return { address: '-1', instruction: '(not readable)', presentationHint: 'invalid' };
      const linked = guest.debugger.addresses.toLinked(row.address);
      const shown: DebugProtocol.DisassembledInstruction = {
        address: `0x${row.address.toString(16)}`,
        instructionBytes: [...row.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
        instruction: annotate(row, (at) => guest.describe(at)),
      };
      if (!row.valid) shown.presentationHint = 'invalid';
      const symbol = guest.symbols.describe(linked);
      if (symbol !== '' && args.resolveSymbols !== false) shown.symbol = symbol;
      const line = guest.symbols.lineAt(linked);
      const key = line ? `${line.file}:${line.line}` : '';
      if (line && key !== lastLine && guest.sources.exists(line.file)) {
        shown.location = guest.sources.source(line.file);
        shown.line = line.line;
        if (line.column > 0) shown.column = line.column;
      }
      lastLine = key;
      return shown;
    });
    return { instructions };
  },
});
