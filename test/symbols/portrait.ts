// All that symbols say about a program, as plain data: two files with the same code and the same sources must give the same.

import type { SymbolFile } from '../../src/symbols/symbol-file';
import { typeName } from '../../src/symbols/type-name';
import { sizeOf, strip } from '../../src/symbols/types';
import { evaluateLocationText } from './location-text';

export interface Portrait {
  readonly functions: readonly unknown[];
  readonly types: readonly unknown[];
  readonly globals: readonly unknown[];
}

const SAMPLES = 24;

export async function portraitOf(
  symbols: SymbolFile,
  functions: readonly string[],
  types: readonly string[],
  globals: readonly string[],
): Promise<Portrait> {
  const shown: unknown[] = [];
  for (const name of functions) {
    for (const info of symbols.functionsByName(name)) {
      const { breakpointAddress, declaration, ranges } = info;
      const places: unknown[] = [];
      for (const { start, end } of ranges) {
        const step = (end - start) / BigInt(SAMPLES) + 1n;
        for (let address = start; address < end; address += step) places.push(await placeOf(symbols, address));
      }
      shown.push({
        name: info.name,
        linkageName: info.linkageName,
        breakpointAddress,
        declaration,
        ranges,
        places,
        type: describeFunction(symbols, ranges[0]!.start),
      });
    }
  }
  return {
    functions: shown,
    types: types.map((name) => ({ name, ...describeType(symbols, name) })),
    globals: sorted(
      await Promise.all(
        globals.flatMap((name) =>
          symbols
            .globals(name)
            .map(async (variable) => ({ name, type: typeName(variable.type), at: await evaluateLocationText(variable) })),
        ),
      ),
    ),
  };
}

const sorted = (list: readonly unknown[]): unknown[] => [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

function describeFunction(symbols: SymbolFile, address: bigint): string {
  const type = symbols.functionType(address);
  return type ? typeName(type) : 'none';
}

function describeType(symbols: SymbolFile, name: string): object {
  const type = symbols.typeByName(name);
  if (!type) return { missing: true };
  const plain = strip(type);
  const members =
    'members' in plain
      ? plain.members.map((member) => `${typeName(member.type)} ${member.name}@${member.bitOffset}:${member.bitSize ?? ''}`)
      : [];
  const enumerators = plain.kind === 'enum' ? plain.enumerators.map((each) => `${each.name}=${each.value}`) : [];
  return { size: sizeOf(type), members, enumerators };
}

async function placeOf(symbols: SymbolFile, address: bigint): Promise<unknown> {
  const line = symbols.lineAt(address);
  const calls: unknown[] = [];
  for (const frame of symbols.inlineChain(address)) {
    const variables = await Promise.all(
      frame
        .variables()
        .map(async (variable) => [
          variable.name,
          variable.kind,
          typeName(variable.type),
          variable.declaration,
          await evaluateLocationText(variable),
        ]),
    );
    calls.push([frame.name, frame.inlined, frame.position, frame.callSite, frame.ranges, variables]);
  }
  return [address, line, symbols.stepRange(address), calls, symbols.symbolAt(address)?.name];
}
