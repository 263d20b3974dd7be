// The text of a bug report.

export interface BugReport {
  versions: Record<string, string>;
  configuration: unknown;
  statistics: string | undefined;
  log: string;
}

const block = (language: string, text: string) => `\`\`\`${language}\n${text.replaceAll('```', "'''")}\n\`\`\`\n`;

export function formatBugReport({ versions, configuration, statistics, log }: BugReport): string {
  return [
    '# Hyperscope bug report\n',
    'What happened, what you expected, and how to make it happen again:\n\n…\n',
    'Nothing has been sent. Look through this text for paths and names you do not want to show; attach the guest image if you can.\n',
    `## Versions\n\n${Object.entries(versions)
      .map(([name, version]) => `- ${name}: ${version}`)
      .join('\n')}\n`,
    `## Launch configuration\n\n${configuration ? block('json', JSON.stringify(configuration, null, 2)) : 'No guest was running.\n'}`,
    ...(statistics ? [`## Statistics\n\n${block('text', statistics)}`] : []),
    `## Log\n\n${block('text', log || '(empty)')}`,
  ].join('\n');
}
