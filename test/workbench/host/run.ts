// Runs the extension-host suites: in the VS Code of VSCODE_PATH, or in the browser workbench. Prints their report and ends with their status.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { outFolder, root } from '../../../src/build/paths';
import { copySample } from '../driver/sample';
import { startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const limitMs = 180000;
const folder = join(outFolder, 'host-tests');
const tests = join(folder, 'index.js');
const resultFile = join(folder, 'result.json');
const logFile = join(folder, 'hyperscope.log');

async function bundleSuites(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/workbench/host/index.ts'],
    outfile: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
  });
}

async function inBrowser(workspace: string, env: NodeJS.ProcessEnv): Promise<void> {
  const server = await startServer({ extensionTests: true, env });
  let workbench: Workbench | undefined;
  try {
    const remote = (path: string) => `vscode-remote://${server.host}${path}`;
    const ended = new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(new Error('the suites did not end in time')), limitMs);
      Workbench.open(server, {
        folder: workspace,
        payload: [
          ['extensionDevelopmentPath', remote(root)],
          ['extensionTestsPath', remote(tests)],
        ],
        beforeLoad: async (page) => {
          await page.exposeFunction('codeAutomationExit', () => {
            clearTimeout(timer);
            done();
          });
          await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
            const text = format(...args);
            // The workbench's own messages carry a colour or an icon; the report of mocha does not.
            if (process.env.HYPERSCOPE_TEST_VERBOSE && !text.startsWith('%c')) console.log(text);
          });
        },
      }).then((open) => {
        workbench = open;
      }, fail);
    });
    await ended;
  } catch (error) {
    await workbench?.screenshot(join(outFolder, 'host-tests', 'failure.png'));
    console.error(workbench?.messages.slice(-30).join('\n'));
    throw error;
  } finally {
    await workbench?.close();
    await server.stop();
  }
}

function report(): number {
  if (!existsSync(resultFile)) throw new Error('the suites wrote no result');
  const { passed, failed }: { passed: string[]; failed: { title: string; error: string }[] } = JSON.parse(readFileSync(resultFile, 'utf8'));
  for (const title of passed) console.log(`  ✔ ${title}`);
  for (const { title, error } of failed) console.log(`  ✘ ${title}\n${error.replace(/^/gm, '      ')}`);
  if (failed.length) console.log(`\nlog of the extension: ${logFile}`);
  console.log(`\n  ${passed.length} passing\n  ${failed.length} failing`);
  return failed.length;
}

async function main(): Promise<number> {
  await bundleSuites();
  const sample = copySample();
  const env = { HYPERSCOPE_TEST_RESULT: resultFile, HYPERSCOPE_LOG_FILE: logFile, HYPERSCOPE_TEST_MARK: sample.folder };
  try {
    const program = process.env.VSCODE_PATH;
    if (program)
      await runTests({
        vscodeExecutablePath: program,
        extensionDevelopmentPath: root,
        extensionTestsPath: tests,
        launchArgs: [sample.folder, '--disable-workspace-trust', '--disable-extensions'],
        extensionTestsEnv: env,
      }).catch(() => {});
    else await inBrowser(sample.folder, env);
    return report();
  } finally {
    sample.dispose();
  }
}

main().then(
  (failed) => process.exit(failed ? 1 : 0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
