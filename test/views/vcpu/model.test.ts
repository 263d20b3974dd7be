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
        { name: 'rax', value: '0xffffffffffffffff', width: 64, text: '', changed: true, before: '0x10', readOnly: false },
        { name: 'rip', value: '0x100000', width: 64, text: 'start', changed: false, readOnly: false },
      ],
    },
    { name: 'SSE', registers: [{ name: 'xmm0', value: '0x1', width: 128, text: '', changed: false, readOnly: true }] },
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
  it('marks changed registers with what they were, and can show those alone', () => {
    const [general, sse] = groupsView(answer, initialState);
    assert.deepEqual(
      general?.registers.map(({ changed, before, editable }) => [changed, before, editable]),
      [
        [true, 'was 00000000 00000010', true],
        [false, '', true],
      ],
    );
    assert.equal(sse?.registers[0]?.editable, false);
    const changed = groupsView(answer, { ...initialState, onlyChanged: true, collapsed: ['General'] });
    assert.deepEqual(
      changed.map(({ name, collapsed, registers }) => [name, collapsed, registers.map((each) => each.name)]),
      [['General', false, ['rax']]],
    );
  });
  it('shows bits and fields, and finds a register by the name of a bit', () => {
    const bits = [
      { name: 'ZF', low: 6, high: 6, value: 1 },
      { name: 'IOPL', low: 12, high: 13, value: 3 },
    ];
    const rflags = { name: 'rflags', value: '0x3046', width: 64, text: 'ZF IOPL=3', changed: false, bits, readOnly: false };
    const [group] = groupsView({ ...answer, groups: [{ name: 'Flags', registers: [rflags] }] }, { ...initialState, filter: 'iopl' });
    assert.deepEqual(
      group?.registers[0]?.bits.map(({ path, width, title }) => [path, width, title]),
      [
        ['rflags.ZF', 1, 'rflags.ZF, bit 6: 1'],
        ['rflags.IOPL', 2, 'rflags.IOPL, bits 13:12: 3'],
      ],
    );
  });
  it('reads typed numbers as they are shown, and leaves expressions to the adapter', () => {
    assert.equal(parseTyped('00000000 80001000', 'hex'), '0x0000000080001000');
    assert.equal(parseTyped('0xFF_00', 'unsigned'), '0xff00');
    assert.equal(parseTyped('-12', 'signed'), '-12');
    assert.equal(parseTyped(' rsp + 8 ', 'hex'), 'rsp + 8');
    assert.equal(parseTyped('&main', 'unsigned'), '&main');
    assert.equal(parseTyped('  ', 'unsigned'), undefined);
  });
  it('sums up the vCPU', () => assert.equal(summary(answer), 'long64, CPL 0, running'));
});
