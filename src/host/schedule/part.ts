// "Hyperscope: Change Schedule…": weights, caps, affinity, physical CPUs and policy, of the host, a VM or a vCPU, while the guests run. Each change is a logged input.
import * as vscode from 'vscode';
import type { ScheduleAnswer } from '../../protocol/schedule';
import type { Part } from '../host';
import type { Sessions } from '../sessions';
import { POLICY_NAMES, type Setting, type SettingName, settingsOf, type Target, targetsOf } from './model';

type Row<T> = vscode.QuickPickItem & { readonly value: T };

interface SettingText {
  readonly title: string;
  /** What is typed, and what nothing typed means. */
  readonly prompt: string;
  /** Where there is none of it. */
  readonly none?: string;
}

const textsOf = (name: SettingName): SettingText => {
  switch (name) {
    case 'weight':
      return { title: vscode.l10n.t('Weight'), prompt: vscode.l10n.t('Weight of each vCPU, 1 to 65536; 1024 is the usual one') };
    case 'cap':
      return {
        title: vscode.l10n.t('Cap of the VM'),
        prompt: vscode.l10n.t('Percent of one physical CPU for all its vCPUs together, such as 50; empty: no cap'),
        none: vscode.l10n.t('no cap'),
      };
    case 'vcpuCap':
      return {
        title: vscode.l10n.t('Cap of each vCPU'),
        prompt: vscode.l10n.t('Percent of one physical CPU that a vCPU may use, such as 50; empty: no cap'),
        none: vscode.l10n.t('no cap'),
      };
    case 'affinity':
      return {
        title: vscode.l10n.t('Affinity'),
        prompt: vscode.l10n.t('Physical CPUs that it may run on, such as 0-1,3; empty: all'),
        none: vscode.l10n.t('all'),
      };
    case 'pcpus':
      return { title: vscode.l10n.t('Physical CPUs'), prompt: vscode.l10n.t('How many physical CPUs the host has, 1 to 64') };
    case 'policy':
      return { title: vscode.l10n.t('Policy'), prompt: vscode.l10n.t('How the host chooses who runs') };
  }
};

const policyText = (name: ScheduleAnswer['policy']): string =>
  ({
    fair: vscode.l10n.t('by weight; who wakes and has had no more than its share goes first'),
    'round-robin': vscode.l10n.t('each in turn for 1 ms, whatever its weight'),
    chaos: vscode.l10n.t('random turns in random order, the same for the same seed: finds races'),
  })[name];

const now = (setting: Setting): string => setting.now.map((text) => text ?? textsOf(setting.name).none ?? '').join(' / ');

function nameOf({ vms }: ScheduleAnswer, { vm, vcpu }: Target): string {
  if (vm === undefined) return vscode.l10n.t('Host');
  return vcpu === undefined ? vms[vm]!.name : vscode.l10n.t('{0} · vCPU {1}', vms[vm]!.name, vcpu);
}

/** Stays open when a stop of the guest moves the focus. */
async function choose<T>(title: string, rows: readonly Row<T>[]): Promise<T | undefined> {
  return (await vscode.window.showQuickPick(rows, { title, ignoreFocusOut: true, matchOnDescription: true }))?.value;
}

const targetRow = (schedule: ScheduleAnswer, target: Target): Row<Target> => ({
  label: nameOf(schedule, target),
  description: settingsOf(schedule, target)
    .map((setting) => `${textsOf(setting.name).title}: ${now(setting)}`)
    .join(', '),
  value: target,
});

/** undefined: the person thought better of it. */
async function ask(title: string, setting: Setting): Promise<ReturnType<Setting['parse']>> {
  const { prompt } = textsOf(setting.name);
  if (setting.name === 'policy') {
    const rows = POLICY_NAMES.map((name) => ({ label: name, description: policyText(name), picked: setting.now[0] === name, value: name }));
    const name = await choose(title, rows);
    return name && setting.parse(name);
  }
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    value: setting.now.length === 1 ? (setting.now[0] ?? '') : '',
    ignoreFocusOut: true,
    validateInput: (typed) => (setting.parse(typed) === undefined ? prompt : undefined),
  });
  return text === undefined ? undefined : setting.parse(text);
}

async function changeSchedule(sessions: Sessions, session: vscode.DebugSession): Promise<void> {
  const schedule = await sessions.request(session, 'hyperscope/schedule', {});
  const targets = targetsOf(schedule, session.name).map((target) => targetRow(schedule, target));
  const target = await choose(vscode.l10n.t('Change Schedule'), targets);
  if (target === undefined) return;
  const name = nameOf(schedule, target);
  const rows = settingsOf(schedule, target).map((setting) => ({
    label: textsOf(setting.name).title,
    description: now(setting),
    value: setting,
  }));
  const setting = await choose(vscode.l10n.t('Change Schedule: {0}', name), rows);
  if (setting === undefined) return;
  const change = await ask(`${name}: ${textsOf(setting.name).title}`, setting);
  if (change === undefined) return;
  await sessions.request(session, 'hyperscope/schedule', { change: { ...change, ...target } });
  const text = sessions.all.some((each) => sessions.isRunning(each))
    ? vscode.l10n.t('{0}: the schedule has been changed.', name)
    : vscode.l10n.t('{0}: the schedule changes when the guest runs on.', name);
  vscode.window.setStatusBarMessage(text, 5000);
}

export const schedulePart: Part = ({ sessions }) =>
  vscode.commands.registerCommand('hyperscope.changeSchedule', async (_item: unknown, context: unknown) => {
    const { sessionId } = (context ?? {}) as { readonly sessionId?: string };
    const session = sessions.all.find(({ id }) => id === sessionId) ?? sessions.focus?.session;
    if (!session) return void vscode.window.showInformationMessage(vscode.l10n.t('No guest runs now: start one with F5.'));
    try {
      await changeSchedule(sessions, session);
    } catch (error) {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  });
