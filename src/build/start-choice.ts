// Which workbench npm start opens: decided from the environment alone, so that a test can try every case.

export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  isRoot: boolean;
  /** "code" on PATH. */
  found: string | undefined;
}
export type Choice =
  | { kind: 'desktop'; program: string; asRoot: boolean; say: string }
  /** A terminal of a VS Code whose window is elsewhere: its "code" cannot load an extension from a folder, but can install one. */
  | { kind: 'remote'; program: string; say: string }
  | { kind: 'browser'; say: string };

export function chooseWorkbench({ environment, platform, isRoot, found }: Surroundings): Choice {
  const program = environment.VSCODE_PATH || found;
  if (!program) return { kind: 'browser', say: 'No VS Code on PATH and no VSCODE_PATH: using the browser workbench.' };
  if (environment.VSCODE_IPC_HOOK_CLI || environment.WSL_DISTRO_NAME)
    return { kind: 'remote', program, say: `This is a terminal of a remote window: installing the extension there with ${program}.` };
  const hasDisplay = platform !== 'linux' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
  if (!hasDisplay) return { kind: 'browser', say: `${program} needs a display and there is none: using the browser workbench.` };
  return { kind: 'desktop', program, asRoot: isRoot && platform === 'linux', say: `Opening ${program}.` };
}
