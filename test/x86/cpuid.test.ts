// CPUID leaves (SDM vol 2 "CPUID").
import assert from 'node:assert/strict';
import { CPUID_ROWS, coreIdBits, cpuidLeaf } from '../../src/x86/cpuid';
import { CPUID_FEATURES, isOffered } from '../../src/x86/cpuid-features.rows';

const config = { vcpus: 3, apicId: 2, hypervisor: true };

describe('CPUID', () => {
  it('says who it is', () => {
    const { eax, ebx, ecx, edx } = cpuidLeaf(config, 0, 0);
    const bytes = Buffer.alloc(12);
    for (const [i, value] of [ebx, edx, ecx].entries()) bytes.writeUInt32LE(value, i * 4);
    assert.equal(bytes.toString(), 'GenuineIntel');
    assert.equal(eax, 0x16);
  });

  it('feature bits are those of the table', () => {
    const leaf1 = cpuidLeaf(config, 1, 0);
    assert.equal((leaf1.ecx >>> 31) & 1, 1);
    assert.equal(leaf1.ebx >>> 24, 2);
    for (const row of CPUID_FEATURES) {
      const value = cpuidLeaf(config, row.leaf, row.subleaf)[row.register];
      assert.equal((value >>> row.bit) & 1, row.offered ? 1 : 0, row.name);
    }
    assert.ok(isOffered('SYSCALL'));
    assert.equal(new Set(CPUID_FEATURES.map((row) => `${row.leaf}.${row.register}.${row.bit}`)).size, CPUID_FEATURES.length);
  });

  it('crystal and TSC agree: 25 MHz * 80 = 2 GHz', () => {
    const { eax, ebx, ecx } = cpuidLeaf(config, 0x15, 0);
    assert.equal((ecx * ebx) / eax, 2_000_000_000);
  });

  it('topology by number of vCPUs', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 16].map(coreIdBits), [0, 1, 2, 2, 3, 4]);
    assert.deepEqual(cpuidLeaf(config, 0xb, 1), { eax: 2, ebx: 3, ecx: 0x201, edx: 2 });
    assert.deepEqual(cpuidLeaf(config, 0xb, 2), { eax: 0, ebx: 0, ecx: 2, edx: 2 });
    assert.equal(cpuidLeaf(config, 4, 4).eax, 0);
  });

  it('beyond the largest leaf', () => {
    assert.deepEqual(cpuidLeaf(config, 0x100, 0), cpuidLeaf(config, 0x16, 0));
    assert.equal(cpuidLeaf(config, 0x8000_1000, 0).eax, 0);
    assert.equal(new Set(CPUID_ROWS.map((row) => row.leaf)).size, CPUID_ROWS.length);
  });
});
