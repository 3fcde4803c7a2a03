/** Known bugs of types that are deleted as a whole: sketches, documents, bounded counters. */
import { cellObject } from '../../crdt/cell-object.js';
import { Buckets } from '../../crdt/ddsketch.js';
import type { Bounds, Row } from '../../crdt/escrow.js';
import { contentOf } from '../../crdt/generation.js';
import { indexOf, MAX_RANK, type Registers, rankOf } from '../../crdt/hyperloglog.js';
import type { Parts } from '../../crdt/single-writer.js';
import { Table } from '../../crdt/space-saving.js';
import { performAs } from '../models/doc.js';
import type { QuantilesValue } from '../models/quantiles.js';
import { SUBJECTS } from '../subjects.js';
import type { Subject } from '../subject.js';
import { type Merging, merging, type Mutant, writing } from './mutant.js';

const { unique, quantiles, top, doc, bounded } = SUBJECTS;

/** As far as the bugs go. */
interface Sketch {
  readonly registers: Registers;
}

interface DocState {
  generation: number;
  readonly logs: Map<number, unknown[]>;
}

interface BoundedState {
  generation: number;
  bounds: Bounds | undefined;
  readonly rows: Map<number, Row>;
}

/** Of sketches with parts: what each actor had on both sides is spoiled together, after the merge. */
function partwise<P>(subject: Subject<unknown>, spoil: (merged: P, mine: P, theirs: P) => void): Mutant['subject'] {
  return merging(subject, ({ slots, head, from, other }) => {
    const [mine, theirs] = [contentOf<Parts<P>>(slots, head), contentOf<Parts<P>>(from, other)];
    const copies = new Map([...(mine ?? [])].map(([actor, part]) => [actor, (part as { copy(): P }).copy()]));
    return (merged) => {
      const parts = contentOf<Parts<P>>(slots, merged);
      for (const [actor, part] of parts ?? []) {
        const [before, after] = [copies.get(actor), theirs?.get(actor)];
        if (before !== undefined && after !== undefined) spoil(part, before, after);
      }
      return merged;
    };
  });
}

/** Each actor's part becomes another one when it is merged. */
function replaced<P>(subject: Subject<unknown>, change: (part: P) => P): Mutant['subject'] {
  return merging(subject, ({ slots }) => (merged) => {
    const parts = contentOf<Parts<P>>(slots, merged);
    for (const [actor, part] of parts ?? []) parts?.set(actor, change(part));
    return merged;
  });
}

/** The two lowest buckets of many become one, as some do to save room. */
function collapsed(sketch: Buckets): Buckets {
  if (sketch.used < 4) return sketch;
  const fewer = new Buckets();
  Object.assign(fewer, { dot: sketch.dot, sum: sketch.sum, min: sketch.min, max: sketch.max });
  fewer.raise(sketch.key(1), sketch.count(0) + sketch.count(1), sketch.dot);
  for (let i = 2; i < sketch.used; i++) fewer.raise(sketch.key(i), sketch.count(i), sketch.dotOf(i));
  return fewer;
}

/** Without the item that was counted least. */
function shortened(table: Table): Table {
  const [, ...kept] = [...table.values()].sort((a, b) => a.count - b.count || (a.item < b.item ? -1 : 1));
  const shorter = new Table();
  Object.assign(shorter, { dot: table.dot, total: table.total });
  shorter.lift(table.floorCount, table.floorItem);
  for (const item of kept) shorter.raise({ ...item });
  return shorter;
}

/** What there was of an earlier generation stays when a later one arrives. */
function sparing<State extends { generation: number }>(
  subject: Subject<unknown>,
  inside: (state: State) => Map<number, unknown>,
): Mutant['subject'] {
  return merging(subject, ({ slots, head }) => {
    const mine = cellObject<State>(slots, head);
    const generation = mine?.generation ?? 0;
    const before = new Map(mine === undefined ? [] : inside(mine));
    return (merged) => {
      const state = cellObject<State>(slots, merged);
      if (state === undefined || state.generation === generation) return merged;
      for (const [actor, there] of before) if (!inside(state).has(actor)) inside(state).set(actor, there);
      return merged;
    };
  });
}

function boundedOf({ slots, head, from, other }: Merging): readonly [BoundedState, BoundedState] | undefined {
  const [mine, theirs] = [cellObject<BoundedState>(slots, head), cellObject<BoundedState>(from, other)];
  return mine === undefined || theirs === undefined ? undefined : [{ ...mine, rows: new Map(mine.rows) }, theirs];
}

/** Of bounded counters: what an actor has on both sides becomes something else. */
function rowwise(change: (mine: Row, theirs: Row) => Row): Mutant['subject'] {
  return merging(bounded, (sides) => {
    const states = boundedOf(sides);
    return (merged) => {
      const rows = cellObject<BoundedState>(sides.slots, merged)?.rows;
      for (const [actor, row] of states?.[0].rows ?? []) {
        const theirs = states?.[1].rows.get(actor);
        if (theirs !== undefined && rows?.has(actor) === true) rows.set(actor, change(row, theirs));
      }
      return merged;
    };
  });
}

