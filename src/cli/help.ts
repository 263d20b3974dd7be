// Help, made from the rows of commands and options.
import type { OptionRow } from './args/option';

export function optionsHelp<Options>(usage: string, rows: readonly OptionRow<Options>[]): string {
  const lines = rows.flatMap((row) => {
    const name = `  --${row.name}${row.value === undefined ? '' : ` ${row.value}`}${row.many ? ' …' : ''}`;
    return name.length < 34 ? [`${name.padEnd(34)}${row.doc}`] : [name, `${' '.repeat(34)}${row.doc}`];
  });
  return `usage: ${usage}\n\n${lines.join('\n')}\n`;
}
