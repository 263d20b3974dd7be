// KVM's interface from inside a guest: instructions that reach it, registers that it answers in, faults where it refuses.
import assert from 'node:assert/strict';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import type { ExitInfo } from '../../../src/machine/control/types';
import { exitWith, haltForEver, image } from '../../cli/guest-code';

const le32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
const movEax = (value: number): number[] => [0xb8, ...le32(value)];
const movEcx = (value: number): number[] => [0xb9, ...le32(value)];
const movEdx = (value: number): number[] => [0xba, ...le32(value)];
/** Bytes of EAX, low first, to the debug console. */
const sayEax = [0, 1, 2, 3].flatMap(() => [0xe6, 0xe9, 0xc1, 0xe8, 0x08]);
const say = (...load: number[]): number[] => [...load, ...sayEax];
const CPUID = [0x0f, 0xa2];
const WRMSR = [0x0f, 0x30];
const RDMSR = [0x0f, 0x32];
const VMCALL = [0x0f, 0x01, 0xc1];
const VMMCALL = [0x0f, 0x01, 0xd9];
const RDTSC = [0x0f, 0x31];
const fromEbx = [0x89, 0xd8];
const fromEcx = [0x89, 0xc8];
const fromEdx = [0x89, 0xd0];
const fromMemory = (gpa: number): number[] => [0xa1, ...le32(gpa)];

function run(pieces: readonly number[][], hypervisor: 'kvm' | 'none' = 'kvm'): { words: number[]; exit: ExitInfo } {
  const memory = 4 << 20;
  const core = new ControlCore(
    {
      pcpus: 1,
      neighbours: [],
      seed: 1,
      maxInstructions: 100_000,
      traceCapacity: 1024,
      sharedMemory: false,
      vms: [
        {
          ...{
            name: 'vm0',
            image: { path: 'guest', bytes: image(...pieces, exitWith(0), haltForEver) },
            boot: 'pvh',
            modules: [],
            append: '',
          },
          ...{ memory, maxMemory: memory, vcpus: 1, maxVcpus: 1, hypervisor, model: 'hw', cpu: 'max', weight: 1024 },
          ...{ onReset: 'stop', rtcBaseUnixSeconds: 1_700_000_000 },
        },
      ],
    },
    defaultParts(),
  );
  const bytes: number[] = [];
  core.onEvent((event) => {
    if (event.kind === 'console' && event.stream === 'debug') bytes.push(...event.bytes);
  });
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.resume();
  while (core.advance(1_000_000, Number.MAX_SAFE_INTEGER) === 'again');
  const view = new DataView(Uint8Array.from(bytes).buffer);
  return {
    words: Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * 4, true)),
    exit: core.host.exit ?? assert.fail('it did not end'),
  };
}

describe("KVM's interface from inside a guest", () => {
  it('shows itself by CPUID', () => {
    const registers = [[], fromEbx, fromEcx, fromEdx].map((move) => say(...movEax(0x4000_0000), ...CPUID, ...move));
    const { words } = run([...registers, say(...movEax(0x4000_0001), ...CPUID)]);
    assert.deepEqual(words, [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d, 0x0100_3aeb]);
    const hypervisorBit = say(...movEax(1), 0x31, 0xc9, ...CPUID, ...fromEcx);
    assert.equal(run([hypervisorBit]).words[0]! >>> 31, 1);
    assert.equal(run([hypervisorBit], 'none').words[0]! >>> 31, 0);
  });

  it('takes vmcall and vmmcall, and answers in EAX', () => {
    const { words } = run([
      say(...movEax(1), ...VMCALL),
      say(...movEax(1), ...VMMCALL),
      say(...movEax(77), ...VMCALL),
      say(...movEax(12), ...VMMCALL),
    ]);
    assert.deepEqual(words, [0, 0, -1000 >>> 0, -1000 >>> 0]);
  });

  it('is not there without the interface: #UD', () => {
    const { exit } = run([[...movEax(1), ...VMCALL]], 'none');
    assert.equal(exit.reason, 'triple-fault');
    assert.match(exit.text, /#UD/);
  });

  it('refuses the MSRs of refused features with #GP', () => {
    for (const instruction of [WRMSR, RDMSR]) {
      const { exit } = run([[...movEax(0), ...movEdx(0), ...movEcx(0x4b56_4d02), ...instruction]]);
      assert.equal(exit.reason, 'triple-fault');
      assert.match(exit.text, /#GP/);
    }
  });

  it('keeps a clock page by which the TSC is virtual time', () => {
    const page = 0x20_0000;
    const setUp = [...movEax(page + 1), ...movEdx(0), ...movEcx(0x4b56_4d01), ...WRMSR];
    const fields = [0, 8, 12, 16, 24, 28].map((offset) => say(...fromMemory(page + offset)));
    const { words } = run([setUp, ...fields, say(...RDTSC)]);
    const [version, tsc, tscHigh, system, mul, shiftAndFlags, now] = words as [number, number, number, number, number, number, number];
    assert.equal(version, 2);
    assert.equal(tscHigh, 0);
    assert.equal(system, tsc / 2, 'virtual time 0 is TSC 0');
    assert.deepEqual([mul, shiftAndFlags], [2 ** 31, 0x100]);
    assert.ok(now > tsc);
  });

  it('gives the wall clock of power-on', () => {
    const area = 0x20_0100;
    const { words } = run([
      [...movEax(area), ...movEdx(0), ...movEcx(0x4b56_4d00), ...WRMSR],
      ...[0, 4, 8].map((offset) => say(...fromMemory(area + offset))),
    ]);
    assert.deepEqual(words, [2, 1_700_000_000, 0]);
  });
});