export const GENERATION_MUTANTS: Readonly<Record<string, Mutant>> = {
  'unique: additive merge': {
    bug: 'ranks of a register are added instead of the larger one taken',
    subject: merging(unique, ({ slots, head, from, other }) => {
      const twice: number[] = [];
      const mine = contentOf<Sketch>(slots, head)?.registers;
      contentOf<Sketch>(from, other)?.registers.forEach((place) => {
        const rank = mine?.rank(indexOf(place)) ?? 0;
        if (rank > 0) twice.push(indexOf(place) * 64 + Math.min(MAX_RANK, rank + rankOf(place)));
      });
      return (merged) => {
        for (const place of twice) contentOf<Sketch>(slots, merged)?.registers.raise(place);
        return merged;
      };
    }),
  },
  'unique: what was deleted comes back': {
    bug: 'a deletion that arrives spares what it has not seen, which others have dropped',
    subject: merging(unique, ({ slots, head }) => {
      const before = contentOf<Sketch>(slots, head)?.registers.copy();
      return (merged) => {
        if (before !== undefined) contentOf<Sketch>(slots, merged)?.registers.join(before);
        return merged;
      };
    }),
  },
  'quantiles: additive merge': {
    bug: 'counts of a bucket are added instead of replaced: what comes twice counts twice',
    subject: partwise<Buckets>(quantiles, (merged, mine, theirs) => {
      for (let i = 0; i < theirs.used; i++) {
        for (let j = 0; j < mine.used; j++)
          if (mine.key(j) === theirs.key(i)) merged.raise(mine.key(j), mine.count(j) + theirs.count(i), merged.dot);
      }
    }),
  },
  'quantiles: collapsed early': {
    bug: 'a sketch that has many buckets joins the lowest when it is merged',
    subject: replaced(quantiles, collapsed),
  },
  'quantiles: sums as they come': {
    bug: "the actors' sums are added in the order in which they became known here",
    subject: {
      ...quantiles,
      value(slots, head) {
        const value = quantiles.value(slots, head) as QuantilesValue;
        const parts = contentOf<Parts<Buckets>>(slots, head);
        if (parts === undefined || parts.size === 0) return value;
        return { ...value, sum: [...parts.values()].reduce((sum, part) => sum + part.sum, 0) };
      },
    },
  },
  'top: additive merge': {
    bug: 'counts of an item are added instead of replaced: what comes twice counts twice',
    subject: partwise<Table>(top, (merged, mine, theirs) => {
      for (const item of theirs.values()) {
        const known = mine.get(item.item);
        if (known !== undefined) merged.raise({ ...item, count: item.count + known.count, at: 0 });
      }
    }),
  },
  'top: cut when it is merged': {
    bug: 'the item that was counted least goes, though others keep it',
    subject: replaced(top, shortened),
  },
  'top: a deletion that is not told': {
    bug: 'a later generation that arrives is none here',
    subject: merging(top, ({ slots, head }) => {
      const number = cellObject<{ number: number }>(slots, head)?.number;
      return (merged) => {
        const state = cellObject<{ number: number }>(slots, merged);
        if (state !== undefined && number !== undefined) state.number = number;
        return merged;
      };
    }),
  },
  'doc: one client for many': {
    bug: 'all who edit do so as the same Yjs client: their operations have the same names',
    subject: { ...doc, perform: performAs(() => 1) },
  },
  'doc: the last update only': {
    bug: 'who asks for what is new is told the newest update, whatever else it lacks',
    subject: writing(doc, ({ slots, head, since }) => {
      const logs = since === undefined ? undefined : cellObject<DocState>(slots, head)?.logs;
      for (const log of logs?.values() ?? []) log.splice(0, log.length - 1);
    }),
  },
  'doc: an edit that outlives its document': {
    bug: 'a deletion that arrives leaves what it has not seen',
    subject: sparing<DocState>(doc, ({ logs }) => logs),
  },
  'bounded: the larger row': {
    bug: "of two versions of an actor's row the one with the larger sum counts, not the later",
    subject: rowwise((mine, theirs) => (mine.net > theirs.net ? mine : theirs)),
  },
  'bounded: additive merge': {
    bug: "sums of an actor's row are added instead of replaced",
    subject: rowwise((mine, theirs) => ({ ...theirs, net: mine.net + theirs.net })),
  },
  'bounded: the loosest bounds': {
    bug: 'of several bounds that were declared the loosest count',
    subject: merging(bounded, (sides) => {
      const maxima = (boundedOf(sides) ?? []).map(({ bounds }) => bounds?.max);
      return (merged) => {
        const state = cellObject<BoundedState>(sides.slots, merged);
        if (state?.bounds === undefined || maxima.length === 0) return merged;
        const max = maxima.includes(undefined) ? undefined : Math.max(...(maxima as number[]));
        state.bounds = { ...state.bounds, max };
        return merged;
      };
    }),
  },
  'bounded: a deletion that spares': {
    bug: 'a deletion that arrives leaves what it has not seen',
    subject: sparing<BoundedState>(bounded, ({ rows }) => rows),
  },
};
