// A stand-in for the debug adapter that answers from a script: the extension and its panels are tested with it alone. Not shipped.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Connection } from '../../../src/dap/connection';
import type { TraceArguments } from '../../../src/protocol/requests';
import * as data from './data';

type Handler = (args: Record<string, never>) => unknown;
const events = 5000;

function serve(connection: Connection): void {
  let line = 1;
  let nowNs = 60e6;
  let breakpoints: { path: string; lines: number[] } = { path: '', lines: [] };
  let hypercalls: string[] = [];
  const send = (message: Record<string, unknown>) => connection.send(message as unknown as DebugProtocol.ProtocolMessage);
  const event = (name: string, body: unknown = {}) => send({ type: 'event', event: name, body });
  const console = (text: string) => event('hyperscope/console', { bytes: Buffer.from(text).toString('base64') });
  const stop = (reason: string, description = '') => event('stopped', { reason, description, threadId: 1, allThreadsStopped: true });
  const state = (running: boolean) => event('hyperscope/state', { running, virtualNs: nowNs, instructions: 123456 });
  const go = () => {
    nowNs += 20e6;
    const next = breakpoints.lines.find((one) => one > line);
    if (next !== undefined) {
      line = next;
      stop('breakpoint');
    } else if (hypercalls.length) stop('hypercall', `${hypercalls[0]} from vCPU 0`);
    state(next === undefined);
    if (next === undefined) console('> ');
  };
  const handlers: Record<string, Handler> = {
    initialize: () => {
      setImmediate(() => event('initialized'));
      return {
        supportsConfigurationDoneRequest: true,
        supportsRestartRequest: true,
        supportsTerminateRequest: true,
        supportsFunctionBreakpoints: true,
      };
    },
    setBreakpoints: ({ source, breakpoints: wanted }: { source: { path: string }; breakpoints: { line: number }[] }) => {
      breakpoints = { path: source.path, lines: wanted.map((one) => one.line) };
      return { breakpoints: wanted.map((one) => ({ verified: true, line: one.line })) };
    },
    setFunctionBreakpoints: () => ({ breakpoints: [] }),
    configurationDone: () => {
      setImmediate(() => {
        console('hello from the guest\n');
        go();
      });
    },
    restart: () => {
      line = 1;
      setImmediate(go);
    },
    threads: () => ({
      threads: [
        { id: 1, name: 'vCPU 0' },
        { id: 2, name: 'vCPU 1' },
      ],
    }),
    stackTrace: () => ({
      stackFrames: [
        { id: 1, name: 'kmain', line, column: 1, source: { path: breakpoints.path }, instructionPointerReference: '0xffffffff80100a40' },
      ],
      totalFrames: 1,
    }),
    scopes: () => ({ scopes: [{ name: 'Locals', variablesReference: 1, expensive: false }] }),
    variables: () => ({ variables: [{ name: 'page', value: String(line), variablesReference: 0 }] }),
    next: () => {
      line++;
      nowNs += 1000;
      setImmediate(() => stop('step'));
    },
    continue: () => {
      setImmediate(go);
      return { allThreadsContinued: true };
    },
    pause: () => void setImmediate(() => stop('pause')),
    'hyperscope/registers': ({ vcpu }: { vcpu: number }) => data.registers(vcpu),
    'hyperscope/walk': ({ address }: { address: string }) => data.walk(address),
    'hyperscope/mappedRanges': () => data.mappedRanges(),
    'hyperscope/trace': ({ from, limit, filter = '' }: TraceArguments) => {
      const wanted = Array.from({ length: events - 100 }, (_, i) => data.traceRow(i + 100)).filter(
        (row) => `${row.name} ${row.args}`.includes(filter) && row.seq >= from,
      );
      const rows = from === -1 ? wanted.slice(-limit) : wanted.slice(0, limit);
      const last = rows.at(-1);
      return { first: 100, end: events, dropped: 100, next: last && from !== -1 ? last.seq + 1 : events, rows };
    },
    'hyperscope/locate': () => ({ symbol: 'hypercall+0x10', path: breakpoints.path.replace('main.c', 'kvm.c') || null, line: 30 }),
    'hyperscope/time': () => data.time(nowNs),
    'hyperscope/screen': () => data.screen(),
    'hyperscope/hypercallBreakpoints': ({ names }: { names: string[] }) => {
      hypercalls = names;
      return {};
    },
    'hyperscope/input': ({ bytes }: { bytes: string }) => {
      const text = Buffer.from(bytes, 'base64').toString();
      if (text.includes('!crash')) process.abort();
      console(text === '\r' ? '\n12 us since power-on, 0 timer interrupts\n> ' : text);
      return {};
    },
    'hyperscope/statistics': () => ({ text: 'virtual time 60 ms\n', json: {} }),
  } as unknown as Record<string, Handler>;
  connection.onMessage = (message) => {
    const { seq, command, arguments: args = {} } = message as DebugProtocol.Request;
    send({ type: 'response', request_seq: seq, command, success: true, body: handlers[command]?.(args as Record<string, never>) ?? {} });
    if (command === 'terminate') event('terminated');
  };
  if (process.env.SCRIPTED_LOG)
    connection.onTraffic = (direction, message) =>
      appendFileSync(process.env.SCRIPTED_LOG ?? '', `${direction} ${JSON.stringify(message).slice(0, 400)}\n`);
  connection.onClose = () => process.exit(0);
}

const pipe = process.argv[process.argv.indexOf('--pipe') + 1];
createServer((socket) => serve(new Connection(socket, socket))).listen(pipe, () => process.stdout.write('listening\n'));
