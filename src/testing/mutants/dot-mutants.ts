/** Known bugs of types that keep dots: registers, elements of sets, flags, members of presences. */
import { writeActor } from '../../crdt/chain.js';
import { mergeDots, NUMBERS, OBJECTS, overwrite } from '../../crdt/dots.js';
import { presencesAt } from '../../crdt/presence.js';
import { CELL } from '../../crdt/slots.js';
import { SUBJECTS } from '../subjects.js';
import { broken, dropping, merging, type Mutant, NOTHING, slotsOf, writing } from './mutant.js';

const { register, set, flag, presence } = SUBJECTS;

export const DOT_MUTANTS: Readonly<Record<string, Mutant>> = {
  'register: a dropped loser': {
    bug: 'of concurrent writes only the winner is kept: removed later, it takes the loser with it',
    subject: merging(register, ({ slots }) => (merged) => {
      const [, ...losers] = slotsOf(slots, merged).filter((slot) => slots.value(slot) !== 0);
      for (const slot of losers) slots.setValue(slot, 0);
      return merged;
    }),
  },
  'register: the last that came': {
    bug: 'what is shown first is what arrived last, not what was written last',
    subject: {
      ...register,
      value(slots, head) {
        const live = slotsOf(slots, head).filter((slot) => slots.value(slot) !== 0);
        return live.map((slot) => (slots.object(slots.value(slot)) as { readonly value: unknown }).value);
      },
    },
  },
  'set: the removal wins': {
    bug: 'a removal takes an add with it that it had not seen',
    subject: merging(set, ({ slots, from, other }) => (merged) => {
      const removal = slotsOf(from, other).find((slot) => from.value(slot) === 0);
      if (removal === undefined) return merged;
      return overwrite(slots, merged, from.actor(removal), from.dot(removal), 0, NUMBERS);
    }),
  },
  'set: back from the dead': {
    bug: 'what was seen here and removed is taken over again',
    subject: broken(set, () => ({
      merge: (slots, head, _lctx, from, other, rctx) => mergeDots(slots, head, NOTHING, from, other, rctx, NUMBERS),
    })),
  },
  'set: absence says nothing': {
    bug: 'what the other side has seen and no longer holds is kept',
    subject: broken(set, () => ({
      merge: (slots, head, lctx, from, other) => mergeDots(slots, head, lctx, from, other, NOTHING, NUMBERS),
    })),
  },
  'set: told in parts': {
    bug: 'a state in which absence speaks is told without what is not new',
    subject: writing(set, ({ slots, head, since }) =>
      dropping(slots, head, (slot) => since !== undefined && slots.dot(slot) <= since.get(slots.actor(slot))),
    ),
  },
  'set: dots lifted over gaps': {
    bug: "a compaction renames an actor's dots to the newest that was seen of it: who removes the one does not remove the other",
    subject: writing(set, ({ slots, head, top }) => {
      for (const slot of slotsOf(slots, head)) slots.setDot(slot, top.get(slots.actor(slot)));
    }),
  },
  'set: a removal without a dot': {
    bug: 'only what is there is told: nobody who has not heard of it passes a removal on',
    subject: writing(set, ({ slots, head }) => dropping(slots, head, (slot) => slots.value(slot) === 0)),
  },
  'set: a reused dot': {
    bug: 'the next operation goes under the dot of the one before',
    subject: {
      ...set,
      perform(slots, head, self, dot, op) {
        const own = slots.find(head, self);
        return set.perform(slots, head, self, own === 0 ? dot : slots.dot(own), op);
      },
    },
  },
  'flag: never forgets': {
    bug: 'a full frame that does not list the flag leaves it on',
    subject: broken(flag, () => ({ forget: (_slots, head) => head })),
  },
  'flag: news by value': {
    bug: 'what changes nothing to be seen is not passed on: a removal of what was never here stays here',
    subject: merging(flag, ({ slots, head }) => {
      const before = flag.crdt.live(slots, head);
      return (merged) => {
        slots.news = before !== flag.crdt.live(slots, merged);
        return merged;
      };
    }),
  },
  'flag: eats what it is given': {
    bug: 'a merge changes its right side',
    subject: merging(flag, ({ from, other }) => () => {
      for (const slot of slotsOf(from, other)) from.setValue(slot, 0);
      return undefined;
    }),
  },
  'flag: bytes in the order of arrival': {
    bug: 'equal states have different bytes: replicas that agree find that they differ',
    subject: broken(flag, () => ({
      canonical(slots, head, w) {
        for (let slot = head; slot !== 0; slot = slots.next(slot)) {
          if (slots.value(slot) === 0 || slots.actor(slot) === CELL) continue;
          writeActor(slots, slots.actor(slot), w);
          w.uint(slots.dot(slot));
        }
      },
    })),
  },
  'presence: one brings along for all': {
    bug: 'a session that joins takes the place of those elsewhere: when it leaves the member is gone',
    subject: {
      ...presence,
      perform(slots, head, self, dot, op) {
        const after = presence.perform(slots, head, self, dot, op);
        if (after === undefined || (op as { readonly kind: string }).kind !== 'join') return after;
        const [own, ...others] = [slots.find(after, self), ...slotsOf(slots, after)];
        for (const slot of others) {
          if (slot === own || slots.value(slot) === 0) continue;
          OBJECTS.drop(slots, slots.value(slot));
          slots.setValue(slot, 0);
        }
        return after;
      },
    },
  },
  'presence: the heir brings along': {
    bug: 'whoever removes what others have left has it from then on as its own',
    subject: {
      ...presence,
      perform(slots, head, self, dot, op) {
        const left = slotsOf(slots, head).find((slot) => slots.actor(slot) !== self && slots.value(slot) !== 0);
        const sessions = left === undefined ? undefined : presencesAt(slots, left);
        const after = presence.perform(slots, head, self, dot, op);
        if (sessions === undefined || after === undefined || (op as { readonly kind: string }).kind !== 'sweep')
          return after;
        slots.setValue(slots.find(after, self), slots.hold(sessions));
        return after;
      },
    },
  },
  'presence: swept without a word': {
    bug: 'only who is there is told: nobody who has not heard of a removal passes it on',
    subject: writing(presence, ({ slots, head }) => dropping(slots, head, (slot) => slots.value(slot) === 0)),
  },
};
