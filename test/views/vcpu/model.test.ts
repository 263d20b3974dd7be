import assert from 'node:assert/strict';
import type { RegistersAnswer } from '../../../src/protocol/requests';
import { formatRegister, groupsView, initialState, parseTyped, summary } from '../../../src/views/vcpu/model';

const answer: RegistersAnswer = {
  vcpu: 0,
  mode: 'long64',
  cpl: 0,
  activity: 'running',
  groups: [
    {
      name: 'General',
      registers: [
        { name: 'rax', value: '0xffffffffffffffff', width: 64, text: '', changed: true },
        { name: 'rip', value: '0x100000', width: 64, text: 'start', changed: false },
      ],
    },
    { name: 'SSE', registers: [{ name: 'xmm0', value: '0x1', width: 128, text: '', changed: false }] },
  ],
};

describe('vCPU panel model', () => {
  it('prints hexadecimal in the full width of the register', () => {
    assert.equal(formatRegister({ value: '0x80001000', width: 64 }, 'hex'), '00000000 80001000');
    assert.equal(formatRegister({ value: '0x8', width: 16 }, 'hex'), '0008');
    assert.equal(formatRegister({ value: '0x1', width: 128 }, 'hex'), '00000000 00000000 00000000 00000001');
  });
  it('prints unsigned and signed decimal', () => {
    assert.equal(formatRegister({ value: '0xffffffffffffffff', width: 64 }, 'unsigned'), '18446744073709551615');
    assert.equal(formatRegister({ value: '0xffffffffffffffff', width: 64 }, 'signed'), '-1');
  });
  it('filters by name and by decoded text, and opens what matches', () => {
    const view = groupsView(answer, { ...initialState, filter: 'START', collapsed: ['General'] });
    assert.deepEqual(
      view.map((group) => [group.name, group.collapsed, group.registers.map(({ name }) => name)]),
      [['General', false, ['rip']]],
    );
  });
  it('marks changed registers and edits none wider than 64 bits', () => {
    const [general, sse] = groupsView(answer, initialState);
    assert.deepEqual(
      general?.registers.map(({ changed, editable }) => [changed, editable]),
      [
        [true, true],
        [false, true],
      ],
    );
    assert.equal(sse?.registers[0]?.editable, false);
  });
  it('reads typed numbers as they are shown', () => {
    assert.equal(parseTyped('00000000 80001000', 'hex'), '0x0000000080001000');
    assert.equal(parseTyped('0xFF_00', 'unsigned'), '0xff00');
    assert.equal(parseTyped('-12', 'signed'), '-12');
    assert.equal(parseTyped('12g', 'hex'), undefined);
    assert.equal(parseTyped('ff', 'unsigned'), undefined);
  });
  it('sums up the vCPU', () => assert.equal(summary(answer), 'long64, CPL 0, running'));
});
