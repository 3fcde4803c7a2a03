/**
 * Known bugs, put back: each is one of the holes that the obvious version of replication falls into. They are wrapped around a
 * process from outside, so that the code under test has no switch for them. A simulator that does not fail with one of these
 * would not notice it either if somebody wrote it.
 */
import { Writer } from '../../base/bytes.js';
import { rowsOf } from '../../crdt/bounded.js';
import type { Crdt } from '../../crdt/crdt.js';
import { giving, type Row, SIDES } from '../../crdt/escrow.js';
import { VersionVector } from '../../crdt/version-vector.js';
import type { Staged } from '../../store/staging.js';
import type { Break } from './break.js';
import { EXCHANGE_BREAKS } from './exchange-breaks.js';
import type { Process } from './process.js';
import { TYPE_BREAKS } from './type-breaks.js';

/** Change what `apply` is given. */
function applying(change: (staged: Staged) => Staged): (process: Process) => void {
  return ({ store: { replica } }) => {
    const apply = replica.apply.bind(replica);
    replica.apply = (frames) => apply(frames.map(change));
  };
}

/** Replace functions of one type while frames are merged. */
function retyped(name: string, change: (type: Crdt) => Partial<Crdt>): (process: Process) => void {
  return ({ store: { replica } }) => {
    const apply = replica.apply.bind(replica);
    const typeOf = replica.type.bind(replica);
    const other = (cell: number): Crdt => {
      const type = typeOf(cell);
      return name === '*' || type.name === name ? { ...type, ...change(type) } : type;
    };
    replica.apply = (frames) => {
      replica.type = other;
      apply(frames);
      replica.finish();
      replica.type = typeOf;
    };
  };
}

