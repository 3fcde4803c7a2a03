/** The server's log on standard error: lines for people, or pino's JSON for machines. */
import { styleText } from 'node:util';
import { pino } from 'pino';
import type { NodeLog } from '../node/log.js';

const LEVELS: Readonly<Record<number, readonly [name: string, colour: 'gray' | 'cyan' | 'yellow' | 'red']>> = {
  20: ['debug', 'gray'],
  30: ['info', 'cyan'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
};

/** @param before called before each line for people: what else stands on the terminal makes room */
export function processLog(json: boolean, level: string, before: () => void): NodeLog {
  if (json) return pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
  const write = (line: string): void => {
    before();
    process.stderr.write(readable(line));
  };
  return pino({ level, base: null }, { write });
}

function readable(line: string): string {
  const { level, time, msg, ...context } = JSON.parse(line) as { level: number; time: number; msg: string };
  const [name, colour] = LEVELS[level] ?? ['log', 'gray'];
  const details = Object.entries(context).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = new Date(time).toISOString().slice(11, 23);
  return `${styleText('gray', clock)} ${styleText(colour, name.padEnd(5))} ${msg}  ${styleText('gray', details.join(' '))}\n`;
}
