// Gives every root debug session its adapter process, and says once, in one message, when that process is lost.
import { join } from 'node:path';
import * as vscode from 'vscode';
import { debugType } from '../debug-type';
import type { Part } from '../host';
import { attachTarget } from './attach-target';
import { guestNames } from './guest-names';
import { AdapterProcess, describeEnd } from './process';
import { sessionDocuments } from './session-documents';

export const adapterPart: Part = ({ context, log, sessions }) => {
  const processes = new Map<string, AdapterProcess>();
  /** By session: the names by which others can attach to its guests. */
  const names = new Map<string, readonly string[]>();
  const script = join(context.extensionPath, 'dist', 'adapter.js');
  const killAll = () => {
    for (const adapter of processes.values()) adapter.kill();
  };
  process.once('exit', killAll);

  const watch = async (session: vscode.DebugSession, adapter: AdapterProcess) => {
    const end = await adapter.ended;
    log.info(`adapter of "${session.name}" ended: ${describeEnd(end)}`);
    if (processes.get(session.id) === adapter) processes.delete(session.id);
    if (end.code === 0 || adapter.wasKilled) return;
    if (end.errorOutput) log.error(end.errorOutput);
    const collect = vscode.l10n.t('Collect a Bug Report');
    const showLog = vscode.l10n.t('Show Log');
    const answer = await vscode.window.showErrorMessage(
      vscode.l10n.t(
        'The debug adapter of "{0}" stopped unexpectedly ({1}). Its guest is gone; press F5 to start again.',
        session.name,
        describeEnd(end),
      ),
      collect,
      showLog,
    );
    if (answer === showLog) log.show();
    else if (answer) await vscode.commands.executeCommand('hyperscope.collectBugReport');
  };

  const factory: vscode.DebugAdapterDescriptorFactory = {
    async createDebugAdapterDescriptor(session) {
      if (session.configuration.request === 'attach') {
        // A VM of several: its session is a child of the one that launched them.
        const launched = session.parentSession && processes.get(session.parentSession.id);
        if (launched) return new vscode.DebugAdapterNamedPipeServer(launched.pipe);
        const running = [...processes].flatMap(([id, { pipe }]) => (names.get(id) ?? []).map((name) => ({ name, pipe })));
        const target = attachTarget(session.configuration, running);
        log.info(`"${session.name}" attaches to ${JSON.stringify(target)}`);
        return 'port' in target
          ? new vscode.DebugAdapterServer(target.port, '127.0.0.1')
          : new vscode.DebugAdapterNamedPipeServer(target.pipe);
      }
      const adapter = new AdapterProcess(script);
      try {
        await Promise.all([adapter.listening(), sessionDocuments()]);
      } catch (error) {
        adapter.kill();
        log.error(`${String(error)}\n${(await adapter.ended).errorOutput}`);
        throw error;
      }
      log.info(`adapter of "${session.name}": process ${adapter.pid}`);
      processes.set(session.id, adapter);
      names.set(session.id, guestNames(session));
      void watch(session, adapter);
      return new vscode.DebugAdapterNamedPipeServer(adapter.pipe);
    },
  };

  const release = (session: vscode.DebugSession) => {
    const adapter = processes.get(session.id);
    processes.delete(session.id);
    names.delete(session.id);
    adapter?.stop();
  };

  return vscode.Disposable.from(
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, factory),
    vscode.debug.onDidTerminateDebugSession(release),
    sessions.onDidEnd((session) => log.info(`session "${session.name}" ended`)),
    {
      dispose: () => {
        process.off('exit', killAll);
        killAll();
      },
    },
  );
};
