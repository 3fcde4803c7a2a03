/**
 * One member, declared: of each life the sessions that its operations have brought and not taken away since the last sweep that it
 * saw, unless a visible sweep by somebody else saw them. Shown are those of lives that are not hidden.
 */
import * as type from '../../crdt/presence.js';
import { CELL, type Slots } from '../../crdt/slots.js';
import type { Store } from '../../store/store.js';
import { dotted } from '../simple.js';
import type { Deed, Scene, Subject } from '../subject.js';
import { type ActorOrder, type Event, sees } from './event.js';

export type PresenceOp =
  | { readonly kind: 'join'; readonly session: string; readonly meta: number }
  | { readonly kind: 'leave'; readonly session: string }
  /** All sessions of the life. */
  | { readonly kind: 'leave all' }
  /** Of lives that have these sessions; without them of all others. */
  | { readonly kind: 'sweep'; readonly gone?: readonly string[] };

type Session = readonly [name: string, meta: unknown];

/** What a life has done is what this sweep removes. */
function concerns({ op, actor }: Event<PresenceOp>, own: readonly Event<PresenceOp>[]): boolean {
  if (op.kind !== 'sweep' || own[0]?.actor === actor) return false;
  const { gone } = op;
  return gone === undefined || own.some((event) => event.op.kind === 'join' && gone.includes(event.op.session));
}

