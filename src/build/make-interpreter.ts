// Writes the engine's interpreter for both kinds of memory: dist/interpreter.wasm and dist/interpreter-shared.wasm. Argument: the folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCatalogue } from '../engine/handlers';
import { buildInterpreter } from '../engine/interpreter';
import { INSN_ROWS } from '../x86/insn/rows';

const folder = process.argv[2]!;
const catalogue = buildCatalogue(INSN_ROWS);
writeFileSync(join(folder, 'interpreter.wasm'), buildInterpreter(catalogue, false));
writeFileSync(join(folder, 'interpreter-shared.wasm'), buildInterpreter(catalogue, true));
