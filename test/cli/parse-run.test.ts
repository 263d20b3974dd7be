// The options of `run`: every one, its spellings, and one clear message for each mistake.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { UserError } from '../../src/base/user-error';
import { optionsHelp } from '../../src/cli/help';
import { RUN_OPTIONS } from '../../src/cli/run/options';
import { parseRun } from '../../src/cli/run/parse-run';
import { defaultRunOptions } from '../../src/cli/run/run-options';

const parse = (...argv: string[]) => parseRun(['kernel.elf', ...argv]);
const message = (...argv: string[]): string => {
  try {
    parseRun(argv);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }
  return assert.fail(`accepted: ${argv.join(' ')}`);
};

const TWO_VMS = join(__dirname, 'two-vms.json');

/** One value of each option and what becomes of it. */
const EXAMPLES: Record<string, [string[], object]> = {
  boot: [['pvh'], { boot: 'pvh' }],
  initrd: [['i.cpio'], { initrd: 'i.cpio' }],
  module: [
    ['a.img', 'b.img=x y=z'],
    {
      modules: [
        { path: 'a.img', args: '' },
        { path: 'b.img', args: 'x y=z' },
      ],
    },
  ],
  append: [['console=ttyS0 quiet'], { append: 'console=ttyS0 quiet' }],
  memory: [['64M'], { memory: 64 << 20 }],
  'max-memory': [['1G'], { maxMemory: 2 ** 30 }],
  vcpus: [['4'], { vcpus: 4 }],
  'max-vcpus': [['8'], { maxVcpus: 8 }],
  pcpus: [['3'], { pcpus: 3 }],
  neighbour: [
    ['duty=0.5', 'duty=1,period=500us,pcpu=0,absolute'],
    {
      neighbours: [
        { duty: 0.5, absolute: false, periodNs: 10_000_000, pcpu: 0, weight: 1024 },
        { duty: 1, absolute: true, periodNs: 500_000, pcpu: 0, weight: 1024 },
      ],
    },
  ],
  guest: [["k.elf --append 'a b'", 'l.elf'], { guest: [{ words: ['k.elf', '--append', 'a b'] }, { words: ['l.elf'] }] }],
  guests: [[TWO_VMS], { guest: [{ file: TWO_VMS }] }],
  name: [['web'], { name: 'web' }],
  weight: [['256'], { weight: 256 }],
  cap: [['150'], { cap: 150 }],
  'vcpu-cap': [['12.5%'], { vcpuCap: 12.5 }],
  affinity: [['0,2-3'], { affinity: [0, 2, 3] }],
  serial: [['out.txt'], { serial: 'out.txt' }],
  'console-of': [['vm0'], { consoleOf: 'vm0' }],
  policy: [['round-robin'], { policy: 'round-robin' }],
  hypervisor: [['none'], { hypervisor: 'none' }],
  model: [['trap'], { model: 'trap' }],
  costs: [['bt-2006'], { costs: 'bt-2006' }],
  cpu: [['x86-64-v2,-popcnt'], { cpu: 'x86-64-v2,-popcnt' }],
  pace: [['realtime'], { pace: 'realtime' }],
  tier: [['auto'], { tier: 'auto' }],
  'rtc-base': [['2024-02-29T12:00:00Z'], { rtcBase: 1_709_208_000 }],
  seed: [['0x10'], { seed: 16 }],
  record: [['in.log'], { record: 'in.log' }],
  replay: [['in.log'], { replay: 'in.log' }],
  'save-at': [
    ['0:5=b=c', '1_000=a.snap'],
    {
      saveAt: [
        { at: { vcpu: 0, retired: 5 }, path: 'b=c' },
        { at: { vcpu: 0, retired: 1000 }, path: 'a.snap' },
      ],
    },
  ],
  machine: [['pc'], { machine: 'pc' }],
  'console-device': [['vga'], { consoleDevice: 'vga' }],
  'fw-cfg': [
    ['opt/a,file=b=c', 'name=opt/d,string='],
    {
      fwCfg: [
        { name: 'opt/a', source: { file: 'b=c' } },
        { name: 'opt/d', source: { string: '' } },
      ],
    },
  ],
  'lost-ticks': [['catch-up'], { lostTicks: 'catch-up' }],
  history: [['64M'], { history: 64 << 20 }],
  from: [['a.snap'], { from: 'a.snap' }],
  'on-reset': [['reboot'], { onReset: 'reboot' }],
  'max-instructions': [['1000000'], { maxInstructions: 1_000_000 }],
  until: [['login:'], { until: 'login:' }],
  trace: [['t.json'], { trace: 't.json' }],
  stats: [['s.json'], { stats: 's.json' }],
  regions: [['r.txt'], { regions: 'r.txt' }],
  profile: [['p.cpuprofile'], { profile: 'p.cpuprofile' }],
  'profile-every': [['250us'], { profileEvery: { every: 250_000, unit: 'ns' } }],
  symbols: [['vmlinux', 'x.debug'], { symbols: ['vmlinux', 'x.debug'] }],
};

