// Sites of privileged and sensitive instructions as text: how often on each side, where, and what becomes of each instruction.
import { type Side, sideName } from '../../machine/control/compare';
import type { SiteReport } from './site-report';

/** JSON has all of them. */
const MOST_SITES = 40;
const COUNT_WIDTH = 14;

const number = (value: number): string => value.toLocaleString('en');

export function sitesText(sides: readonly Side[], { sites, instructions }: SiteReport): string {
  let text = `\nprivileged and sensitive instructions, by site\n${sides.map((side) => sideName(side).padStart(COUNT_WIDTH)).join('')}  where\n`;
  for (const { counts, symbol, address, path, line, instruction, user } of sites.slice(0, MOST_SITES)) {
    const place = `${symbol === '' ? address : symbol}${path === null ? '' : ` (${path}:${line ?? 0})`}`;
    text += `${counts.map((count) => number(count).padStart(COUNT_WIDTH)).join('')}  ${instruction}${user ? ' at CPL 3' : ''} in ${place}\n`;
  }
  if (sites.length > MOST_SITES) text += `and ${number(sites.length - MOST_SITES)} more sites: --json FILE has them\n`;
  text += '\nwhat becomes of them\n';
  for (const { instruction, class: kind, sides: of, traps, replaced } of instructions) {
    text += `  ${instruction} (${kind === 'io' ? 'by IOPL' : kind})\n`;
    for (const [i, side] of sides.entries()) text += `    ${sideName(side)}: ${of[i]}\n`;
    text += `    trap and emulate alone: ${traps}\n    in a kernel made for it: ${replaced}\n`;
  }
  return text;
}