export const BREAKS: Readonly<Record<string, Break>> = {
  ...EXCHANGE_BREAKS,
  ...TYPE_BREAKS,
  'reuse-actor': {
    hole: 'H7',
    bug: 'a node that lost its state goes on as the same actor: dots name two things',
    sameIncarnation: true,
    wrap: () => {},
  },
  'succeed-at-once': {
    hole: 'H7',
    bug: 'a process goes on with the dots of an earlier life without asking what others have of it',
    leaning: { types: ['counter', 'set', 'register'], faults: ['crash', 'slow link', 'cut'], shape: 'mesh' },
    from: 190,
    wrap: ({ replicator, store: { replica } }) => {
      replicator.succession.tick = () => {
        const { actors, node, vv } = replica;
        const earlier = vv.dots.findIndex((n, i) => i > 0 && n > 0 && actors.get(i).node === node);
        if (earlier > 0 && replica.isFresh && replicator.membership.own.state === 'joining') replica.succeed(earlier);
      };
    },
  },
  'reuse-snapshot': {
    hole: 'H7',
    bug: 'a node goes on as the same actor from what it had once: it gives dots out again that others have',
    sameIncarnation: true,
    leaning: { types: ['counter', 'set', 'register'], faults: ['crash', 'stale snapshot'], shape: 'mesh' },
    wrap: () => {},
  },
  'drop-ghost-floor': {
    hole: 'H8',
    bug: 'the ghost floor is not taken over from a full frame: removals below it cannot be passed on',
    leaning: { types: ['set', 'register'], faults: ['crash', 'cut', 'break'], shape: 'mesh', hectic: true },
    from: 1500,
    wrap: applying((staged) => ({ ...staged, ghostFloor: new VersionVector() })),
  },
  'full-as-delta': {
    hole: 'H8',
    bug: 'what a full frame does not list is kept: it comes back from the dead',
    leaning: { types: ['set', 'register'], faults: ['crash', 'cut', 'break'], shape: 'mesh' },
    from: 150,
    wrap: applying((staged) => ({ ...staged, full: false })),
  },
  'news-by-payload': {
    hole: 'H1',
    bug: 'a cell is passed on only if its payload changed: a removal of what was never here stays here',
    leaning: { types: ['set', 'register'], faults: ['cut', 'slow link', 'pause'], shape: 'mesh' },
    from: 180,
    wrap: retyped('*', (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const before = new Writer();
        type.canonical(slots, head, before);
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        const after = new Writer();
        type.canonical(slots, merged, after);
        slots.news = String(before.finish()) !== String(after.finish());
        return merged;
      },
    })),
  },
  'split-frames': {
    hole: 'H6',
    bug: 'a frame is applied cell by cell, each under the top of the whole',
    wrap: ({ store: { replica } }) => {
      const apply = replica.apply.bind(replica);
      replica.apply = (frames) => {
        for (const staged of frames) {
          if (staged.full || staged.cells.length < 2) apply([staged]);
          else
            staged.cells.forEach((cell, i) =>
              apply([{ ...staged, cells: [cell], heads: [staged.heads[i] as number] }]),
            );
        }
      };
    },
  },
  'collect-at-once': {
    hole: 'H9',
    bug: 'removals are forgotten before anybody has seen them',
    wrap: ({ store: { replica } }) => {
      const collect = replica.collect.bind(replica);
      replica.collect = () => collect(replica.vv, replica.vv);
    },
  },
  'collect-unstable': {
    bug: 'what a reset observed is forgotten as soon as the linked peers have it, though others have not',
    leaning: { types: ['counter'], faults: ['crash', 'cut', 'break'], shape: 'mesh' },
    from: 265,
    wrap: ({ store: { replica } }) => {
      const collect = replica.collect.bind(replica);
      replica.collect = (seen) => collect(seen, seen);
    },
  },
  'lose-the-loser': {
    bug: 'of concurrent writes to a register only the winner is kept: removed later, it takes the loser with it',
    wrap: retyped('register', (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        let winner = 0;
        for (let slot = merged; slot !== 0; slot = slots.next(slot)) {
          if (slots.value(slot) === 0) continue;
          if (winner !== 0) slots.setValue(slot, 0);
          winner = slot;
        }
        return merged;
      },
    })),
  },
  'additive-merge': {
    bug: 'sums are added instead of replaced: what comes twice counts twice',
    wrap: retyped('counter', (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        for (let slot = other; slot !== 0; slot = from.next(slot)) {
          const mine = slots.find(head, from.actor(slot));
          if (mine !== 0 && slots.dot(mine) === from.dot(slot))
            slots.setValue(mine, slots.value(mine) + from.value(slot));
        }
        return merged;
      },
    })),
  },
  'rights-for-all': {
    bug: 'whoever claims the initial rights of a bounded counter has them, before everybody is known to know',
    leaning: { types: ['bounded'], faults: ['cut', 'slow link'], shape: 'mesh', hectic: true, without: ['delete'] },
    wrap: ({ store: { replica } }) => {
      replica.others.isKnownToAll = () => true;
    },
  },
  'rights-twice': {
    bug: 'what is given to a node is added to what it was given before, though it is the sum of that already',
    leaning: { types: ['bounded'], faults: ['cut', 'slow link'], shape: 'mesh', hectic: true },
    wrap: retyped('bounded', (type) => ({
      merge(slots, head, lctx, from, other, rctx) {
        const before = new Map(rowsOf(slots, head));
        const merged = type.merge(slots, head, lctx, from, other, rctx);
        const rows = rowsOf(slots, merged) as Map<number, Row>;
        for (const [actor, row] of rows) {
          const known = before.get(actor);
          if (known === undefined || known === row) continue;
          for (const side of SIDES)
            for (const [to, n] of known[side].given) rows.set(actor, giving(row, side, to, n, n));
        }
        return merged;
      },
    })),
  },
  'ghosts-for-ever': {
    bug: 'nobody removes the members that a life has left which is over: they are hidden, and stay',
    leaning: { types: ['presence'], faults: ['crash', 'cut', 'slow link'], shape: 'mesh' },
    wrap: ({ store: { replica } }) => {
      replica.others.isHeirOf = () => false;
    },
  },
  'count-the-hidden': {
    bug: 'members are counted when they come and go: those of a node that is down go on to be shown',
    leaning: { types: ['presence'], faults: ['cut', 'pause'], shape: 'mesh' },
    wrap: ({ store: { replica } }) => {
      replica.attended.get = () => replica.actors.views;
    },
  },
  'leave-unheard': {
    bug: 'that a node leaves does not refute that it is down: whoever is not linked to it goes on to believe that',
    leaning: { types: ['counter'], faults: ['leave'], shape: 'line', busy: 5, trouble: 15 },
    from: 200,
    wrap: ({ replicator: { membership } }) => {
      const { members } = membership;
      const note = members.note.bind(members);
      members.note = (row, now) =>
        row.state === 'leaving' && members.get(row.node)?.incarnation === row.incarnation ? undefined : note(row, now);
    },
  },
  'no-rollback': {
    bug: 'what a transaction wrote before it threw is left there',
    wrap: ({ store }) => {
      store.transaction = (work) => work(store);
    },
  },
};

/** A break by its name, or the first one of a hole. */
export function breakNamed(name: string): Break | undefined {
  return BREAKS[name] ?? Object.values(BREAKS).find(({ hole }) => hole === name.toUpperCase());
}
