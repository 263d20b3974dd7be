// The command line end to end, on guests of a few instructions: exit statuses, console, scripts, files, mistakes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { builtCli, cli, type Outcome, temporaryFolder } from './built-cli';
import {
  debugPrint,
  echoUntilQ,
  exitWith,
  haltForEver,
  hypercall,
  image,
  print,
  resetMachine,
  spin,
  spinForEver,
  tripleFault,
} from './guest-code';

const folder = temporaryFolder();
after(() => folder.remove());

const file = (name: string, bytes: Uint8Array): string => {
  const path = folder.path(name);
  writeFileSync(path, bytes);
  return path;
};
interface Stats {
  exit: { reason: string; code: number };
  instructions: number;
  virtualNs: number;
  exits: Record<string, { count: number; virtualNs: number }>;
  vcpus: { vm: number; vcpu: number; runningNs: number; runnableNs: number; blockedNs: number; offlineNs: number }[];
  digest: string;
  process: { cpuSeconds: number };
}
const run = (
  pieces: readonly number[][],
  args: string[] = [],
  options: { input?: string; stdin?: 'ignore' } = {},
): Outcome & { stats: Stats } => {
  const stats = folder.path('stats.json');
  const outcome = cli(['run', file('guest.elf', image(...pieces)), '--memory', '4M', '--stats', stats, ...args], options);
  try {
    return { ...outcome, stats: JSON.parse(readFileSync(stats, 'utf8')) as Stats };
  } catch {
    return assert.fail(`status ${outcome.status}: ${outcome.stderr}`);
  }
};

describe('run: how a guest ends', () => {
  it("isa-debug-exit value v gives (v << 1) | 1 modulo 256, and the console is the guest's", () => {
    const ended = run([print('hello\r\n'), debugPrint('!'), exitWith(0)]);
    assert.equal(ended.stdout, 'hello\r\n!');
    assert.equal(ended.status, 1);
    assert.deepEqual(ended.stats.exit, { reason: 'debug-exit', code: 1 });
    assert.equal(run([exitWith(0x10)]).status, 33);
    assert.equal(run([exitWith(0xff)]).status, 255);
  });

  it('halted for ever: 0, and says so', () => {
    const ended = run([haltForEver]);
    assert.deepEqual([ended.status, ended.stats.exit.reason], [0, 'halted-forever']);
    assert.match(ended.stderr, /halted/);
  });

  it('a triple fault: 126, and names the exceptions', () => {
    const ended = run([tripleFault]);
    assert.deepEqual([ended.status, ended.stats.exit.reason], [126, 'triple-fault']);
    assert.match(ended.stderr, /#BP|#GP|#DF/);
  });

  it('at the limit of instructions: 124, exactly', () => {
    const ended = run([spinForEver], ['--max-instructions', '12345']);
    assert.deepEqual([ended.status, ended.stats.exit.reason, ended.stats.instructions], [124, 'limit', 12345]);
  });

  it('a reset stops, or boots again', () => {
    assert.equal(run([print('a'), resetMachine, haltForEver]).stats.exit.reason, 'reset');
    const again = run([print('a'), resetMachine, spinForEver], ['--on-reset', 'reboot', '--max-instructions', '100']);
    assert.match(again.stdout, /^aaa+$/);
    assert.equal(again.status, 124);
  });

  it('--until: 0 as soon as the text is printed', () => {
    const ended = run([print('one two three'), spinForEver], ['--until', 'two']);
    assert.deepEqual([ended.status, ended.stdout, ended.stats.exit.reason], [0, 'one two', 'until']);
    assert.equal(run([print('one two three'), spinForEver], ['--until', 'two', '--pace', 'realtime']).stats.digest, ended.stats.digest);
  });
});

describe('run: input', () => {
  it('a piped script reaches the guest whole, however long', () => {
    const script = `${'0123456789'.repeat(50)}q`;
    const ended = run([echoUntilQ, exitWith(0)], [], { input: script });
    assert.equal(ended.stdout, script);
    assert.equal(ended.status, 1);
  });

  it('is the same run twice, and whatever the pace', () => {
    const digests = [[], [], ['--pace', 'realtime']].map((args) => run([echoUntilQ, exitWith(0)], args, { input: 'abcq' }).stats.digest);
    assert.equal(new Set(digests).size, 1);
  });

  it('no standard input is an empty script', () => {
    assert.equal(run([exitWith(1)], [], { stdin: 'ignore' }).status, 3);
  });

  it('a script that does not end is waited for, and that is said', async () => {
    const child = spawn(process.execPath, [builtCli(), 'run', file('echo.elf', image(echoUntilQ, exitWith(0))), '--memory', '4M']);
    const said = await new Promise<string>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => chunk.includes('script') && resolve(chunk.toString()));
    });
    assert.match(said, /waiting for its end before the guest starts/);
    child.stdin.end('q');
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 1);
  });

  it('recorded and replayed is the same run', () => {
    const log = folder.path('input.log');
    const recorded = run([echoUntilQ, exitWith(0)], ['--record', log], { input: 'typed q' });
    const replayed = run([echoUntilQ, exitWith(0)], ['--replay', log], { input: 'something else' });
    assert.equal(replayed.stdout, 'typed q');
    assert.equal(replayed.stats.digest, recorded.stats.digest);
  });
});

