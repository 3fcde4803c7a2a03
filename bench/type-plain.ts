/** The limit: the work of type-subject.ts in what JavaScript has, which replicates nothing. */
import type { BuiltIn } from '../src/crdt/crdt.js';
import type { Subject } from './type-subject.js';

type Write = (name: string, i: number, round: number) => void;

interface Plain {
  readonly what: 'Map' | 'Set' | 'array' | 'string';
  readonly open: () => Write;
}

function counts(): Write {
  const map = new Map<string, number>();
  return (name) => map.set(name, (map.get(name) ?? 0) + 1);
}

function values(): Write {
  const map = new Map<string, string>();
  return (name, _, round) => map.set(name, `a value of 20 ch ${round}`);
}

function names(): Write {
  const set = new Set<string>();
  return (name) => set.add(name);
}

const PLAIN: Readonly<Record<BuiltIn, Plain>> = {
  counter: { what: 'Map', open: counts },
  gauge: { what: 'Map', open: counts },
  register: { what: 'Map', open: values },
  flag: { what: 'Set', open: names },
  set: { what: 'Set', open: names },
  map: { what: 'Map', open: values },
  sorted: { what: 'Map', open: counts },
  presence: { what: 'Map', open: counts },
  bounded: { what: 'Map', open: counts },
  window: { what: 'Map', open: counts },
  log: {
    what: 'array',
    open() {
      const array: string[] = [];
      return (name) => array.push(name);
    },
  },
  doc: {
    what: 'string',
    open() {
      let text = '';
      return () => (text += 'x');
    },
  },
  unique: { what: 'Set', open: names },
  quantiles: {
    what: 'array',
    open() {
      const array: number[] = [];
      return (_, i) => array.push(1 + (i % 3_600));
    },
  },
  top: {
    what: 'Map',
    open() {
      const write = counts();
      return (_, i, round) => write(`agent ${i % 5_000}`, i, round);
    },
  },
};

/** @param elements as many as the store is given */
export function plain(type: BuiltIn, elements: number): { readonly what: string; readonly subject: Subject } {
  const { what, open } = PLAIN[type];
  const subject: Subject = {
    elements,
    open() {
      const write = open();
      return { write: (given, from, round) => given.forEach((name, i) => write(name, from + i, round)) };
    },
  };
  return { what, subject };
}
