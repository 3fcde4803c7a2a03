/** Known bugs of types whose state is a number per actor: counters, gauges, the score of a member of a sorted set. */
import { BASE, type Slots } from '../../crdt/slots.js';
import type { CounterOp } from '../models/counter.js';
import { type ActorOrder, type Event, unobserved } from '../models/event.js';
import { byActor } from '../models/generation.js';
import type { Subject } from '../subject.js';
import { SUBJECTS } from '../subjects.js';
import { broken, dropping, type Merging, merging, type Mutant, slotsOf, writing } from './mutant.js';

const { counter, gauge, sorted } = SUBJECTS;
/** In the place of the time of a base that is no score that was set. */
const NO_SCORE = -1;

/** What each actor had on both sides. */
function shared({ slots, head, from, other }: Merging): Map<number, readonly [mine: number, theirs: number]> {
  const both = new Map<number, readonly [number, number]>();
  for (const slot of slotsOf(from, other)) {
    const mine = slots.find(head, from.actor(slot));
    if (mine !== 0) both.set(from.actor(slot), [slots.value(mine), from.value(slot)]);
  }
  return both;
}

function tenth(n: number): number {
  return n / 10;
}

/** A counter of tenths whose actors are summed in their order. */
function floatModel(events: readonly Event<unknown>[], order: ActorOrder): number {
  const made = events as readonly Event<CounterOp>[];
  const resets = made.filter(({ op }) => op.kind === 'reset');
  const sums = new Map<number, number>();
  for (const { actor, op } of unobserved(made, resets))
    if (op.kind === 'increment') sums.set(actor, (sums.get(actor) ?? 0) + op.n);
  return [...sums].sort(([a], [b]) => order(a, b)).reduce((sum, [, n]) => sum + tenth(n), 0);
}

/** Sums are added where they are to be replaced. */
function additive(subject: Subject<unknown>): Subject<unknown> {
  return merging(subject, (sides) => {
    const both = shared(sides);
    return (merged) => {
      for (const [actor, [mine, theirs]] of both) {
        const slot = actor < BASE ? sides.slots.find(merged, actor) : 0;
        if (slot !== 0) sides.slots.setValue(slot, mine + theirs);
      }
      return merged;
    };
  });
}

/** The bases of a member that are scores which were set, the last one's first. */
function scoresOf(slots: Slots, head: number): number[] {
  const time = (slot: number): number => slots.second(slots.value(slot));
  const bases = slotsOf(slots, head).filter((slot) => slots.actor(slot) >= BASE && time(slot) !== NO_SCORE);
  return bases.sort(
    (a, b) => time(b) - time(a) || slots.actors.compare(slots.actor(b) & ~BASE, slots.actor(a) & ~BASE),
  );
}

/** Tenths that were added to a member by several actors, in the order of their names. */
function tenthsModel(events: readonly Event<unknown>[], order: ActorOrder): number | undefined {
  const added = byActor(events as readonly Event<{ readonly n: number }>[], order);
  const sums = added.map((own) => own.reduce((sum, { op }) => sum + op.n, 0));
  return sums.length === 0 ? undefined : sums.reduce((sum, own) => sum + own, 0);
}

