import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { adapterProcesses, until } from '../driver/processes';
import { clearBreakpoints, Guest, setBreakpoint } from './debug';

const mark = process.env.HYPERSCOPE_TEST_MARK ?? '';
const place = 'sum += heap[page * 512];';

describe('a debug session', () => {
  let guest: Guest;
  before(async () => {
    setBreakpoint('main.c', place);
    guest = await Guest.start();
  });
  after(clearBreakpoints);

  it('stops at a breakpoint in C', async () => {
    const stop = await guest.next();
    assert.equal(stop.reason, 'breakpoint');
    const frame = await guest.top();
    assert.match(frame.source?.path ?? '', /main\.c$/);
  });
  it('has a thread per vCPU', async () => {
    const { threads } = await guest.session.customRequest('threads');
    assert.equal(threads.length, 2);
  });
  it('follows the focus of the call stack', async () => {
    await until('a focused thread', () => vscode.debug.activeStackItem?.session.id === guest.session.id);
  });
  it('steps over a line', async () => {
    const { line } = await guest.top();
    clearBreakpoints();
    await guest.session.customRequest('next', { threadId: 1 });
    assert.equal((await guest.next()).reason, 'step');
    assert.notEqual((await guest.top()).line, line);
  });
  it('answers the requests of every panel', async () => {
    const { session } = guest;
    assert.ok((await session.customRequest('hyperscope/registers', { vcpu: 0 })).groups.length >= 4);
    assert.ok((await session.customRequest('hyperscope/walk', { vcpu: 0, address: 'rip' })).result);
    assert.ok((await session.customRequest('hyperscope/mappedRanges', { vcpu: 0, start: '0x0', limit: 10 })).ranges.length > 0);
    assert.ok((await session.customRequest('hyperscope/trace', { from: -1, limit: 10 })).rows.length > 0);
    assert.equal((await session.customRequest('hyperscope/time', { fromNs: 0, toNs: 1e9, limit: 100 })).vcpus.length, 2);
  });
  it('stops on a hypercall, named with its arguments', async () => {
    await guest.session.customRequest('hyperscope/hypercallBreakpoints', { names: ['kvm:SEND_IPI'] });
    await guest.session.customRequest('continue', { threadId: 1 });
    const stop = await guest.next();
    assert.equal(stop.reason, 'hypercall');
    assert.match(stop.description ?? '', /SEND_IPI/);
  });
  it('leaves no process when it ends', async () => {
    assert.equal(adapterProcesses(mark).length, 1);
    await guest.stop();
    await until('the end of the adapter', () => adapterProcesses(mark).length === 0);
  });
});

describe('a lost adapter', () => {
  it('ends its session, and the next one starts', async () => {
    const guest = await Guest.start();
    const { session } = guest;
    await until('an adapter', () => adapterProcesses(mark).length === 1);
    const ended = new Promise<void>((done) => vscode.debug.onDidTerminateDebugSession((one) => one.id === session.id && done()));
    for (const pid of adapterProcesses(mark)) process.kill(pid, 'SIGKILL');
    await ended;
    guest.dispose();
    const second = await Guest.start();
    await second.stop();
    await until('the end of the adapter', () => adapterProcesses(mark).length === 0);
  });
});
