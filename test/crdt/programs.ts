/** Programs whose outcome is written down byte by byte: all operations of each type are in its program, and they never change. */
import * as Y from 'yjs';
import { MerganserError } from '../../src/base/error.js';
import * as bounded from '../../src/crdt/bounded.js';
import type { BuiltIn } from '../../src/crdt/crdt.js';
import * as escrow from '../../src/crdt/escrow.js';
import type { Store } from '../../src/store/store.js';

/** What two nodes do, one after the other without hearing of each other; all operations of the type are in it. */
export type Program = readonly [a: (store: Store) => void, b: (store: Store) => void];

export const PROGRAMS: Readonly<Record<BuiltIn, Program>> = {
  counter: [
    (store) => {
      store.counter('k').increment(300);
      store.counter('k').reset();
      store.counter('k').increment(-7);
    },
    (store) => store.counter('k').increment(2 ** 40),
  ],
  gauge: [(store) => store.gauge('k').set(5), (store) => store.gauge('k').add(-3)],
  register: [
    (store) => store.register('k').set({ a: [1, null, 'é'] }),
    (store) => store.register('k').set(new Uint8Array([1, 2])),
  ],
  set: [
    (store) => {
      store.set('k').add('e');
      store.set('k').delete('e');
    },
    (store) => store.set('k').add('e'),
  ],
  log: [
    (store) => {
      store.log('k', { cap: 2 }).append('first', { at: 1 });
      store.log('k', { cap: 2 }).clear();
      store.log('k', { cap: 2 }).append('second', { at: 2 });
    },
    (store) => store.log('k', { cap: 2 }).append([3], { at: 3 }),
  ],
  window: [
    (store) => {
      store.window('k', { bucket: 10, keep: 100 }).add(4, 15);
      store.window('k', { bucket: 10, keep: 100 }).clear();
      store.window('k', { bucket: 10, keep: 100 }).add(5, 25);
    },
    (store) => store.window('k', { bucket: 10, keep: 100 }).add(-1, 20),
  ],
  flag: [
    (store) => {
      store.flag('k').enable();
      store.flag('k').disable();
    },
    (store) => store.flag('k').enable(),
  ],
  map: [
    (store) => {
      store.map('k').increment('f', 2);
      store.map('k').delete('f');
    },
    (store) => store.map('k').increment('f', 300),
  ],
  sorted: [
    (store) => {
      store.sorted('k').increment('m', 2);
      store.sorted('k').set('m', 2.5);
      store.sorted('k').increment('m', -70);
    },
    (store) => store.sorted('k').set('m', 300),
  ],
  bounded: [
    (store) => {
      store.bounded('k', { max: 4 }).decrement(3);
      store.bounded('k').delete();
      say(store, (row, other) => {
        const rich = escrow.holding(escrow.claiming(escrow.moved(row, -300), 2 ** 48));
        const poor = escrow.giving({ ...rich, up: { ...rich.up, lost: 5 } }, 'up', other, 200, 1000);
        return escrow.withEdge(escrow.wanting(poor, 'down', 70), 'down', 400);
      });
    },
    (store) => {
      store.bounded('k', { max: 4 }).decrement(9);
      store.bounded('k').delete();
      say(store, (row) => escrow.moved(row, 1));
    },
  ],
  presence: [
    (store) => {
      store.presence('k').join('m', { a: 1 });
      store.presence('k').leave('m');
      store.presence('k').join('m', 'é', 't');
      store.presence('k').join('m', [], 's');
    },
    (store) => {
      store.presence('k').join('m');
      store.presence('k').clear();
    },
  ],
  doc: [
    (store) => {
      store.doc('k').apply(inserted(1, 'gone'));
      store.doc('k').delete();
      store.doc('k').apply(inserted(2, 'é'));
    },
    (store) => store.doc('k').apply(inserted(3, 'b')),
  ],
  unique: [
    (store) => {
      store.unique('k').add('gone');
      store.unique('k').clear();
      store.unique('k').add('é');
    },
    (store) => {
      store.unique('k').add('gone');
      store.unique('k').clear();
      store.unique('k').add('b');
    },
  ],
  quantiles: [
    (store) => {
      store.quantiles('k').add(7);
      store.quantiles('k').clear();
      store.quantiles('k').add(-0.5);
    },
    (store) => {
      store.quantiles('k').add(7);
      store.quantiles('k').clear();
      store.quantiles('k').add(1e12, 3);
    },
  ],
  top: [
    (store) => {
      store.top('k', { items: 1 }).add('gone');
      store.top('k', { items: 1 }).clear();
      store.top('k', { items: 1 }).add('é');
      store.top('k', { items: 1 }).add('a', 300);
    },
    (store) => {
      store.top('k').add('gone');
      store.top('k').clear();
      store.top('k').add('a');
    },
  ],
};

/** A bounded counter of which the second node has done nothing yet, and has taken over rights. */
export const TAKEN_OVER: Program = [
  PROGRAMS.bounded[0],
  (store) => {
    store.bounded('k', { max: 4 }).decrement(9);
    store.bounded('k').delete();
    say(store, (row, other) => escrow.taking(escrow.wanting(row, 'up', 3), 'up', other, 6));
  },
];

/** What a node says of its rights to a bounded counter, and from then on nothing else. */
function say(store: Store, change: (row: escrow.Row, other: number) => escrow.Row): void {
  const { replica } = store;
  const { actors, cells, slots, vv, self } = replica;
  const cell = cells.find(bounded.bounded.tag, cells.encode('k', 0), 0);
  const dot = vv.get(self) + 1;
  const other = actors.intern('c', 1);
  const bounds = { min: -1000, max: 1000, initial: 7 };
  const head = bounded.update(slots, cells.head(cell), self, dot, bounds, (row) => change(row, other));
  vv.set(self, dot);
  cells.setHead(cell, head);
  replica.changes.touch(cell);
  replica.settle(cell);
  store.fence(new MerganserError('LEAVING', 'no more of that'));
}

/** An update of a Yjs client that inserts a text. */
function inserted(client: number, text: string): Uint8Array {
  const made = new Y.Doc();
  made.clientID = client;
  made.getText('body').insert(0, text);
  return Y.encodeStateAsUpdate(made);
}
