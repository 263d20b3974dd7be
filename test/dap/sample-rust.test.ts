// The Rust sample as a person debugs it: a breakpoint by method name, its arguments as Rust writes them, expressions, stepping, the console.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const IMAGE = join(ROOT, 'samples', 'kvm-rust', 'kvm-rust.elf');

describe('sample kvm-rust in the debugger', () => {
  it('stops in a method and shows enums, slices and strings', async () => {
    const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start({ image: IMAGE, pace: 'fast', console: 'terminal' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kvm_rust::tasks::round', hitCondition: '3' }] });
    });
    await client.stopped();
    const [frame, caller] = await client.frames();
    assert.equal(frame?.name, 'kvm_rust::tasks::round');
    assert.equal(caller?.name, 'kvm_rust::kernel_main');
    assert.match(frame?.source?.path ?? '', /samples\/kvm-rust\/tasks\.rs$/);
    const show = async (expression: string, frameId = frame!.id): Promise<string> => {
      const { result, type } = await client.request<DebugProtocol.EvaluateResponse['body']>('evaluate', {
        expression,
        frameId,
        context: 'watch',
      });
      return `${type}: ${result}`;
    };
    assert.equal(await show('limit'), 'u32: 200');
    assert.match(await show('tasks'), /^&mut \[kvm_rust::tasks::Task\]: \[3\] \{\{name = "short", start = 6, /);
    assert.equal(await show('tasks.data_ptr[1].name'), '&str: "long"');
    assert.equal(await show('tasks.data_ptr[0].state'), 'kvm_rust::tasks::State: Running {value = 3, steps = 1}');
    assert.equal(await show('tasks.data_ptr[1].parent'), 'core::option::Option<usize>: Some(0)');
    assert.match(await show('tasks.data_ptr[2].state'), /^kvm_rust::tasks::State: Done\(Err\(Odd\(0\)\)\)$/);
    assert.equal(await show('rounds', caller!.id), 'i32: 2');
    assert.match(await show('host', caller!.id), /^kvm_rust::kvm::Hypervisor: Kvm \{features = \d+, has_clock = true\}$/);
    assert.equal(await show('tasks[2].state.Done.0.Err.0.Odd.0', caller!.id), 'u64: 0');
    await client.request('next', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'step');
    await client.end();
  });
});
