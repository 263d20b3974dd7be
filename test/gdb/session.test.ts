// The server's answers, packet by packet, on a real guest in this process.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../support/scratch';
import { ScriptedGdb } from './support/client';
import { KVM_C, startGuest, type TestGuest } from './support/guest';

// Of samples/kvm-c/kvm-c.elf.
const TRAMPOLINE = 0x8000n;
const hex = (value: bigint) => value.toString(16);
const little = (value: bigint, bytes: number) => {
  const digits = BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(2 * bytes, '0');
  return (digits.match(/../g) ?? []).reverse().join('');
};
const number = (digits: string) => BigInt(`0x${(digits.match(/../g) ?? []).reverse().join('')}`);

interface Register {
  name: string;
  bits: number;
  regnum: string;
}
const registersOf = (xml: string): Register[] =>
  [...xml.matchAll(/<reg name="(\w+)" bitsize="(\d+)" type="[\w]+"(?: group="\w+")? regnum="(\d+)"\/>/g)].map(([, name, bits, regnum]) => ({
    name: name!,
    bits: Number(bits),
    regnum: Number(regnum).toString(16),
  }));

describe('gdb session', () => {
  let machine: TestGuest;
  let gdb: ScriptedGdb;
  let registers: Map<string, Register>;
  beforeEach(async () => {
    machine = await startGuest(KVM_C, '--vcpus', '2', '--memory', '16M');
    gdb = ScriptedGdb.on(machine.guest);
    registers = new Map(registersOf(await gdb.read('features', 'target.xml')).map((each) => [each.name, each]));
  });
  afterEach(async () => {
    gdb.close();
    await machine.guest.control.dispose();
  });
  const get = async (name: string) => number(await gdb.ask(`p${registers.get(name)!.regnum}`));
  const set = (name: string, value: bigint) => {
    const { regnum, bits } = registers.get(name)!;
    return gdb.ask(`P${regnum}=${little(value, bits / 8)}`);
  };
  const address = (name: string) => machine.guest.debugger.symbols.symbolAddress(name) ?? assert.fail(name);
  const runTo = async (place: bigint, kind = 0) => {
    assert.equal(await gdb.ask(`Z${kind},${hex(place)},1`), 'OK');
    const stop = await gdb.ask('vCont;c');
    assert.equal(await gdb.ask(`z${kind},${hex(place)},1`), 'OK');
    return stop;
  };

  it('tells what it can do, and answers what it does not know by nothing', async () => {
    const features = (await gdb.ask('qSupported:multiprocess+;swbreak+;xmlRegisters=i386')).split(';');
    for (const each of ['PacketSize=4000', 'QStartNoAckMode+', 'swbreak+', 'hwbreak+', 'vContSupported+', 'qXfer:features:read+'])
      assert.ok(features.includes(each), each);
    assert.equal(await gdb.ask('vCont?'), 'vCont;c;C;s;S;r');
    for (const unknown of ['vMustReplyEmpty', 'qTStatus', 'qOffsets', 'y', 'Z5,0,1', '_M1,2'])
      assert.equal(await gdb.ask(unknown), '', unknown);
    assert.equal(await gdb.ask('qAttached'), '0');
    assert.equal(await gdb.ask('QStartNoAckMode'), 'OK');
    const { acks } = gdb;
    await gdb.ask('qC');
    assert.equal(gdb.acks, acks);
  });

  it('describes one 64-bit target; "g" holds what gdb knows, in that order', async () => {
    const xml = await gdb.read('features', 'target.xml', 0x100);
    assert.match(xml, /<architecture>i386:x86-64<\/architecture>/);
    for (const name of ['core', 'sse', 'avx', 'segments', 'pkeys']) assert.ok(xml.includes(`"org.gnu.gdb.i386.${name}"`), name);
    const general = registersOf(xml.slice(0, xml.indexOf('org.hyperscope.system')));
    const answer = await gdb.ask('g');
    assert.equal(
      answer.length,
      general.reduce((sum, { bits }) => sum + bits / 4, 0),
    );
    let at = 0;
    for (const { name, bits, regnum } of general) {
      assert.equal(await gdb.ask(`p${regnum}`), answer.slice(at, at + bits / 4), name);
      at += bits / 4;
    }
    assert.match(await gdb.ask('pffff'), /^E\.there is no register/);
    assert.equal(await gdb.ask('qXfer:features:read:other.xml:0,100'), 'E00');
    assert.match(await gdb.read('memory-map'), /<memory type="ram" start="0x0"/);
    assert.equal(await gdb.read('exec-file'), KVM_C);
  });

  it('writes every register, general ones also together', async () => {
    for (const [name, value] of [
      ['rax', 0x1122_3344_5566_7788n],
      ['r15', ~0n],
      ['eflags', 0x46n],
      ['fs_base', 0x7000_0000_0001n],
      ['xmm3', 0x0123_4567_89ab_cdef_0011_2233_4455_6677n],
      ['ymm3h', 0xfedc_ba98_7654_3210_8899_aabb_ccdd_eeffn],
      ['st2', 0x4000_c90f_daa2_2168_c235n],
      ['mxcsr', 0x1fa0n],
      ['cr2', 0x1234n],
      ['k_gs_base', 0x5678n],
      ['pkru', 0x5555_5554n],
      ['ds', 0x10n],
    ] as const) {
      assert.equal(await set(name, value), 'OK', name);
      const bits = registers.get(name)!.bits;
      assert.equal(await get(name), BigInt.asUintN(bits, value), name);
    }
    assert.match(await set('linear_pc', 1n), /^E\.register "linear_pc" cannot be written/);
    assert.match(await set('cpl', 1n), /^E\./);
    assert.match(await set('cs', 0x12345n), /^E\..*16 bits of register "cs"/);
    const all = await gdb.ask('g');
    assert.equal(await gdb.ask(`G${little(0x42n, 8)}${all.slice(16)}`), 'OK');
    assert.equal(await get('rax'), 0x42n);
    assert.equal(await get('r15'), (1n << 64n) - 1n);
  });

  it('x87 tags as FSTENV stores them, counted from the top of the stack', async () => {
    assert.equal(await set('fstat', 0x3000n), 'OK'); // TOP = 6
    assert.equal(await set('ftag', 0x5fffn), 'OK'); // R6 zero, R7 zero … by what they hold
    assert.equal(await set('st0', 0x3fff_8000_0000_0000_0000n), 'OK'); // R6 = 1.0
    assert.equal(await set('st1', 0x7fff_8000_0000_0000_0000n), 'OK'); // R7 = infinity
    assert.equal(await get('ftag'), 0b10_00_11_11_11_11_11_11n);
  });

  it('memory: reads what is there, writes in hexadecimal and binary, tells where nothing is', async () => {
    assert.equal(await gdb.ask('M200000,4:00112233'), 'OK');
    assert.equal(await gdb.ask('m200001,2'), '1122');
    const escaped = Buffer.concat([Buffer.from('X200010,5:'), Buffer.from([0x7d, 0x24, 0x23, 0x2a, 0])]);
    assert.equal(await gdb.ask(escaped), 'OK');
    assert.equal(await gdb.ask('m200010,5'), '7d24232a00');
    assert.equal(await gdb.ask('X200010,0:'), 'OK');
    assert.equal(await gdb.ask('mfffffe,4').then((reply) => reply.length), 4, 'as much as there is');
    assert.equal(await gdb.ask('m70000000,4'), 'E0e');
    assert.equal(await gdb.ask('M70000000,1:00'), 'E0e');
    assert.match(await gdb.ask('M200000,4:0011'), /^E\..*malformed/);
    // Linked high, and paging is off: what is loaded there.
    assert.equal(await gdb.ask(`m${hex(address('kmain'))},8`), await gdb.ask(`m${hex(address('kmain') - 0xffff_ffff_8000_0000n)},8`));
  });

  it('stops at software and hardware breakpoints, steps exactly, stays in a range', async () => {
    const kmain = address('kmain');
    const rip = registers.get('rip')!.regnum;
    const stop = await runTo(kmain);
    assert.match(stop, new RegExp(`^T05.*${rip}:${little(kmain, 8)};thread:1;swbreak:;$`));
    assert.match(await runTo(address('show_memory'), 1), /thread:1;hwbreak:;$/);
    const before = machine.guest.control.core.host.instructions;
    assert.match(await gdb.ask('vCont;s:1;c'), /^T05.*thread:1;$/);
    assert.match(await gdb.ask('s'), /^T05/);
    assert.equal(machine.guest.control.core.host.instructions, before + 2);
    const at = await get('rip');
    // Round and round a loop of a thousand times: "1: dec %ecx; jnz 1b; nop".
    const code = kmain & ~0xfffn;
    assert.equal(await gdb.ask(`M${hex(code)},5:ffc975fc90`), 'OK');
    assert.equal(await set('rcx', 100_000n), 'OK');
    assert.equal(await set('rip', code), 'OK');
    assert.match(await gdb.ask(`vCont;r${hex(code)},${hex(code + 4n)}:1;c`), /^T05/);
    assert.equal(await get('rip'), code + 4n);
    assert.equal((await get('rcx')) & 0xffff_ffffn, 0n);
    assert.equal(await set('rip', at), 'OK');
  });

  it('watchpoints: the stop is behind the instruction that touched the place, at any length', async () => {
    const ticks = address('ticks');
    const value = () => gdb.ask(`m${hex(ticks)},8`);
    await runTo(address('demo_timer'));
    const before = await value();
    assert.equal(await gdb.ask(`Z2,${hex(ticks)},8`), 'OK');
    assert.match(await gdb.ask('vCont;c'), new RegExp(`^T05.*thread:1;watch:${hex(ticks)};$`));
    assert.notEqual(await value(), before);
    assert.equal(await gdb.ask(`z2,${hex(ticks)},8`), 'OK');
    assert.equal(await gdb.ask(`Z3,${hex(ticks)},8`), 'OK');
    assert.match(await gdb.ask('vCont;c'), /thread:1;rwatch:/);
    assert.equal(await gdb.ask(`z3,${hex(ticks)},8`), 'OK');
    assert.equal(await gdb.ask(`Z4,${hex(ticks + 4n)},1`), 'OK');
    assert.match(await gdb.ask('vCont;c'), new RegExp(`thread:1;awatch:${hex(ticks + 4n)};$`));
  });

  it('a step goes over interrupts: their handlers run, the next instruction of the thread is the stop', async () => {
    await runTo(address('demo_timer'));
    const start = await get('rip');
    const ticks = await gdb.ask(`m${hex(address('ticks'))},8`);
    // The whole function, in range steps and calls as gdb's "next" makes them.
    const end = start + 0xd1n;
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 2000);
      assert.match(await gdb.ask(`vCont;r${hex(start)},${hex(end)}:1;c`), /^T05/);
      const sp = await get('rsp');
      const back = number(await gdb.ask(`m${hex(sp)},8`));
      const at = await get('rip');
      if (at >= start && at < end) continue;
      if (back < start || back >= end) break;
      assert.match(await runTo(back), /swbreak/);
    }
    assert.notEqual(await gdb.ask(`m${hex(address('ticks'))},8`), ticks);
    assert.match(machine.console, /timer: 5 interrupts/);
  });

  it('16-bit code: IP is RIP as it is, the breakpoint is at the linear address', async () => {
    const stop = await runTo(TRAMPOLINE);
    assert.match(stop, /^T05.*thread:2;$/, 'not "swbreak": gdb would not know the place by RIP');
    assert.deepEqual([await get('rip'), await get('cs_base'), await get('linear_pc'), await get('cs')], [0n, 0x8000n, 0x8000n, 0x800n]);
    assert.match(await gdb.monitor('code 2'), /vCPU 1, real\n0x8000 +cli\n0x8001 +xor ax, ax\n/);
    assert.match(await gdb.ask('vCont;s:2;c'), /^T05.*thread:2;$/);
    assert.equal(await get('linear_pc'), 0x8001n);
    await runTo(TRAMPOLINE + 0x1bn);
    assert.deepEqual([await get('rip'), await get('cs_base')], [0x801bn, 0n]);
    assert.match(await gdb.monitor('code 1'), /protected32\n0x801b +mov eax, 0x10/);
    assert.match(await gdb.ask('vCont;s:2;c'), /^T05.*thread:2;$/);
    assert.equal(await get('rip'), 0x8020n);
  });

  it('threads are vCPUs', async () => {
    assert.equal(await gdb.ask('qfThreadInfo'), 'm1,2');
    assert.equal(await gdb.ask('qsThreadInfo'), 'l');
    assert.equal(await gdb.ask('qC'), 'QC1');
    assert.match(await gdb.read('threads'), /<thread id="2" name="vCPU 1">wait-for-SIPI, offline, real, CPL 0<\/thread>/);
    assert.equal(Buffer.from(await gdb.ask('qThreadExtraInfo,1'), 'hex').toString(), 'vCPU 0: running, running, protected32, CPL 0');
    assert.equal(await gdb.ask('T2'), 'OK');
    assert.match(await gdb.ask('T3'), /^E\.there is no thread 3/);
    assert.equal(await gdb.ask('Hg2'), 'OK');
    assert.equal(await get('linear_pc'), 0xffff_fff0n);
    assert.equal(await gdb.ask('Hc-1'), 'OK');
    assert.match(await gdb.ask('Hg9'), /^E\./);
    assert.match(await gdb.ask('vCont;c:1'), /^E\.the vCPUs of a guest run together/);
    assert.match(await gdb.ask('vCont;s:9'), /^E\.there is no thread 9/);
  });

  it('an interrupt stops it at once, also while it sleeps; the end is told', async () => {
    gdb.send('vCont;c');
    await new Promise((resolve) => setTimeout(resolve, 50));
    gdb.raw('\x03');
    assert.match(await gdb.reply(), /^T02/);
    assert.match(await gdb.ask('?'), /^T02/);
    await gdb.monitor('input quit');
    assert.equal(await gdb.ask('vCont;c'), 'W01');
    assert.equal(await gdb.ask('?'), 'W01');
    assert.equal(await gdb.ask('vCont;c'), 'W01');
    assert.match(await gdb.ask('P0=0000000000000000'), /^E\.the guest has ended/);
    assert.match(gdb.console, /The guest has ended/);
  });

  it('a triple fault is SIGSEGV with its chain, then the end', async () => {
    await gdb.monitor('input triple');
    assert.match(await gdb.ask('vCont;c'), /^T0b/);
    assert.match(gdb.console, /Triple fault of vCPU 0: #UD at 8:0x[0-9a-f]+, then/);
    assert.equal(await gdb.ask('vCont;C0b:1;c'), 'W7e');
  });

  it('refuses clearly what it cannot do', async () => {
    assert.match(await gdb.ask('vAttach;1'), /^E\.this server serves one guest/);
    assert.match(await gdb.ask(`vRun;${Buffer.from('/bin/ls').toString('hex')}`), /^E\.this server runs .*kvm-c\.elf/);
    // Nothing is before the first instruction.
    for (const back of ['bc', 'bs']) assert.match(await gdb.ask(back), /^T05.*replaylog:begin;$/);
    assert.match(await gdb.ask('vCont;x'), /^E\.the packet "vCont" is malformed/);
    for (const each of ['m', 'mzz,1', 'm0', 'M0,1', 'P', 'p', 'Z0', 'z0,x,1', 'G0', 'qXfer:threads:read::x,1', 'C05;x', 'Hgx']) {
      assert.match(await gdb.ask(each), /^E/, each);
    }
  });

  it('starts anew on "run"; breakpoints are gdb\'s to set again', async () => {
    const first = await get('rip');
    await runTo(address('kmain'));
    assert.equal(await gdb.ask('!'), 'OK');
    assert.match(await gdb.ask('vRun;'), /^T05/);
    assert.equal(machine.killed, 1);
    assert.equal(await get('rip'), first);
    assert.match(await runTo(address('kmain')), /swbreak/);
    gdb.send('R00');
    assert.match(await gdb.ask('?'), /^T05/);
    assert.equal(await get('rip'), first);
  });

  it('lets go: the guest runs on; one gdb at a time', async () => {
    const second = new ScriptedGdb(gdb.server);
    assert.match(await second.ask('?'), /^E\.another gdb is connected/);
    assert.equal(second.pipe.ended, true);
    await gdb.ask(`Z0,${hex(address('kmain'))},1`);
    assert.equal(await gdb.ask('D'), 'OK');
    assert.equal(machine.guest.debugger.isRunning, true);
    gdb.close();
    const third = new ScriptedGdb(gdb.server);
    assert.match(await third.ask('?'), /^T/, 'a gdb that comes later stops it');
    assert.equal(machine.guest.debugger.isRunning, false);
    third.send('k');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(third.pipe.ended, true);
    assert.equal(machine.killed, 1);
  });

  it('a connection that breaks off leaves the guest as it is', async () => {
    gdb.send('vCont;c');
    await new Promise((resolve) => setTimeout(resolve, 20));
    gdb.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(machine.guest.debugger.isRunning, true);
    const next = new ScriptedGdb(gdb.server);
    assert.match(await next.ask('?'), /^T02/);
    next.close();
  });
});