export const NUMBER_MUTANTS: Readonly<Record<string, Mutant>> = {
  'counter: additive merge': {
    bug: 'sums are added instead of replaced: what comes twice counts twice',
    subject: additive(counter),
  },
  'counter: a folded slot': {
    bug: "another actor's sum is folded into one's own: a reset that did not see that is lost, and so is the sum's owner",
    subject: merging(counter, ({ slots }) => (merged) => {
      const own = slots.find(merged, 0);
      let head = merged;
      for (const slot of own === 0 ? [] : slotsOf(slots, merged)) {
        if (slot === own || slots.actor(slot) >= BASE || slots.find(head, slots.actor(slot) | BASE) !== 0) continue;
        slots.setValue(own, slots.value(own) + slots.value(slot));
        head = slots.remove(head, slot);
      }
      return head;
    }),
  },
  'counter: a reset that is not told': {
    bug: 'what a reset observed is kept to oneself',
    subject: writing(counter, ({ slots, head }) => dropping(slots, head, (slot) => slots.actor(slot) >= BASE)),
  },
  'counter: a reset of everything': {
    bug: 'a reset that arrives takes increments with it that it had not seen',
    subject: merging(counter, ({ slots }) => (merged) => {
      for (const base of slotsOf(slots, merged).filter((slot) => slots.actor(slot) >= BASE)) {
        const own = slots.find(merged, slots.actor(base) - BASE);
        if (own === 0) continue;
        slots.setDot(base, slots.dot(own));
        slots.setValue(base, slots.value(own));
      }
      return merged;
    }),
  },
  'counter: a delta without resets': {
    bug: 'who asks for what is new is told nothing',
    subject: broken(counter, (type) => ({
      write: (slots, head, w, top, since) => type.write(slots, since === undefined ? head : 0, w, top, since),
    })),
  },
  'counter: floats as they come': {
    bug: 'floats are summed in the order of the chain, which is not the same everywhere',
    subject: {
      ...counter,
      value(slots, head) {
        let sum = 0;
        for (const slot of slotsOf(slots, head)) {
          if (slots.actor(slot) >= BASE) continue;
          const base = slots.find(head, slots.actor(slot) | BASE);
          sum += tenth(slots.value(slot) - (base === 0 ? 0 : slots.value(base)));
        }
        return sum;
      },
      model: floatModel,
    },
  },
  'gauge: the larger share': {
    bug: 'of two shares of an actor the larger counts, not the later',
    subject: merging(gauge, (sides) => {
      const both = shared(sides);
      return (merged) => {
        for (const [actor, [mine, theirs]] of both)
          sides.slots.setValue(sides.slots.find(merged, actor), Math.max(mine, theirs));
        return merged;
      };
    }),
  },
  'gauge: zero is nothing': {
    bug: 'a share of zero is thrown away, and with it that it is newer than what is still on its way',
    subject: merging(gauge, ({ slots }) => (merged) => {
      let head = merged;
      for (const slot of slotsOf(slots, merged)) if (slots.value(slot) === 0) head = slots.remove(head, slot);
      return head;
    }),
  },
  'gauge: off by one': {
    bug: 'dots travel one too far from the top',
    subject: broken(gauge, (type) => ({
      write(slots, head, w, top, since) {
        const higher = top.clone();
        for (const slot of slotsOf(slots, head)) higher.set(slots.actor(slot), top.get(slots.actor(slot)) + 1);
        type.write(slots, head, w, higher, since);
      },
    })),
  },
  'sorted: additive merge': {
    bug: 'what an actor added is added again when it is told again',
    subject: additive(sorted),
  },
  'sorted: a dropped loser': {
    bug: 'of scores that were set at the same time only the last is kept: removed later, it takes the others with it',
    subject: merging(sorted, ({ slots }) => (merged) => {
      for (const loser of scoresOf(slots, merged).slice(1)) slots.setPair(slots.value(loser), 0, NO_SCORE);
      return merged;
    }),
  },
  'sorted: a set of everything': {
    bug: 'a score that was set takes what was added with it, though it had not seen that',
    subject: merging(sorted, ({ slots }) => (merged) => {
      if (scoresOf(slots, merged).length === 0) return merged;
      for (const slot of slotsOf(slots, merged).filter((one) => slots.actor(one) < BASE)) slots.setValue(slot, 0);
      return merged;
    }),
  },
  'sorted: floats as they come': {
    bug: 'what actors added is summed in the order of the chain, which is not the same everywhere',
    subject: {
      ...sorted,
      draw: (random) => ({ kind: 'increment', n: random.pick([0.1, 0.2, 0.3, 0.7]) }),
      value(slots, head) {
        const added = slotsOf(slots, head).filter((slot) => slots.actor(slot) < BASE);
        return added.length === 0 ? undefined : added.reduce((sum, slot) => sum + slots.value(slot), 0);
      },
      model: tenthsModel,
    },
  },
};
