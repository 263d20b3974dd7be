// CPUID leaves (SDM vol 2 "CPUID").
import assert from 'node:assert/strict';
import { CPUID_ROWS, type CpuidConfig, coreIdBits, cpuidLeaf } from '../../src/x86/cpuid';
import { dynamicCpuid } from '../../src/x86/cpuid-dynamic';
import { FEATURES } from '../../src/x86/models/features.rows';
import { CPU_MODEL_NAMES, parseCpuModel } from '../../src/x86/models/parse-model';
import { Cr4 } from '../../src/x86/system/bits';
import { FakeCpu } from './system/fake-cpu';

const configOf = (text: string): CpuidConfig => ({ model: parseCpuModel(text, false), vcpus: 3, apicId: 2, hypervisor: true });
const config = configOf('max');
const textOf = (...registers: number[]): string => {
  const bytes = Buffer.alloc(registers.length * 4);
  for (const [i, value] of registers.entries()) bytes.writeUInt32LE(value, i * 4);
  return bytes.toString().replaceAll('\0', '');
};

describe('CPUID', () => {
  it('says who it is', () => {
    const { eax, ebx, ecx, edx } = cpuidLeaf(config, 0, 0);
    assert.equal(textOf(ebx, edx, ecx), 'GenuineIntel');
    assert.equal(eax, 0x1f);
    const brand = [2, 3, 4].map((n) => cpuidLeaf(config, 0x8000_0000 + n, 0)).flatMap((r) => [r.eax, r.ebx, r.ecx, r.edx]);
    assert.equal(textOf(...brand), 'Hyperscope Virtual CPU @ 2.00GHz');
    const amd = cpuidLeaf(configOf('max,vendor=AuthenticAMD'), 0, 0);
    assert.equal(textOf(amd.ebx, amd.edx, amd.ecx), 'AuthenticAMD');
  });

  for (const name of CPU_MODEL_NAMES)
    it(`feature bits are those of the model: ${name}`, () => {
      const each = configOf(name);
      const leaf1 = cpuidLeaf(each, 1, 0);
      assert.equal((leaf1.ecx >>> 31) & 1, 1);
      assert.equal(leaf1.ebx >>> 24, 2);
      for (const row of FEATURES) {
        if (row.bit < 0 || row.leaf === 0xd) continue;
        const value = cpuidLeaf(each, row.leaf, row.subleaf)[row.register];
        assert.equal((value >>> row.bit) & 1, each.model.has(row.name) ? 1 : 0, row.name);
      }
    });

  it('crystal and TSC agree: 25 MHz * 80 = 2 GHz', () => {
    const { eax, ebx, ecx } = cpuidLeaf(config, 0x15, 0);
    assert.equal((ecx * ebx) / eax, 2_000_000_000);
  });

  it('topology by number of vCPUs', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 16].map(coreIdBits), [0, 1, 2, 2, 3, 4]);
    for (const leaf of [0xb, 0x1f]) {
      assert.deepEqual(cpuidLeaf(config, leaf, 1), { eax: 2, ebx: 3, ecx: 0x201, edx: 2 });
      assert.deepEqual(cpuidLeaf(config, leaf, 2), { eax: 0, ebx: 0, ecx: 2, edx: 2 });
    }
    assert.equal(cpuidLeaf(config, 4, 4).eax, 0);
  });

  it('beyond the largest leaf', () => {
    assert.deepEqual(cpuidLeaf(config, 0x100, 1), cpuidLeaf(config, 0x1f, 1));
    assert.equal(cpuidLeaf(config, 0x8000_1000, 0).eax, 0);
    assert.equal(new Set(CPUID_ROWS.map((row) => row.leaf)).size, CPUID_ROWS.length);
  });

  it('OSXSAVE, OSPKE, APIC and MONITOR follow the state', () => {
    const cpu = new FakeCpu();
    const all = { eax: 0, ebx: 0, ecx: 8, edx: 0x200 };
    assert.deepEqual(dynamicCpuid(cpu, 1, all), all);
    assert.deepEqual(dynamicCpuid(cpu, 7, all), all);
    cpu.state.setU64('cr4', Cr4.OSXSAVE | Cr4.PKE);
    assert.equal(dynamicCpuid(cpu, 1, all).ecx, 0x0800_0008);
    assert.equal(dynamicCpuid(cpu, 7, all).ecx, 0x18);
    cpu.host.readMsr = () => assert.fail('CPUID is no RDMSR');
    cpu.host.apicEnabled = () => false;
    assert.equal(dynamicCpuid(cpu, 1, all).edx, 0);
    cpu.state.setU64('miscEnable', 1n);
    assert.equal(dynamicCpuid(cpu, 1, all).ecx, 0x0800_0000);
  });
});