describe('run: options', () => {
  for (const row of RUN_OPTIONS.filter(({ value }) => value !== undefined)) {
    it(`--${row.name} ${row.value}`, () => {
      const [texts, expected] = EXAMPLES[row.name]!;
      const apart = texts.flatMap((text) => [`--${row.name}`, text]);
      const joined = texts.map((text) => `--${row.name}=${text}`);
      for (const argv of [apart, joined]) assert.deepEqual(parse(...argv), { ...defaultRunOptions(), image: 'kernel.elf', ...expected });
      assert.match(message('kernel.elf', `--${row.name}`), /needs a value/);
      if (!row.many && row.name !== 'append') assert.match(message('kernel.elf', ...apart, ...apart), /given twice/);
    });
  }

  it('--fast-boot', () => {
    assert.equal(parse('--fast-boot').fastBoot, true);
    assert.equal(parse().fastBoot, false);
  });

  it('takes the image wherever it stands', () => {
    assert.equal(parseRun(['--vcpus', '2', 'k.elf', '--seed', '3']).image, 'k.elf');
    assert.equal(parseRun(['--vcpus', '2', '--', '--odd.elf']).image, '--odd.elf');
  });

  it('understands times', () => {
    for (const text of ['2024-02-29T12:00:00Z', '2024-02-29 12:00', '2024-02-29T14:00:00+02:00', '1709208000'])
      assert.equal(parse('--rtc-base', text).rtcBase, 1_709_208_000, text);
    assert.equal(parse('--rtc-base', '2024-02-29').rtcBase, 1_709_164_800);
  });

  it('names another vCPU in --save-at', () => {
    assert.deepEqual(parse('--vcpus', '2', '--save-at', '1:77=x').saveAt, [{ at: { vcpu: 1, retired: 77 }, path: 'x' }]);
  });
});

describe('run: mistakes', () => {
  const cases: [string[], RegExp][] = [
    [[], /the image .* is missing/],
    [['a.elf', 'b.elf'], /"b.elf" is one argument too many/],
    [['a.elf', '--vcpu', '2'], /no option "--vcpu"; did you mean "--vcpus"\?/],
    [['a.elf', '--neighbor=duty=0.5'], /did you mean "--neighbour"\?/],
    [['a.elf', '-memory', '1G'], /did you mean "--memory"\?/],
    [['a.elf', '--frobnicate'], /no option "--frobnicate"; see "hyperscope run --help"/],
    [['a.elf', '--help=1'], /takes no value/],
    [['a.elf', '--vcpus', '0'], /"--vcpus" must be a whole number from 1 to 16, but it is "0"/],
    [['a.elf', '--vcpus', 'two'], /but it is "two"/],
    [['a.elf', '--memory', 'lots'], /"--memory" must be a size such as 256M/],
    [['a.elf', '--memory', '0'], /must be a size/],
    [['a.elf', '--memory', '512K'], /at least 1M/],
    [['a.elf', '--memory', '1048577'], /whole pages/],
    [['a.elf', '--memory', '4G'], /more than one guest can have: at most 3584M/],
    [['a.elf', '--memory', '64M', '--max-memory', '32M'], /less than "--memory"/],
    [['a.elf', '--vcpus', '3', '--max-vcpus', '2'], /less than "--vcpus"/],
    [['a.elf', '--boot', 'uefi'], /"--boot" must be "auto", "pvh", "linux", "linux32", "multiboot" or "multiboot2", but it is "uefi"/],
    [['a.elf', '--machine', 'q35'], /"--machine" must be "minimal" or "pc"/],
    [['a.elf', '--fw-cfg', 'opt/a'], /"--fw-cfg" must be NAME,file=FILE/],
    [['a.elf', '--neighbour', 'duty=2'], /duty from 0 to 1/],
    [['a.elf', '--neighbour', 'period=10ms'], /"--neighbour" must be duty=/],
    [['a.elf', '--neighbour', 'duty=0.5,duty=0.6'], /"--neighbour" must be/],
    [['a.elf', '--neighbour', 'duty=0.5,speed=1'], /"--neighbour" must be/],
    [['a.elf', '--neighbour', 'duty=0.5,pcpu=1'], /"--pcpus" is 1: the last is 0/],
    [['a.elf', '--save-at', '100'], /"--save-at" must be/],
    [['a.elf', '--save-at', '1:100=x'], /names vCPU 1/],
    [['a.elf', '--vcpus', '2', '--save-at', '1:100=x', '--save-at', '0:100=y'], /the same vCPU/],
    [['a.elf', '--rtc-base', 'yesterday'], /"--rtc-base" must be a time/],
    [['a.elf', '--max-instructions', '0'], /above 0/],
    [['a.elf', '--record', 'a', '--replay', 'b'], /not both/],
    [['a.elf', '--cpu', 'max,+popcn'], /there is no CPU feature "popcn"; did you mean "popcnt"\?/],
    [['a.elf', '--until', ''], /"--until" must be/],
  ];
  for (const [argv, expected] of cases) it(argv.join(' ') || '(nothing)', () => assert.match(message(...argv), expected));
});

describe('run: help', () => {
  it('shows every option', () => {
    const help = optionsHelp('hyperscope run IMAGE', RUN_OPTIONS);
    for (const row of RUN_OPTIONS) assert.match(help, new RegExp(`--${row.name}\\b`));
  });
});
