/** Known bugs of types that keep an object in the cell: logs and windows. */
import { cellObject, cloneWithObject } from '../../crdt/cell-object.js';
import { compare, Entries, type Entry, type Id } from '../../crdt/log-entries.js';
import type { Slots } from '../../crdt/slots.js';
import type { Subject } from '../subject.js';
import { SUBJECTS } from '../subjects.js';
import { broken, type Merging, merging, type Mutant, writing } from './mutant.js';

const { log, window } = SUBJECTS;

/** As far as the bugs go. */
interface LogState {
  cap: number;
  floor: Id | undefined;
  entries: Entries;
}

interface WindowState {
  keep: number;
  readonly cleared: Map<number, number>;
  readonly sums: Map<number, Map<number, { readonly dot: number; readonly n: number }>>;
}

/** Both sides' objects, if both have one. */
function both<State>({ slots, head, from, other }: Merging): readonly [mine: State, theirs: State] | undefined {
  const [mine, theirs] = [cellObject<State>(slots, head), cellObject<State>(from, other)];
  return mine === undefined || theirs === undefined ? undefined : [mine, theirs];
}

/** Each once, in the order in which a log keeps them. */
function inOrder(entries: readonly Entry[], slots: Slots): Entries {
  const once = entries.filter((entry, i) => !has(entries.slice(0, i), entry));
  return Entries.of(once.sort((a, b) => compare(slots, a, b)));
}

function has(entries: readonly Entry[], { actor, n }: Entry): boolean {
  return entries.some((entry) => entry.actor === actor && entry.n === n);
}

/** Of two settings the larger counts. */
function largest<State extends object>(subject: Subject<unknown>, setting: keyof State): Subject<unknown> {
  return merging(subject, (sides) => {
    const settings = (both<State>(sides) ?? []).map((state) => state[setting] as number);
    return (merged) => {
      const state = cellObject<State>(sides.slots, merged);
      if (state !== undefined && settings.length > 0) Object.assign(state, { [setting]: Math.max(...settings) });
      return merged;
    };
  });
}

export const OBJECT_MUTANTS: Readonly<Record<string, Mutant>> = {
  'log: tombstones by entry': {
    bug: 'an entry that the other side has seen and does not hold counts as removed, though it was only cut',
    subject: merging(log, (sides) => {
      const { slots, lctx, rctx } = sides;
      const states = both<LogState>(sides);
      const [mine, theirs] = states === undefined ? [[], []] : states.map(({ entries }) => entries.all());
      const seenByMe = lctx.clone();
      return (merged) => {
        const state = cellObject<LogState>(slots, merged);
        if (state === undefined || states === undefined) return merged;
        const kept = state.entries.all().filter((entry) => {
          const removedThere = !has(theirs as Entry[], entry) && entry.n <= rctx.get(entry.actor);
          const removedHere = !has(mine as Entry[], entry) && entry.n <= seenByMe.get(entry.actor);
          return !removedThere && !removedHere;
        });
        state.entries = Entries.of(kept);
        return merged;
      };
    }),
  },
  'log: a floor per actor': {
    bug: 'a clear removes what its own actor had appended, and leaves the rest to come back',
    subject: merging(log, (sides) => {
      const all = (both<LogState>(sides) ?? []).flatMap(({ entries }) => entries.all());
      return (merged) => {
        const state = cellObject<LogState>(sides.slots, merged);
        if (state?.floor === undefined) return merged;
        const { actor } = state.floor;
        state.entries = inOrder([...state.entries.all(), ...all.filter((entry) => entry.actor !== actor)], sides.slots);
        return merged;
      };
    }),
  },
  'log: the largest cap': {
    bug: 'of two caps the larger counts: what was cut for the smaller is gone on one side only',
    subject: largest<LogState>(log, 'cap'),
  },
  'log: a clear that is not told': {
    bug: "the other side's floor is not taken over",
    subject: merging(log, (sides) => {
      const states = both<LogState>(sides);
      const mine = states?.[0].floor;
      const all = (states ?? []).flatMap(({ entries }) => entries.all());
      return (merged) => {
        const state = cellObject<LogState>(sides.slots, merged);
        if (state === undefined || states === undefined || state.floor === mine) return merged;
        state.floor = mine;
        state.entries = inOrder(all, sides.slots);
        return merged;
      };
    }),
  },
  'log: says nothing of news': {
    bug: 'nothing of it is passed on',
    subject: merging(log, ({ slots }) => (merged) => {
      slots.news = false;
      return merged;
    }),
  },
  'log: told as they came': {
    bug: 'the entries are written in the order in which they became visible, which others take for nonsense',
    subject: writing(log, ({ slots, head }) => {
      const state = cellObject<LogState>(slots, head);
      if (state !== undefined) state.entries = Entries.of(state.entries.all().sort((a, b) => a.arrival - b.arrival));
    }),
  },
  'log: one object for two copies': {
    bug: 'a copy shares its entries with what it was taken from: a transaction that throws leaves a trace',
    subject: broken(log, () => ({ clone: (slots, head) => cloneWithObject(slots, head, (state) => state) })),
  },
  'window: additive merge': {
    bug: 'sums of a bucket are added instead of replaced',
    subject: merging(window, (sides) => {
      const twice: [actor: number, start: number, n: number][] = [];
      const [mine, theirs] = both<WindowState>(sides) ?? [];
      for (const [actor, sums] of theirs?.sums ?? []) {
        for (const [start, { n }] of sums) {
          const here = mine?.sums.get(actor)?.get(start);
          if (here !== undefined) twice.push([actor, start, n + here.n]);
        }
      }
      return (merged) => {
        const sums = cellObject<WindowState>(sides.slots, merged)?.sums;
        for (const [actor, start, n] of twice) {
          const sum = sums?.get(actor)?.get(start);
          if (sum !== undefined) sums?.get(actor)?.set(start, { ...sum, n });
        }
        return merged;
      };
    }),
  },
  'window: a clear that is not told': {
    bug: 'what a clear had seen is not taken over',
    subject: merging(window, (sides) => {
      const states = both<WindowState>(sides);
      const before = new Map(states?.[0].cleared);
      return (merged) => {
        const cleared = cellObject<WindowState>(sides.slots, merged)?.cleared;
        if (cleared === undefined || states === undefined) return merged;
        cleared.clear();
        for (const [actor, dot] of before) cleared.set(actor, dot);
        return merged;
      };
    }),
  },
  'window: the largest keep': {
    bug: 'of two lengths the larger counts: what was cut for the smaller is gone on one side only',
    subject: largest<WindowState>(window, 'keep'),
  },
};