describe('gdb monitor', () => {
  let machine: TestGuest;
  let gdb: ScriptedGdb;
  before(async () => {
    machine = await startGuest(KVM_C, '--vcpus', '2', '--memory', '16M');
    gdb = ScriptedGdb.on(machine.guest);
    const stop = machine.guest.debugger.symbols.symbolAddress('show_steal') ?? 0n;
    await gdb.ask(`Z0,${stop.toString(16)},1`);
    assert.match(await gdb.ask('vCont;c'), /swbreak/);
  });
  after(async () => {
    gdb.close();
    await machine.guest.control.dispose();
  });

  for (const [line, wanted] of [
    ['help', /^monitor help +Show this\.\nmonitor exits/],
    ['', /^monitor help/],
    ['exits', /^\w[\w-]+ +\d+ +[\d.]+ (ns|µs|ms)\n/],
    ['hypercalls 3', /vCPU \d +0x[0-9a-f]+ +\w+\(.*\) = /],
    ['vcpus', /^vCPU 0 .*long64, CPL 0 +0x[0-9a-f]+ +\d+ +show_steal\nvCPU 1 .*\n$/],
    ['time', /^[\d.]+ ms of virtual time \(\d+ ns\), \d+ instructions\n$/],
    ['steal', /^ +running +stolen +blocked +offline +in the hypervisor\nvCPU 0/],
    [
      'walk 0xffffffff80100000',
      /^0xffffffff80100000: paging 4-level, CR3 0x[0-9a-f]+\nPML4E\[511\] .*\n.*\nPDE\[0\].*page +P R\/W.*\nphysical 0x100000, page of 2048 KiB: writable/,
    ],
    ['walk $rip', /physical 0x1/],
    ['pte 0xffffffff80100000', /^PDE\[0\]/],
    ['walk', /^the address is missing/],
    ['walk x', /"x" is no address/],
    ['hypercalls 0', /"0" is no count/],
    ['code 1', /^vCPU 0, long64\n0xffffffff\w+ +<show_steal> +/],
    ['hypercals', /did you mean "hypercalls"\?/],
    ['memory sideways', /is none of "virtual" and "physical"/],
    ['save', /the file is missing/],
    ['save /nowhere/at/all', /cannot write \/nowhere\/at\/all/],
  ] as const) {
    it(`"${line}"`, async () => assert.match(await gdb.monitor(line), wanted));
  }

  it('physical memory', async () => {
    const virtual = await gdb.ask('mffffffff80100000,10');
    assert.equal(await gdb.ask('m7fff000000,10'), 'E0e');
    assert.match(await gdb.monitor('memory physical'), /guest-physical/);
    assert.equal(await gdb.ask('m100000,10'), virtual);
    await gdb.monitor('memory virtual');
  });

  it('saves to a new file, never over one', async () => {
    const path = join(scratchFolder(), 'state');
    assert.match(await gdb.monitor(`save ${path}`), /^\d+ bytes saved/);
    assert.ok(existsSync(path));
    assert.match(await gdb.monitor(`save ${path}`), /there is such a file already/);
  });
});
