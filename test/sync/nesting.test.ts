import { describe, expect, it } from 'vitest';
import { Reader, utf8, Writer } from '../../src/base/bytes.js';
import { typeOfName } from '../../src/crdt/registry.js';
import { Slots } from '../../src/crdt/slots.js';
import { VersionVector } from '../../src/crdt/version-vector.js';
import { Store } from '../../src/store/store.js';
import { CellMap } from '../../src/sync/cell-numbers.js';
import { stageCells } from '../../src/sync/frame.js';
import { WireActors } from '../../src/sync/wire-actors.js';

interface CellOnWire {
  readonly wire: number;
  /** Without it, the number is taken as known. */
  readonly type?: string;
  readonly below?: number;
  readonly bare?: true;
}

/** Cells as a peer tells of them; the state of each is that of one without slots. */
function told(cells: readonly CellOnWire[]): Reader {
  const w = new Writer();
  let previous = 0;
  for (const { wire, type, below = -1, bare } of cells) {
    const distance = wire - previous;
    w.uint((distance < 0 ? -2 * distance - 1 : 2 * distance) * 4 + (bare ? 2 : 0) + (type === undefined ? 0 : 1));
    previous = wire;
    if (type !== undefined) {
      w.byte(typeOfName(type)?.tag as number);
      w.uint(below + 1);
      w.bytes(utf8(`cell ${wire}`));
    }
    if (bare !== true) w.uint(type === 'register' || type === 'sorted' ? 0 : 1);
  }
  return new Reader(w.finish());
}

/** What becomes of them, one message after the other: names of the cells that were made, or the code of the error. */
function taken(...messages: (readonly CellOnWire[])[]): string | string[] | undefined {
  const { replica } = new Store({ node: 'here', incarnation: 1, clock: () => 1_700_000_000_000 });
  const receiver = { actors: new WireActors(replica), cells: new CellMap() };
  let names: string[] | undefined = [];
  try {
    for (const cells of messages) {
      const staged = stageCells(replica, receiver, told(cells), new VersionVector(), new Slots(replica.actors));
      names = staged?.cells.map((cell) => replica.cells.name(cell));
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
  return names;
}

const MAP = { wire: 1, type: 'map', bare: true } as const;
const SET_FIELD = { wire: 2, type: 'set', below: 1, bare: true } as const;
const ELEMENT = { wire: 3, type: 'set', below: 2 } as const;
const COUNTER_FIELD = { wire: 4, type: 'counter', below: 1 } as const;
const SET = { wire: 5, type: 'set', bare: true } as const;

describe('cells below cells', () => {
  it('are taken in where their types allow it', () => {
    expect(taken([MAP, SET_FIELD, ELEMENT, COUNTER_FIELD])).toEqual(['cell 3', 'cell 4']);
    expect(taken([MAP, SET_FIELD, ELEMENT], [{ wire: 9, type: 'set', below: 2 }])).toEqual(['cell 9']);
    expect(taken([MAP, COUNTER_FIELD], [SET_FIELD, ELEMENT])).toEqual(['cell 3']);
    const sorted = { wire: 1, type: 'sorted', bare: true } as const;
    expect(taken([sorted, { wire: 2, type: 'sorted', below: 1 }])).toEqual(['cell 2']);
  });

  it('wait for a parent that is not known any more', () => {
    expect([taken([COUNTER_FIELD]), taken([{ wire: 7 }])]).toEqual([undefined, undefined]);
  });

  const WRONG: Readonly<Record<string, readonly (readonly CellOnWire[])[]>> = {
    'a map below a map': [[MAP, { wire: 2, type: 'map', below: 1, bare: true }]],
    'a gauge below a map': [[MAP, { wire: 2, type: 'gauge', below: 1 }]],
    'a sorted set below a map': [[MAP, { wire: 2, type: 'sorted', below: 1, bare: true }]],
    'a counter below a set': [[SET, { wire: 6, type: 'counter', below: 5 }]],
    'an element below an element': [[SET, { wire: 6, type: 'set', below: 5 }], [{ wire: 7, type: 'set', below: 6 }]],
    'a set below an element of a set in a map': [[MAP, SET_FIELD, ELEMENT, { wire: 8, type: 'set', below: 3 }]],
    'a field below a counter': [[MAP, COUNTER_FIELD, { wire: 8, type: 'counter', below: 4 }]],
    'a set in a field with a state': [[MAP, { wire: 2, type: 'set', below: 1 }]],
    'a field without a state': [[MAP, { wire: 4, type: 'counter', below: 1, bare: true }]],
    'a map with a state': [[{ wire: 1, type: 'map' }]],
    'a set with a state': [[{ wire: 5, type: 'set' }]],
    'a state of a map that is known': [[MAP, COUNTER_FIELD], [{ wire: 1 }]],
    'a state of a set in a field that is known': [[MAP, SET_FIELD, ELEMENT], [{ wire: 2 }]],
    'a map without a field': [[MAP]],
    'a set in a field without an element': [[MAP, SET_FIELD]],
    "a map with another one's child": [[SET, MAP, { wire: 6, type: 'set', below: 5 }]],
  };

  it.each(Object.entries(WRONG))('are refused: %s', (_what, messages) => {
    expect(taken(...messages)).toBe('MALFORMED_MESSAGE');
  });
});
