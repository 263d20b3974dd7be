// Entry point in the extension host: mocha with the suites below; the same in code-server and in a desktop VS Code.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60000, color: false, reporter: 'spec' });
  mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, 'suites', mocha);
  require('./contributions.suite');
  require('./session.suite');
  require('./mistakes.suite');
  require('./craft.suite');
  return new Promise((done, fail) => {
    const passed: string[] = [];
    const failed: { title: string; error: string }[] = [];
    const runner = mocha.run((failures) => {
      const file = process.env.HYPERSCOPE_TEST_RESULT;
      if (file) writeFileSync(file, JSON.stringify({ passed, failed }));
      if (failures) fail(new Error(`${failures} failed`));
      else done();
    });
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('fail', (test, error: Error) => failed.push({ title: test.fullTitle(), error: error.stack ?? String(error) }));
  });
}
