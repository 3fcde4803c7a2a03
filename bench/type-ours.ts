/** Every data type of the store, as the work of type-subject.ts. */
import type { BuiltIn } from '../src/crdt/crdt.js';
import type { Staged } from '../src/store/staging.js';
import type { Store } from '../src/store/store.js';
import { FrameLink } from './frame-link.js';
import type { Pair, Subject } from './type-subject.js';
import { newStore } from './virtual-mesh.js';

/** Nearly fills six segments of cells: what a segment has to spare says nothing of a type. */
const ELEMENTS = 98_000;
/** As much in one segment. */
const FEWER = 16_300;
const ENTRIES = 10_000;
const LETTERS = 10_000;

interface Work {
  readonly elements: number;
  /** What writes element `i`. */
  readonly open: (store: Store) => (name: string, i: number, round: number) => void;
}

/** By type. Keys, elements and items have 18 characters. */
const WORK: Readonly<Record<BuiltIn, Work>> = {
  counter: { elements: ELEMENTS, open: (store) => (name) => store.increment(name) },
  gauge: { elements: ELEMENTS, open: (store) => (name) => store.gauge(name).add(1) },
  register: {
    elements: ELEMENTS,
    open: (store) => (name, _, round) => store.register(name).set(`a value of 20 ch ${round}`),
  },
  flag: { elements: ELEMENTS, open: (store) => (name) => store.flag(name).enable() },
  set: { elements: ELEMENTS, open: (store) => adder(store.set('all')) },
  map: {
    elements: ELEMENTS,
    open(store) {
      const map = store.map('all');
      return (name, _, round) => map.set(name, `a value of 20 ch ${round}`);
    },
  },
  sorted: {
    elements: ELEMENTS,
    open(store) {
      const sorted = store.sorted('all');
      return (name, i) => sorted.increment(name, i % 97);
    },
  },
  presence: {
    elements: ELEMENTS,
    open(store) {
      const presence = store.presence('all').newShare();
      return (name, _, round) => presence.join(name, round);
    },
  },
  bounded: { elements: FEWER, open: (store) => (name) => store.bounded(name, { max: 100 }).increment() },
  window: { elements: FEWER, open: (store) => (name, _, round) => store.window(name).add(1, 60_000 * round) },
  log: {
    elements: ENTRIES,
    open(store) {
      const log = store.log('all', { cap: ENTRIES });
      return (name) => log.append(name);
    },
  },
  doc: {
    elements: LETTERS,
    open(store) {
      const doc = store.doc('all');
      return (_, i) => doc.transact((yjs) => yjs.getText('text').insert(i, 'x'));
    },
  },
  unique: { elements: ELEMENTS, open: (store) => adder(store.unique('all')) },
  quantiles: {
    elements: ELEMENTS,
    open(store) {
      const quantiles = store.quantiles('all');
      return (_, i) => quantiles.add(1 + (i % 3_600));
    },
  },
  top: {
    elements: ELEMENTS,
    open(store) {
      const top = store.top('all');
      return (_, i) => top.add(`agent ${i % 5_000}`);
    },
  },
};

function adder(into: { add(element: string): void }): (name: string) => void {
  return (name) => into.add(name);
}

/** Two stores, and the direction between them. */
export function linkedPair(open: Work['open']): Required<Pair> {
  const [here, there] = [newStore('us'), newStore('eu')];
  const write = open(here);
  const link = new FrameLink(here, there);
  return {
    write(names, from, round) {
      names.forEach((name, i) => write(name, from + i, round));
    },
    encode: () => link.encode(),
    decode: (bytes) => link.decode(bytes),
    merge: (staged) => link.merge(staged as Staged),
    agrees: () => here.digest() === there.digest(),
  };
}

export const OURS: Readonly<Record<BuiltIn, Subject>> = Object.fromEntries(
  Object.entries(WORK).map(([type, { elements, open }]) => [type, { elements, open: () => linkedPair(open) }]),
) as Record<BuiltIn, Subject>;
