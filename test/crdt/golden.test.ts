import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { ActorTable } from '../../src/base/actor.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import type { BuiltIn, Crdt } from '../../src/crdt/crdt.js';
import * as docs from '../../src/crdt/doc.js';
import { TYPE_NAMES, typeOfName } from '../../src/crdt/registry.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { PRESENT } from '../../src/testing/simulator/core.js';
import { subjectOf } from '../../src/testing/subjects.js';
import { CORE as PROTOCOL_1 } from '../previous/protocol-1/core.js';
import { EPOCH_MS, pair } from '../sync/lab.js';
import { type Program, PROGRAMS, TAKEN_OVER } from './programs.js';

interface Golden {
  /** What is replicated. */
  readonly wire: string;
  /** What digests are made of. */
  readonly canonical: string;
  /** The version vector of the frame, of the nodes in the order of their numbers on the wire. */
  readonly top: Readonly<Record<string, number>>;
  /** The type whose state it is, where the key's is a collection of others. */
  readonly of?: BuiltIn;
  /** What made it, where that is not the type's first program. */
  readonly program?: Program;
  /** What a reader sees. */
  readonly value: unknown;
}

/** As it was given to the world, never changed: every version that was ever sent, the last of them as it is sent now. */
const GOLDEN: Readonly<Record<BuiltIn, readonly [Golden, ...Golden[]]>> = {
  counter: [
    {
      wire: '070000a50402008080808080400101ac04',
      canonical: '016101034701620101808080808040',
      top: { a: 3, b: 1 },
      value: { value: 2 ** 40 - 7, live: true },
    },
  ],
  gauge: [
    {
      wire: '05000005020043',
      canonical: '01610101050162010143',
      top: { a: 1, b: 1 },
      value: 2,
    },
  ],
  register: [
    {
      wire: '020100808099c0fee2717601016175037d017e7702c3a90300808099c0fee27174020102',
      canonical: '01610101808099c0fee2717601016175037d017e7702c3a901620101808099c0fee27174020102',
      top: { a: 1, b: 1 },
      value: [new Uint8Array([1, 2]), { a: [1, null, 'é'] }],
    },
  ],
  set: [
    {
      wire: '05000000020001',
      canonical: '01620101',
      top: { a: 2, b: 1 },
      value: true,
    },
  ],
  log: [
    {
      wire: '020000010002013ff00000000000000002024000000000000000000077067365636f6e644008000000000000010075017d03',
      canonical: '023ff00000000000000161010140000000000000000161010377067365636f6e6440080000000000000162010175017d03',
      top: { a: 3, b: 1 },
      value: [
        [2, 'second'],
        [3, [3]],
      ],
    },
  ],
  window: [
    {
      wire: '020000010001403400000000000040590000000000000100020200011400050101140041',
      canonical: '4034000000000000405900000000000001610101016101140305016201140141',
      top: { a: 3, b: 1 },
      value: [[20, 4]],
    },
  ],
  flag: [
    {
      wire: '05000000020001',
      canonical: '01620101',
      top: { a: 2, b: 1 },
      value: true,
    },
  ],
  map: [
    {
      wire: '070000020200ac04010002',
      canonical: '01620101ac04',
      top: { a: 2, b: 1 },
      of: 'counter',
      value: { value: 300, live: true },
    },
  ],
  sorted: [
    {
      wire: '020b00c601014004000000000000808099c0fee27113000000ac04808099c0fee271',
      canonical: '0161010303c051800000000000024004000000000000808099c0fee27101620102014072c00000000000808099c0fee271',
      top: { a: 3, b: 1 },
      value: 230,
    },
  ],
  bounded: [
    {
      wire: '0f07e80fa80f010201000fec048080808080804090064600000000050101c80105000001',
      canonical: '0f07e80fa80f01016101030fec0480808080808040900646000000000501016301c801016201030001',
      top: { a: 3, c: 0, b: 3 },
      value: { value: -292, live: true },
    },
    {
      program: TAKEN_OVER,
      wire: '0f07e80fa80f010201000fec048080808080804090064600000000050101c8010500580000030000010106',
      canonical: '0f07e80fa80f01016101030fec0480808080808040900646000000000501016301c801016201035800000300000101630106',
      top: { a: 3, c: 0, b: 3 },
      value: { value: -293, live: true },
    },
  ],
  presence: [
    {
      wire: '020100020173750001747702c3a90200',
      canonical: '01610104020173750001747702c3a9',
      top: { a: 4, b: 2 },
      value: [
        [
          ['s', []],
          ['t', 'é'],
        ],
      ],
    },
  ],
  doc: [
    {
      wire: '0200000100010101000100000f01010200040104626f647902c3a900',
      canonical: '010102000100',
      top: { a: 3, b: 1 },
      value: 'é',
    },
  ],
  unique: [
    {
      wire: '020000010002010281fc1c84b71d',
      canonical: '01010281fc1c84b71d',
      top: { a: 3, b: 3 },
      value: 2,
    },
  ],
  quantiles: [
    {
      wire: '020000010002020000bfe0000000000000bfe0000000000000bfe000000000000001e20d0101004285d3ef79800000426d1a94a2000000426d1a94a200000001c02803',
      canonical:
        '01016101bfe0000000000000bfe0000000000000bfe000000000000001e20d010162014285d3ef79800000426d1a94a2000000426d1a94a200000001c02803',
      top: { a: 3, b: 3 },
      value: {
        count: 4,
        sum: 2_999_999_999_999.5,
        min: -0.5,
        max: 1e12,
        shown: [-0.5, -0.5, 999_849_948_094.0216, 999_849_948_094.0216, 1e12],
      },
    },
  ],
  top: [
    {
      wire: '020000010002020000ad020102c3a9010161ad020101000100000101610100',
      canonical: '01016101ad020102c3a90161ad020101620101000001610100',
      top: { a: 4, b: 3 },
      value: { total: 302, items: [{ item: 'a', count: 302, error: 1 }] },
    },
  ],
};

