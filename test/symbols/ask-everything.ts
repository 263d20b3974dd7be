// Every kind of question to a symbol file, for files that are damaged: typed errors are answers, anything else is thrown.

import { MemoryByteSource } from '../../src/base/byte-source';
import { UserError } from '../../src/base/user-error';
import { readLocation } from '../../src/symbols/location';
import type { OpenFile } from '../../src/symbols/related-files';
import { SymbolFile } from '../../src/symbols/symbol-file';
import { typeName } from '../../src/symbols/type-name';
import { sizeOf } from '../../src/symbols/types';

/** xorshift32 */
export function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const port = {
  register: (n: number) => 0x1000n * BigInt(n),
  memory: (_: bigint, length: number) => new Uint8Array(Math.min(length, 4096)),
};

/** How many typed errors of each kind there were. */
export async function askEverything(
  bytes: Uint8Array,
  addresses: readonly bigint[],
  openFile: OpenFile = () => undefined,
  name = '/ws/broken.elf',
): Promise<Map<string, number>> {
  const errors = new Map<string, number>();
  const ask = async (question: () => unknown): Promise<void> => {
    try {
      await question();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.set(error.id, (errors.get(error.id) ?? 0) + 1);
    }
  };
  let symbols: SymbolFile | undefined;
  await ask(() => {
    symbols = SymbolFile.open({ source: new MemoryByteSource(name, bytes), openFile });
  });
  const file = symbols;
  if (!file) return errors;
  await ask(() => file.files());
  await ask(() => file.addressesForLine('/ws/programs/subject.c', 30));
  await ask(() => file.functionBreakpoints('innermost'));
  await ask(() => file.functionsByName('outer'));
  await ask(() => file.typeByName('struct task') && deepName(file));
  await ask(async () => {
    for (const variable of file.globals('root_task')) await readLocation(await variable.locate(port), sizeOf(variable.type) ?? 8, port);
  });
  for (const address of addresses) {
    await ask(() => file.lineAt(address));
    await ask(() => file.stepRange(address));
    await ask(() => file.functionAt(address)?.breakpointAddress);
    await ask(() => file.symbolAt(address));
    await ask(() => file.unwindRow(address));
    await ask(async () => {
      for (const frame of file.inlineChain(address)) {
        for (const variable of frame.variables()) {
          typeName(variable.type);
          await readLocation(await variable.locate(port), Math.min(sizeOf(variable.type) ?? 8, 4096), port);
        }
      }
    });
  }
  return errors;
}

function deepName(file: SymbolFile): string {
  const type = file.typeByName('struct task');
  return type?.kind === 'struct' ? type.members.map((member) => typeName(member.type)).join() : '';
}