describe('run: files', () => {
  const pieces = [print('before'), spin(2000), print('after'), echoUntilQ, exitWith(5)];

  it('saved at a position and restored in a new process, it ends the same', () => {
    const snapshots = ['77', '4000'].map((position) => ({ position, path: folder.path(`at-${position}`) }));
    const whole = run(
      pieces,
      snapshots.flatMap(({ position, path }) => ['--save-at', `${position}=${path}`]),
      { input: 'xyq' },
    );
    assert.deepEqual(run(pieces, [], { input: 'xyq' }).stats.digest, whole.stats.digest);
    for (const { path } of snapshots) {
      const rest = run(pieces, ['--from', path]);
      assert.ok(whole.stdout.endsWith(rest.stdout), rest.stdout);
      assert.deepEqual({ ...rest.stats, process: 0 }, { ...whole.stats, process: 0 });
    }
  });

  it('a position that is never reached is said, and leaves no file', () => {
    const path = folder.path('never');
    const ended = run([exitWith(0)], ['--save-at', `100=${path}`]);
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /nothing was saved at 0:100/);
    assert.ok(!existsSync(path));
  });

  it('statistics: exits with their cost, and times that add up', () => {
    const { stats } = run([print('ab'), hypercall(1), exitWith(0)]);
    assert.equal(stats.exits.io?.count, 3);
    assert.equal(stats.exits.vmcall?.count, 1);
    assert.ok(stats.exits.io.virtualNs > 0);
    const [vcpu] = stats.vcpus;
    assert.equal(vcpu!.runningNs + vcpu!.runnableNs + vcpu!.blockedNs + vcpu!.offlineNs, stats.virtualNs);
    assert.match(stats.digest, /^[0-9a-f]{32}$/);
    assert.ok(stats.process.cpuSeconds > 0);
  });

  it('a trace holds every exit and changes nothing', () => {
    const path = folder.path('trace.json');
    const code = [print('x'.repeat(300)), hypercall(5, 0, 0), exitWith(0)];
    const traced = run(code, ['--trace', path]);
    assert.equal(traced.stats.digest, run(code).stats.digest);
    const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: { ph: string; name: string; cat: string }[] };
    assert.equal(traceEvents.filter(({ ph, name }) => ph === 'X' && name === 'io').length, 301);
    assert.equal(traceEvents.filter(({ ph, name }) => ph === 'X' && name === 'kvm: KICK_CPU').length, 1);
    assert.equal(traceEvents.filter(({ cat }) => cat === 'console-output').length, 300);
  });
});

describe('run: mistakes', () => {
  const mistake = (args: string[], expected: RegExp) => {
    const ended = cli(args);
    assert.equal(ended.status, 2, ended.stderr);
    assert.match(ended.stderr, expected);
    assert.equal(ended.stderr.split('\n').length, 2, ended.stderr);
    assert.equal(ended.stdout, '');
  };
  const good = () => file('good.elf', image(exitWith(0)));

  it('an image that is not there, no ELF, cut, too large', () => {
    mistake(['run', folder.path('none.elf')], /cannot read the image .*none\.elf: there is no such file/);
    mistake(['run', file('text', new TextEncoder().encode('hello'))], /text/);
    mistake(['run', file('cut.elf', image(exitWith(0)).slice(0, 100))], /cut\.elf/);
    mistake(['run', file('big.elf', image(new Array<number>(2 << 20).fill(0x90))), '--memory', '1M'], /big\.elf|memory/);
  });

  it('options, commands and files', () => {
    mistake(['run', good(), '--vcpu', '2'], /did you mean "--vcpus"/);
    mistake(['rum', good()], /no command "rum"; did you mean "run"/);
    mistake(['run', good(), '--trace', folder.path('no/such/folder/t.json')], /cannot write the trace/);
    mistake(['run', good(), '--module', folder.path('nothing')], /cannot read the module/);
    mistake(['run', good(), '--from', good()], /snapshot/);
    mistake(['run', good(), '--replay', good()], /no input log/);
    mistake(['run', good(), '--neighbour', 'duty=1,absolute'], /leave nothing/);
  });

  it('help is no mistake', () => {
    for (const args of [['--help'], ['run', '--help'], ['dap', '--help']]) {
      const shown = cli(args);
      assert.equal(shown.status, 0);
      assert.match(shown.stdout, /hyperscope/);
    }
    assert.match(cli(['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('--self-check', () => {
  it('prints the runtime and a speed', () => {
    const shown = cli(['--self-check']);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /Node\.js: +\d+\.\d+\.\d+ on /);
    assert.match(shown.stdout, /speed: +\d+\.\d million guest instructions a second/);
  });
});
