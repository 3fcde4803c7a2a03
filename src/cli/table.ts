/** A table for people: columns as wide as they need to be, numbers to the right. */
import { stripVTControlCharacters, styleText } from 'node:util';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths = head.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    widths
      .map((size, i) => pad(cells[i] ?? '', size - width(cells[i] ?? '')))
      .join('  ')
      .trimEnd();
  return [styleText('bold', line(head)), ...rows.map(line)].map((text) => `  ${text}\n`).join('');
}

function pad(cell: string, spaces: number): string {
  const space = ' '.repeat(spaces);
  return /^[\d.,]+( \w+)?$/.test(stripVTControlCharacters(cell)) ? space + cell : cell + space;
}

const UNITS = ['B', 'kB', 'MB', 'GB'] as const;

export function bytes(n: number): string {
  const power = n < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(n) / 3));
  return `${power === 0 ? n : (n / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}
