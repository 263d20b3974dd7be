// The whole walk over opcode maps × ModRM × prefixes × modes against iced-x86: npx tsx test/campaign/opcode-map.ts [16|32|64]. About 8 million streams a mode.
import { wholeWalk } from '../x86/decode/streams';
import { MODES, Walker } from '../x86/decode/walker';

const wanted = process.argv[2];
for (const mode of MODES) {
  if (wanted !== undefined && String(mode.bits) !== wanted) continue;
  const walker = new Walker(mode);
  for (const stream of wholeWalk()) walker.compare(stream);
  console.log(`${mode.bits}-bit mode: ${walker.compared} streams, ${walker.wrong.size} kinds of difference`);
  for (const text of walker.wrong.values()) console.log(`  ${text}`);
  for (const [reason, times] of walker.explained) console.log(`  explained ${times} times: ${reason}`);
  if (walker.wrong.size > 0) process.exitCode = 1;
}
