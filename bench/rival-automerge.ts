/** Automerge: counters, maps, lists and text. */
import type { Pair, Subject, Subjects } from './type-subject.js';

interface Shape {
  fields: Record<string, unknown>;
  counters: Record<string, { increment(n: number): void }>;
  list: unknown[];
  text: string;
}

interface Doc {
  readonly automerge?: never;
}

/** What is used of the package. */
export interface Automerge {
  from(shape: Shape): Doc;
  clone(doc: Doc): Doc;
  change(doc: Doc, work: (shape: Shape) => void): Doc;
  getHeads(doc: Doc): unknown;
  saveSince(doc: Doc, heads: unknown): Uint8Array;
  loadIncremental(doc: Doc, changes: Uint8Array): Doc;
  splice(shape: Shape, path: readonly string[], at: number, deleted: number, text: string): void;
  readonly Counter: new (n: number) => { increment(n: number): void };
}

type Write = (shape: Shape, name: string, i: number, round: number) => void;

export function automerge(library: Automerge, beside: () => number): Subjects {
  const pair = (write: Write, each: boolean): Pair => {
    let here = library.from({ fields: {}, counters: {}, list: [], text: '' });
    let there = library.clone(here);
    let told = library.getHeads(here);
    return {
      write(names, from, round) {
        const change = (one: readonly string[], first: number): void => {
          here = library.change(here, (shape) => one.forEach((name, i) => write(shape, name, first + i, round)));
        };
        if (each) names.forEach((name, i) => change([name], from + i));
        else change(names, from);
      },
      encode() {
        const update = library.saveSince(here, told);
        told = library.getHeads(here);
        return update;
      },
      decode: (update) => update,
      merge(update) {
        there = library.loadIncremental(there, update as Uint8Array);
      },
    };
  };
  const subject = (elements: number, write: Write, each = false): Subject => ({
    elements,
    rounds: 2,
    beside,
    open: () => pair(write, each),
  });
  return {
    counter: subject(4_000, ({ counters }, name) => {
      const counter = counters[name];
      if (counter === undefined) counters[name] = new library.Counter(1);
      else counter.increment(1);
    }),
    map: subject(4_000, ({ fields }, name, _, round) => (fields[name] = `a value of 20 ch ${round}`)),
    set: subject(4_000, ({ fields }, name, _, round) => (fields[name] = round)),
    log: subject(4_000, ({ list }, name) => list.push(name)),
    doc: subject(4_000, (shape, _, i) => library.splice(shape, ['text'], i, 0, 'x'), true),
  };
}
