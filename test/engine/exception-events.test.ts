// Events of exceptions that the interpreter delivers itself: each is its vCPU's, however many the log has.
import assert from 'node:assert/strict';
import { RECORD_SIZE, RecordField } from '../../src/trace/record-layout';
import { loopingMachine } from './looping';

const VCPU = 3;
/** nop; ud2; jmp -5 */
const LOOP = '90 0f0b ebfb';
/** add qword [rsp],2; iretq */
const SKIP = '4883042402 48cf';
const UNDEFINED = 6;

describe('engine: events of exceptions', () => {
  it('are the running vCPU’s', () => {
    const machine = loopingMachine(LOOP, UNDEFINED, SKIP);
    const { host } = machine;
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
