/**
 * Every data type: what a write costs, what it takes in memory and on the wire, what encoding it costs, and what taking in a change
 * costs; beside other libraries of CRDTs that have such a type, and beside what JavaScript has, which is the limit. And a set of a
 * million. CPU time, since others make a process wait.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BuiltIn } from '../src/crdt/crdt.js';
import type { Benchmark, Figure } from './figure.js';
import { millionSet } from './million-set.js';
import { OURS } from './type-ours.js';
import { plain } from './type-plain.js';
import { RIVALS } from './type-rivals.js';
import { measure, type Outcome, RIVALLED } from './type-subject.js';

const RIVAL = fileURLToPath(new URL('./rival.ts', import.meta.url));
/** With fewer the rest of the process is what is measured. */
const ENOUGH = 4_000;
/** Of the types that are one cell, however much goes in: bytes are of the whole. */
const SKETCHES: readonly BuiltIn[] = ['unique', 'quantiles', 'top'];

type Outcomes = Readonly<Record<string, Outcome>>;

/** Of those that have such a type and are installed. */
function rivalsOf(type: BuiltIn): Outcomes {
  if (!RIVALLED.some((each) => each === type)) return {};
  const outcomes: Record<string, Outcome> = {};
  for (const name of Object.keys(RIVALS)) {
    const words = ['--expose-gc', '--import', 'tsx', RIVAL, name, type];
    const { status, stdout } = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`the rival ${name} ended with status ${status ?? 'none'}`);
    const outcome = JSON.parse(stdout) as Outcome | null;
    if (outcome !== null) outcomes[name] = outcome;
  }
  return outcomes;
}

/** What some others have of a figure. */
function beside(outcomes: Outcomes, of: (outcome: Outcome) => number | undefined): Pick<Figure, 'rivals'> {
  const rivals: Record<string, number> = {};
  for (const [name, outcome] of Object.entries(outcomes)) {
    const value = of(outcome);
    if (value !== undefined) rivals[name] = value;
  }
  return Object.keys(rivals).length === 0 ? {} : { rivals };
}

async function figuresOf(type: BuiltIn): Promise<Figure[]> {
  const subject = OURS[type];
  const ours = await measure(subject);
  const { what, subject: limit } = plain(type, subject.elements);
  const rivals = rivalsOf(type);
  const all: Outcomes = { [what]: await measure(limit), ...rivals };
  const takeIn = ({ decodeChange = 0, mergeChange = 0 }: Outcome): number => decodeChange + mergeChange;
  const held = ({ elements, memory }: Outcome): number | undefined => (elements < ENOUGH ? undefined : memory);
  const whole = SKETCHES.includes(type) ? subject.elements : 1;
  const each = whole === 1 ? 'per element' : 'in all';
  const note = `decode ${(ours.decodeChange as number).toFixed(2)}, merge ${(ours.mergeChange as number).toFixed(2)}`;
  return [
    { name: `${type}: writes`, value: 1 / ours.write, unit: 'M/s', ...beside(all, ({ write }) => 1 / write) },
    {
      name: `${type}: encode, per element`,
      value: ours.encode as number,
      unit: 'µs',
      ...beside(rivals, ({ encode }) => encode),
    },
    { name: `${type}: take in a change`, value: takeIn(ours), unit: 'µs', ...beside(rivals, takeIn), note },
    {
      name: `${type}: memory ${each}`,
      value: ours.memory * whole,
      unit: 'B',
      ...beside(whole === 1 ? all : {}, held),
    },
    {
      name: `${type}: on the wire ${each}`,
      value: (ours.wire as number) * whole,
      unit: 'B',
      ...beside(rivals, ({ wire }) => wire),
      note: `a change ${(ours.wireChange as number).toFixed(1)}`,
    },
  ];
}

export const types: Benchmark = {
  async run() {
    const figures = await millionSet();
    for (const type of Object.keys(OURS) as BuiltIn[]) figures.push(...(await figuresOf(type)));
    return figures;
  },
};
