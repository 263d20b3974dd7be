// Events of exceptions that the interpreter delivers itself: each is its vCPU's, however many the log has.
import assert from 'node:assert/strict';
import { RECORD_SIZE, RecordField } from '../../src/trace/record-layout';
import { BareMachine } from './bare-machine';

const [CODE, HANDLER, IDT, GDT, STACK] = [0x1_0000, 0x1_1000, 0x1_2000, 0x1_3000, 0x1_6000];
const VCPU = 3;
/** nop; ud2; jmp -5 */
const LOOP = '90 0f0b ebfb';
/** add qword [rsp],2; iretq */
const SKIP = '4883042402 48cf';
const UNDEFINED = 6;
const quad = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

describe('engine: events of exceptions', () => {
  it('are the running vCPU’s', () => {
    const machine = new BareMachine();
    const { host } = machine;
    const state = machine.longMode();
    machine.write(CODE, LOOP);
    machine.write(HANDLER, SKIP);
    machine.write(IDT + UNDEFINED * 16, quad(0x0000_8e00_0008_0000n | (BigInt(HANDLER >> 16) << 48n) | BigInt(HANDLER & 0xffff)));
    machine.write(GDT + 8, quad(0x00af_9b00_0000_ffffn));
    machine.write(GDT + 16, quad(0x00cf_9300_0000_ffffn));
    state.setU64('idtrBase', BigInt(IDT));
    state.setU32('idtrLimit', 0xfff);
    state.setU64('gdtrBase', BigInt(GDT));
    state.setU32('gdtrLimit', 23);
    state.setU64('rip', BigInt(CODE));
    state.setGpr(4, BigInt(STACK));
    const told: bigint[] = [];
    host.quick = {
      ...{ interruptFlag: true, interruptReturn: true, timeStamp: false, tscPerNs: 1, latestNs: 0, localNs: () => 0, hasRead: () => {} },
      ...{ deliveries: true, pageFaults: true },
      exits: { kindAndVm: 0, exceptionKindAndVm: 0, vcpu: VCPU, costs: {} },
      logged: (records, count) => {
        const view = new DataView(records.buffer, records.byteOffset);
        for (let n = 0; n < count; n++) told.push(view.getBigUint64(n * RECORD_SIZE + RecordField.vcpu, true));
      },
    };
    for (let i = 0; i < 3; i++) machine.run(2000);
    assert.ok(told.length > 500, `${told.length}`);
    assert.deepEqual([...new Set(told)], [BigInt(VCPU)]);
  });
});
