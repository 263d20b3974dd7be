// One process of npm run bench:symbols: asks one thing of a symbol file, then tells CPU seconds and peak memory of the whole process as JSON.
import { FileByteSource } from '../../src/symbols/file-source';
import { DiskIndexStore } from '../../src/symbols/index/disk-store';
import { SymbolFile } from '../../src/symbols/symbol-file';
import { strip } from '../../src/symbols/types';

const [path = '', cache = '', kind = '', subject = ''] = process.argv.slice(2);
const symbols = SymbolFile.open({ source: FileByteSource.open(path), indexStore: new DiskIndexStore(cache) });

function ask(): string {
  if (kind === 'function') {
    const places = symbols.functionBreakpoints(subject);
    const own = places.find(({ inlined }) => !inlined);
    return `${places.length} place(s), line ${own ? symbols.lineAt(own.address)?.line : places[0]?.line}`;
  }
  if (kind === 'line') {
    const [file = '', line = '0'] = subject.split(':');
    return `${symbols.addressesForLine(file, Number(line)).locations.length} place(s)`;
  }
  if (kind === 'global') {
    const [variable] = symbols.globals(subject);
    return variable ? strip(variable.type).kind : 'unknown';
  }
  const type = symbols.typeByName(subject);
  const plain = type && strip(type);
  if (plain?.kind !== 'struct') return 'unknown';
  // What a person sees when it is opened: every member with its type.
  return `${plain.members.map(({ type: member }) => strip(member).kind).length} members`;
}

const answer = ask();
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ answer, cpuSeconds: (user + system) / 1e6, peakMib: process.resourceUsage().maxRSS / 1024 }));
