// The output channel "Hyperscope". The last lines are kept for a bug report; HYPERSCOPE_LOG_FILE names a file that gets every line too.
import { appendFileSync } from 'node:fs';
import * as vscode from 'vscode';

const keptLines = 400;

export class Log implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel('Hyperscope', { log: true });
  private readonly file = process.env.HYPERSCOPE_LOG_FILE;
  private lines: string[] = [];

  info(text: string): void {
    this.keep('info', text);
    this.channel.info(text);
  }
  warn(text: string): void {
    this.keep('warning', text);
    this.channel.warn(text);
  }
  error(text: string): void {
    this.keep('error', text);
    this.channel.error(text);
  }
  show(): void {
    this.channel.show(true);
  }
  /** The last lines, oldest first. */
  recent(): string {
    return this.lines.join('\n');
  }
  dispose(): void {
    this.channel.dispose();
  }

  private keep(level: string, text: string): void {
    const line = `${new Date().toISOString()} [${level}] ${text}`;
    this.lines.push(line);
    if (this.lines.length > keptLines) this.lines = this.lines.slice(-keptLines / 2);
    if (this.file) appendFileSync(this.file, `${line}\n`);
  }
}