const ALL = TYPE_NAMES.flatMap((type) => GOLDEN[type].map((golden) => [type, golden] as const));

/** Of each program the last. */
const PRESENT_ONES = ALL.filter(
  ([type, { program }], i) => !ALL.slice(i + 1).some(([other, later]) => other === type && later.program === program),
);

/** Of the types that there were, those whose operations all mean the same. */
const OF_PROTOCOL_1 = ['counter', 'gauge', 'register', 'set', 'log', 'window'] as const;

/** What a reader of the state sees: of a document its text. */
function shown(crdt: Crdt, slots: Slots, head: number): unknown {
  if (crdt.name !== 'doc') return subjectOf(crdt.name).value(slots, head);
  const read = new Y.Doc();
  Y.applyUpdate(read, docs.update(slots, head));
  return read.getText('body').toJSON();
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('golden bytes', () => {
  it.each(PRESENT_ONES)('of a %s are what they always were', (type, golden) => {
    const { lab, a, b } = pair();
    lab.cut(a, b);
    const [first, second] = golden.program ?? PROGRAMS[type];
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
    expect([hex(wire.finish()), hex(canonical.finish())]).toEqual([golden.wire, golden.canonical]);
  });

  it.each(ALL)('of a %s say what they always said, to whoever numbers the nodes in another order', (type, golden) => {
    const crdt = typeOfName(golden.of ?? type) as Crdt;
    const actors = new ActorTable();
    const names = Object.keys(golden.top);
    for (const name of names.toReversed()) actors.intern(name, 1);
    const actor = (wire: number): number => actors.intern(names[wire] as string, 1);
    const top = new VersionVector(Object.values(golden.top).toReversed());
    const staged = new Slots(actors);
    const reader = new Reader(Buffer.from(golden.wire, 'hex'));
    const read = crdt.read(staged, reader, { actor, top });
    const slots = new Slots(actors);
    const head = crdt.merge(slots, 0, new VersionVector(), staged, read, top);
    const canonical = new Writer();
    crdt.canonical(slots, head, canonical);
    expect([reader.done, hex(canonical.finish())]).toEqual([true, golden.canonical]);
    expect(shown(crdt, slots, head)).toEqual(golden.value);
  });

  it.each(OF_PROTOCOL_1)('of a %s are those of the protocol before', (type) => {
    const [present, previous] = [PRESENT, PROTOCOL_1].map((core) => {
      const store = core.store({ node: 'a', incarnation: 1, clock: () => EPOCH_MS });
      PROGRAMS[type][0](store);
      const { cells, slots, vv } = store.replica;
      const states: string[] = [];
      cells.forEach((cell) => {
        const w = new Writer();
        if (cells.head(cell) === 0) return;
        store.replica.type(cell).write(slots, cells.head(cell), w, vv, undefined);
        states.push(hex(w.finish()));
      });
      return states;
    });
    expect(present).toEqual(previous);
  });
});