function perform(sessions: readonly Session[], op: PresenceOp): readonly Session[] {
  if (op.kind === 'leave all') return [];
  if (op.kind === 'sweep') return sessions;
  const others = sessions.filter(([name]) => name !== op.session);
  return op.kind === 'leave'
    ? others
    : [...others, [op.session, op.meta] as const].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What the operations of one life, in their order, have left. */
function left(own: readonly Event<PresenceOp>[], events: readonly Event<PresenceOp>[]): readonly Session[] {
  const sweeps = events.filter((event) => concerns(event, own));
  const last = own.at(-1) as Event<PresenceOp>;
  if (sweeps.some((sweep) => sees(sweep, last))) return [];
  return own.reduce<readonly Session[]>((sessions, event, i) => {
    const before = own[i - 1];
    const swept = before !== undefined && sweeps.some((sweep) => sees(sweep, before) && sees(event, sweep));
    return perform(swept ? [] : sessions, event.op);
  }, []);
}

function byLife(events: readonly Event<PresenceOp>[]): Map<number, Event<PresenceOp>[]> {
  const lives = new Map<number, Event<PresenceOp>[]>();
  for (const event of events) lives.set(event.actor, [...(lives.get(event.actor) ?? []), event]);
  for (const own of lives.values()) own.sort((a, b) => a.dot - b.dot);
  return lives;
}

/** Per life that has any, in order, its sessions with what they say. */
function presenceModel(
  events: readonly Event<PresenceOp>[],
  order: ActorOrder,
  hidden: (actor: number) => boolean = () => false,
): (readonly Session[])[] {
  return [...byLife(events)]
    .filter(([actor]) => !hidden(actor))
    .sort(([a], [b]) => order(a, b))
    .map(([, own]) => left(own, events))
    .filter((sessions) => sessions.length > 0);
}

/** A member that nobody sees is there as long as something is left of it; a later life of an actor replaces what an earlier one left. */
function isLeft(events: readonly Event<PresenceOp>[], actorOf: (life: number) => number): boolean {
  const last = new Map<number, Event<PresenceOp>>();
  for (const event of events) {
    const actor = actorOf(event.actor);
    if (event.dot > (last.get(actor)?.dot ?? 0)) last.set(actor, event);
  }
  const lives = byLife(events);
  return [...last.values()].some(({ actor }) => left(lives.get(actor) ?? [], events).length > 0);
}

function shownBy(slots: Slots, head: number): (readonly Session[])[] {
  const found: number[] = [];
  for (let slot = head; slot !== 0; slot = slots.next(slot))
    if (slots.actor(slot) !== CELL && type.seen(slots, slot)) found.push(slot);
  found.sort((a, b) => slots.actors.compare(slots.actor(a), slots.actor(b)));
  return found.map((slot) => sessionsAt(slots, slot));
}

function sessionsAt(slots: Slots, slot: number): Session[] {
  const sessions: Session[] = [];
  let one: type.Presences | undefined = type.presencesAt(slots, slot);
  for (; one !== undefined; one = one.next) sessions.push([one.session, one.meta]);
  return sessions;
}

export const presenceSubject: Subject<PresenceOp> = {
  crdt: type.presence,
  draw(random) {
    if (random.chance(15)) return { kind: 'sweep' };
    if (random.chance(5)) return { kind: 'leave all' };
    const session = random.pick(['', 's', 't']);
    return random.chance(60) ? { kind: 'join', session, meta: random.below(9) } : { kind: 'leave', session };
  },
  perform(slots, head, self, dot, op) {
    if (op.kind === 'join') return type.join(slots, head, self, dot, op.session, op.meta);
    if (head === 0) return undefined;
    if (op.kind === 'leave all') return type.leaveAll(slots, head, self, dot);
    if (op.kind === 'sweep') return type.sweep(slots, head, self, dot, (_, slot) => slots.actor(slot) !== self);
    return type.leave(slots, head, self, dot, op.session);
  },
  value: shownBy,
  model: presenceModel,
  onStore: {
    // One member.
    perform(store, key, op) {
      if (op.kind === 'join') store.presence(key).join('m', op.meta, op.session);
      else if (op.kind === 'leave') store.presence(key).leave('m', op.session);
      else if (op.kind === 'leave all') store.presence(key).clear();
    },
    value(store, key, expected) {
      const presence = store.presence(key);
      // Before anything else has looked who is there.
      const count = presence.count();
      if (count !== (expected as readonly unknown[]).length) return `${count} members`;
      const all = presence.members({ limit: Number.POSITIVE_INFINITY });
      const halves = all[0] === undefined ? [] : [all[0], ...presence.members({ after: all[0].member })];
      const known = all.every(({ member, meta }) => presence.has(member) && presence.get(member) === meta);
      return known && count === all.length && halves.length === all.length
        ? all.map(({ member, meta }) => [member, meta])
        : 'astray';
    },
    removed: departures,
    lives: () => false,
    isLeft,
    whole: (members) =>
      [...members]
        .map(([member, lives]) => [member, (lives as Session[][]).at(-1)?.at(-1)?.[1]])
        .filter(([, meta]) => meta !== undefined)
        .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
    kinds: ['join', 'leave', 'clear'],
    act: actOnOne,
    tending,
    ended(store, key) {
      const { slots } = store.replica;
      const ghost = [...liveSlots(store, key)].find(([, , slot]) => type.isLeft(slots, slot));
      return ghost === undefined ? undefined : `${ghost[0]} of ${key} is a ghost`;
    },
  },
  simple: dotted<PresenceOp, readonly Session[]>(
    (dots, op, mark) => {
      const own = dots.find(({ life }) => life === mark.life);
      const others = dots.filter((dot) => dot !== own);
      const kept = op.kind === 'sweep' ? others.filter(({ value }) => !isAmong(op.gone, value)) : others;
      const sessions = perform(own?.value ?? [], op);
      return sessions.length === 0 ? kept : [...kept, { ...mark, value: sessions }];
    },
    (dots, order, hidden) =>
      dots
        .filter(({ life }) => !hidden(life))
        .sort((a, b) => order(a.life, b.life))
        .map(({ value }) => value),
  ),
};

function isAmong(gone: readonly string[] | undefined, sessions: readonly Session[]): boolean {
  return gone === undefined || sessions.some(([name]) => gone.includes(name));
}

function actOnOne({ store, random, elements, has }: Scene, key: string): readonly Deed<PresenceOp>[] {
  const presence = store.presence(key);
  const element = `m${random.below(elements)}`;
  const what = random.below(100);
  // Sessions are those of one life.
  const session = `${store.replica.node} ${store.replica.incarnation} ${random.below(2)}`;
  if (what < 7 && has('clear')) {
    const gone = departures(store, key);
    presence.clear();
    return gone;
  }
  if (what < 45 && has('leave')) {
    presence.leave(element, session);
    return [{ op: { kind: 'leave', session }, element }];
  }
  if (!has('join')) return [];
  const meta = random.below(9);
  presence.join(element, meta, session);
  return [{ op: { kind: 'join', session, meta }, element }];
}

/** The slots of each member that are live, by name. */
function* liveSlots(
  { replica }: Store,
  key: string,
): Generator<readonly [element: string, cell: number, slot: number]> {
  const { cells, collections, slots } = replica;
  const root = cells.find(type.presence.tag, cells.encode(key, 0), 0);
  replica.resolveTree(root);
  for (const cell of collections.elements(root)) {
    const element = cells.name(cell);
    for (let slot = cells.head(cell); slot !== 0; slot = slots.next(slot))
      if (slots.value(slot) !== 0) yield [element, cell, slot];
  }
}

/** What clearing is, in the order in which it is done. */
function departures(store: Store, key: string): Deed<PresenceOp>[] {
  const { slots, self, actors } = store.replica;
  const own = [...liveSlots(store, key)].filter(
    ([, , slot]) => slots.actor(slot) === self && slots.dot(slot) > actors.since(self),
  );
  return own.map(([element]) => ({ op: { kind: 'leave all' }, element }));
}

/** What the store removes by itself: whose sessions were there before and are not any more, by the dot that took them away. */
function tending(store: Store, key: string): (dot: number) => Deed<PresenceOp> | undefined {
  const { slots, self, cells } = store.replica;
  const before = [...liveSlots(store, key)].map(([element, cell, slot]) => ({
    element,
    cell,
    actor: slots.actor(slot),
    sessions: sessionsAt(slots, slot).map(([name]) => name),
  }));
  return (dot) => {
    const swept = before.filter(({ cell }) => slots.dot(slots.find(cells.head(cell), self)) === dot);
    const [first] = swept;
    if (first === undefined) return undefined;
    const gone = swept.filter(({ cell, actor }) => slots.value(slots.find(cells.head(cell), actor)) === 0);
    return { op: { kind: 'sweep', gone: gone.flatMap(({ sessions }) => sessions) }, element: first.element };
  };
}
