// Source files as clients open them; each is looked at once: is it there, and is it newer than the image it was built into?
import { statSync } from 'node:fs';
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Make and file systems count in whole seconds. */
const TOLERANCE_MS = 2000;

export class SourceFiles {
  private readonly known = new Map<string, boolean>();
  private readonly builtMs: number | undefined;
  private told = false;

  constructor(
    private readonly image: string,
    private readonly warn: (text: string) => void,
  ) {
    this.builtMs = modifiedMs(image);
  }

  exists(path: string): boolean {
    let there = this.known.get(path);
    if (there === undefined) {
      const modified = modifiedMs(path);
      there = modified !== undefined;
      this.known.set(path, there);
      if (!this.told && modified !== undefined && this.builtMs !== undefined && modified > this.builtMs + TOLERANCE_MS) {
        this.told = true;
        this.warn(`${path} is newer than ${this.image}: lines may not match; build the image again.`);
      }
    }
    return there;
  }

  source(path: string): DebugProtocol.Source {
    return { name: path.split(/[/\\]/).pop() ?? path, path };
  }
}

function modifiedMs(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}
