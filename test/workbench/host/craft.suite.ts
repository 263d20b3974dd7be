// Help while writing and starting: hover texts, new projects, F5 without a launch.json.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Guest, lineOf, workspace } from './debug';

async function hover(name: string, line: string, word: string): Promise<string> {
  const uri = vscode.Uri.joinPath(workspace().uri, name);
  const document = await vscode.workspace.openTextDocument(uri);
  const at = lineOf(name, line);
  const position = new vscode.Position(at, document.lineAt(at).text.indexOf(word) + 1);
  return hoverAt(uri, position);
}

async function hoverAt(uri: vscode.Uri, position: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, position);
  return hovers.flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value))).join('\n');
}

describe('hover help', () => {
  it('explains a hypercall in C', async () => {
    assert.match(await hover('kvm.c', 'hypercall(HC_SEND_IPI', 'HC_SEND_IPI'), /KVM hypercall 10[\s\S]*a0/);
  });
  const inDocument = async (language: string, content: string) => {
    const { uri } = await vscode.workspace.openTextDocument({ language, content });
    return (line: number, column: number) => hoverAt(uri, new vscode.Position(line, column));
  };
  it('explains an MSR and a control-register bit in assembly', async () => {
    const at = await inDocument('hyperscope-asm', '\tmov $MSR_EFER, %ecx\n\tor $X86_CR4_PAE, %eax\n');
    assert.match(await at(0, 8), /MSR 0xc0000080/);
    assert.match(await at(1, 8), /CR4 bit 5/);
  });
  it('explains a hypercall, an MSR, a CPUID bit and a number in Rust', async () => {
    const at = await inDocument(
      'rust',
      'const HC_KICK_CPU: u64 = 5;\nwrite_msr(MSR_EFER);\nhas(KVM_FEATURE_PV_UNHALT);\nlet msr: u32 = 0xc000_0080;\n',
    );
    assert.match(await at(0, 8), /KVM hypercall 5/);
    assert.match(await at(1, 12), /MSR 0xc0000080/);
    assert.match(await at(2, 6), /CPUID 0x40000001 EAX bit 7/);
    assert.match(await at(3, 18), /MSR 0xc0000080/);
  });
});

describe('a new guest kernel project', () => {
  const parent = mkdtempSync(join(tmpdir(), 'hyperscope-project-'));
  after(() => rmSync(parent, { recursive: true, force: true }));
  for (const template of ['kvm-c', 'minimal-asm'])
    it(`is a copy of ${template}, ready for F5`, async () => {
      const target = vscode.Uri.file(join(parent, template));
      await vscode.commands.executeCommand('hyperscope.newProject', template, target);
      for (const file of [
        'Makefile',
        'README.md',
        '.gitignore',
        '.vscode/launch.json',
        '.vscode/tasks.json',
        `${template.split('-')[0] === 'kvm' ? 'kvm-c' : 'minimal'}.elf`,
      ])
        assert.ok(existsSync(join(target.fsPath, file)), file);
    });
});

describe('an image without a launch.json', () => {
  it('runs from the context menu of a file', async () => {
    const ended = new Promise<vscode.DebugSession>((done) => {
      const listener = vscode.debug.onDidTerminateDebugSession((session) => {
        listener.dispose();
        done(session);
      });
    });
    const started = new Promise<vscode.DebugSession>((done) => {
      const listener = vscode.debug.onDidStartDebugSession((session) => {
        listener.dispose();
        done(session);
      });
    });
    await vscode.commands.executeCommand('hyperscope.runImage', vscode.Uri.joinPath(workspace().uri, 'kvm-c.elf'));
    const session = await started;
    assert.equal(session.configuration.name, 'Run kvm-c.elf');
    await vscode.debug.stopDebugging(session);
    assert.equal((await ended).id, session.id);
  });
});

describe('settings for all launches', () => {
  const settings = () => vscode.workspace.getConfiguration('hyperscope');
  const set = async (name: string, value: unknown) => settings().update(name, value, vscode.ConfigurationTarget.Global);
  after(async () => {
    for (const name of ['launch.history', 'launch.pace']) await set(name, undefined);
  });

  it('complete a configuration, which wins', async () => {
    await set('launch.history', '16M');
    await set('launch.pace', 'realtime');
    const guest = await Guest.start({ pace: 'fast', stopOnEntry: true });
    await guest.next();
    const launch = guest.messages.find((message) => message.command === 'launch') as { arguments?: Record<string, unknown> } | undefined;
    assert.equal(launch?.arguments?.history, '16M');
    assert.equal(launch?.arguments?.pace, 'fast');
    assert.equal(launch?.arguments?.tier, undefined);
    await guest.stop();
  });
});
