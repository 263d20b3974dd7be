// More of it: npx tsx test/campaign/oracle.ts COUNT SEED [--fix]. With --fix it writes the committed vectors and results anew.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { campaign, makeVectors, report } from '../oracle/campaign';
import { cpuName, oracleMissing, runNative } from '../oracle/native';
import { vectorLine } from '../oracle/vector';

const BATCH = 50_000;
const [count = '1000000', seed = '1'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const missing = oracleMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
if (process.argv.includes('--fix')) {
  const lines = makeVectors(Number(count), Number(seed)).map(vectorLine);
  const folder = join(__dirname, '../oracle/fixed');
  writeFileSync(join(folder, 'vectors.txt'), `# ${count} vectors of seed ${seed}\n${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'results.txt'), `# run on ${cpuName()}\n${runNative(lines).join('\n')}\n`);
  process.exit(0);
}
let bad = 0;
for (let done = 0; done < Number(count); done += BATCH) {
  const findings = campaign(Math.min(BATCH, Number(count) - done), Number(seed) + done / BATCH);
  bad += findings.length;
  console.log(`${done + BATCH} vectors, seed ${Number(seed) + done / BATCH}: ${findings.length} differences`);
  if (findings.length > 0) console.log(report(findings));
}
process.exitCode = bad === 0 ? 0 : 1;
