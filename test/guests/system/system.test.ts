// Every topic of the guest tests on our own engine; `npm run guest-tests -- --engine all` compares with QEMU and Bochs.
import assert from 'node:assert/strict';
import { CPU_MODEL_NAMES } from '../../../src/x86/models/parse-model';
import { needs } from '../../support/compiler';
import { runTopic } from './engines';
import { isGood, parseResult } from './results';
import { TOPICS, type Topic } from './topics';

type Run = ReturnType<typeof runTopic>;

/** Two at a time: while one is looked at, the next runs. */
function runner(topics: readonly Topic[]): (index: number) => Run {
  const runs = new Map<number, Run>();
  const begin = (index: number): Run => {
    const run = runs.get(index) ?? runTopic('hyperscope', topics[index]!);
    runs.set(index, run);
    return run;
  };
  return (index) => {
    const run = begin(index);
    if (index + 1 < topics.length) begin(index + 1);
    return run;
  };
}

describe('system behaviour by guest tests', () => {
  const run = runner(TOPICS);
  TOPICS.forEach((topic, index) => {
    it(topic.name, async function () {
      needs(this, 'gcc', 'make');
      const { text, note } = await run(index);
      const result = parseResult('hyperscope', topic.name, text, note);
      assert.ok(
        isGood(result),
        `${text
          .split('\n')
          .filter((line) => !line.startsWith('PASS'))
          .join('\n')}\n${note}`,
      );
    });
  });

  for (const model of CPU_MODEL_NAMES)
    it(`cpuid-consistency on ${model}`, async function () {
      needs(this, 'gcc', 'make');
      const topic = { name: 'cpuid-consistency', vcpus: 1, options: ['--cpu', model] };
      const { text, note } = await runTopic('hyperscope', topic);
      assert.ok(isGood(parseResult('hyperscope', topic.name, text, note)), `${text}\n${note}`);
    });
});
