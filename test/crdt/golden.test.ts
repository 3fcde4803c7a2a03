import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Writer } from '../../src/base/bytes.js';
import { MerganserError } from '../../src/base/error.js';
import * as bounded from '../../src/crdt/bounded.js';
import { type BuiltIn } from '../../src/crdt/crdt.js';
import * as escrow from '../../src/crdt/escrow.js';
import { TYPE_NAMES } from '../../src/crdt/registry.js';
import type { Store } from '../../src/store/store.js';
import { pair } from '../sync/lab.js';

/** What two nodes do, one after the other without hearing of each other; all operations of the type are in it. */
type Program = readonly [a: (store: Store) => void, b: (store: Store) => void];

const PROGRAMS: Readonly<Record<BuiltIn, Program>> = {
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

/** As it was given to the world, and never changed: what is replicated, and what digests are made of. */
const GOLDEN: Readonly<Record<BuiltIn, readonly [wire: string, canonical: string]>> = {
  counter: ['070000a50402008080808080400101ac04', '016101034701620101808080808040'],
  gauge: ['05000005020043', '01610101050162010143'],
  register: [
    '020100808099c0fee2717601016175037d017e7702c3a90300808099c0fee27174020102',
    '01610101808099c0fee2717601016175037d017e7702c3a901620101808099c0fee27174020102',
  ],
  set: ['05000000020001', '01620101'],
  log: [
    '020000010002013ff00000000000000002024000000000000000000077067365636f6e644008000000000000010075017d03',
    '023ff00000000000000161010140000000000000000161010377067365636f6e6440080000000000000162010175017d03',
  ],
  window: [
    '020000010001403400000000000040590000000000000100020200011400050101140041',
    '4034000000000000405900000000000001610101016101140305016201140141',
  ],
  flag: ['05000000020001', '01620101'],
  map: ['070000020200ac04010002', '01620101ac04'],
  sorted: [
    '020b00c601014004000000000000808099c0fee27113000000ac04808099c0fee271',
    '0161010303c051800000000000024004000000000000808099c0fee27101620102014072c00000000000808099c0fee271',
  ],
  bounded: [
    '0f07e80fa80f010201000fec048080808080804090064600000000050101c80105000001',
    '0f07e80fa80f01016101030fec0480808080808040900646000000000501016301c801016201030001',
  ],
  presence: ['020100020173750001747702c3a90200', '01610104020173750001747702c3a9'],
  doc: ['0200000100010101000100000f01010200040104626f647902c3a900', '010102000100'],
  unique: ['020000010002010281fc1c84b71d', '01010281fc1c84b71d'],
  quantiles: [
    '020000010002020000bfe0000000000000bfe0000000000000bfe000000000000001e20d0101004285d3ef79800000426d1a94a2000000426d1a94a200000001c02803',
    '01016101bfe0000000000000bfe0000000000000bfe000000000000001e20d010162014285d3ef79800000426d1a94a2000000426d1a94a200000001c02803',
  ],
  top: [
    '020000010002020000ad020102c3a9010161ad020101000100000101610100',
    '01016101ad020102c3a90161ad020101620101000001610100',
  ],
};

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('golden bytes', () => {
  it.each(TYPE_NAMES)('of a %s are what they always were', (type) => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    const [first, second] = PROGRAMS[type];
    first(a.store);
    second(b.store);
    lab.link(a, b);
    lab.run(50);
    const { replica } = a.store;
    const found: number[] = [];
    replica.cells.forEach((cell) => {
      if (replica.cells.head(cell) !== 0) found.push(cell);
    });
    const [cell] = found as [number];
    const wire = new Writer();
    const canonical = new Writer();
    const head = replica.cells.head(cell);
    replica.type(cell).write(replica.slots, head, wire, replica.vv, undefined);
    replica.type(cell).canonical(replica.slots, head, canonical);
    expect([hex(wire.finish()), hex(canonical.finish())]).toEqual(GOLDEN[type]);
  });
});
