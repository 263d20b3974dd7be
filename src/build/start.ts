// npm start: builds, and opens samples/kvm-c in VS Code with this extension; in the browser workbench where there is no VS Code or no display.
import { join } from 'node:path';
import { root } from './paths';
import { which } from './processes';
import { bundle } from './run-bundle';
import { serveBrowser } from './start-browser';
import { chooseWorkbench } from './start-choice';
import { openDesktop } from './start-desktop';

async function start(): Promise<void> {
  const folder = join(root, 'samples', 'kvm-c');
  const choice = chooseWorkbench({
    environment: process.env,
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    found: which('code'),
  });
  console.log(choice.say);
  await bundle();
  if (choice.kind === 'browser') await serveBrowser(folder);
  else await openDesktop(choice, folder);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
