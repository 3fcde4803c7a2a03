/**
 * From records to events: what happened at the call centre, in the order in which it happened.
 *
 * A record tells a whole call at once; the centre saw it as a caller entering, perhaps waiting, perhaps being answered,
 * and leaving. Those moments of all calls are merged here into one sequence.
 *
 * Invariants:
 * - Events come out in order of time, and the events of one call in the order of its life, whatever its record says.
 *   Real records contradict themselves: clocks of two machines differ by a second (an agent starts before the caller
 *   has left the queue), callers leave the voice unit before they entered it, agents have no times at all.
 * - Times of day carry no date. A moment is placed on the day that brings it nearest to the moment before it in the
 *   same call, so a call may pass midnight; lengths come from the record's own seconds, which never wrap.
 * - Every `queued` has its `unqueued`, every `answered` its `ended`, every `entered` its `ended`.
 *
 * Cost: records are sorted by entry once; after that only the calls in progress have events in memory.
 */
import type { CallRecord } from './record.js';
import { secondOfDay } from './record.js';

export type CallEventKind = 'entered' | 'queued' | 'unqueued' | 'answered' | 'ended';

export interface CallEvent {
  /** milliseconds since 1970, the centre's wall clock read as UTC */
  readonly at: number;
  readonly kind: CallEventKind;
  readonly call: CallRecord;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** The moment a call entered the voice unit. Two-digit years are of the 1900s, so that text order is time order. */
export function entryOf(call: CallRecord): number {
  return dayOf(call.date) + (secondOfDay(call.vruEntry) ?? 0) * SECOND_MS;
}

/** The events of one call, in order. */
export function eventsOf(call: CallRecord): CallEvent[] {
  const entered = entryOf(call);
  const events: CallEvent[] = [{ at: entered, kind: 'entered', call }];
  let last = moment(call.vruExit, entered) ?? entered;
  if (call.queueSeconds > 0) {
    const queued = moment(call.queueStart, last) ?? last;
    const unqueued = queued + call.queueSeconds * SECOND_MS;
    events.push({ at: queued, kind: 'queued', call }, { at: unqueued, kind: 'unqueued', call });
    last = unqueued;
  }
  if (call.agent !== undefined) {
    // An agent without times (start 0:00:00, no seconds) took the call and lost it at once.
    const timed = call.talkSeconds > 0 || secondOfDay(call.serviceStart) !== 0;
    const answered = (timed ? moment(call.serviceStart, last) : undefined) ?? last;
    events.push({ at: answered, kind: 'answered', call });
    last = Math.max(last, answered + Math.max(0, call.talkSeconds) * SECOND_MS);
  }
  events.push({ at: last, kind: 'ended', call });
  return inOrderOfLife(events, entered);
}

/** All events of all calls in order of time. */
export function* eventsInOrder(calls: readonly CallRecord[]): Generator<CallEvent, void, undefined> {
  const entries = calls.map((call) => ({ call, at: entryOf(call) })).sort((one, other) => one.at - other.at);
  const pending = new EventQueue();
  for (const { call, at } of entries) {
    // Nothing of a later call lies before its entry: what is due by then is final.
    for (let due = pending.takeUpTo(at); due !== undefined; due = pending.takeUpTo(at)) yield due;
    for (const event of eventsOf(call)) pending.add(event);
  }
  for (let due = pending.takeUpTo(Infinity); due !== undefined; due = pending.takeUpTo(Infinity)) yield due;
}

/** The midnight at which a day begins, YYMMDD. */
export function dayOf(date: string): number {
  return Date.UTC(1900 + Number(date.slice(0, 2)), Number(date.slice(2, 4)) - 1, Number(date.slice(4, 6)));
}

/** The time of day on the day that brings it nearest to `near`; undefined where the cell holds no time. */
function moment(timeOfDay: string, near: number): number | undefined {
  const second = secondOfDay(timeOfDay);
  if (second === undefined) return undefined;
  const sameDay = Math.floor(near / DAY_MS) * DAY_MS + second * SECOND_MS;
  return sameDay - Math.round((sameDay - near) / DAY_MS) * DAY_MS;
}

/** Moves no event before the entry, keeps the pairs in order, and ends last. */
function inOrderOfLife(events: CallEvent[], entered: number): CallEvent[] {
  const placed = events.map((event) => ({ ...event, at: Math.max(event.at, entered) }));
  const unqueued = placed.find((event) => event.kind === 'unqueued');
  const queued = placed.find((event) => event.kind === 'queued');
  if (unqueued !== undefined && queued !== undefined) unqueued.at = Math.max(unqueued.at, queued.at);
  const ended = placed.at(-1);
  if (ended !== undefined) ended.at = Math.max(...placed.map((event) => event.at));
  // A stable sort: at the same moment the order of life stands.
  return placed.sort((one, other) => one.at - other.at);
}

/** A binary heap by time, then by the order of adding, so that a replay is the same every time. */
class EventQueue {
  readonly #heap: { event: CallEvent; order: number }[] = [];
  #added = 0;

  add(event: CallEvent): void {
    const heap = this.#heap;
    const item = { event, order: this.#added++ };
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The earliest event, if it is not later than `limit`. */
  takeUpTo(limit: number): CallEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.event.at > limit) return undefined;
    const last = heap.pop();
    if (last !== undefined && last !== first) {
      heap[0] = last;
      this.#sink();
    }
    return first.event;
  }

  #sink(): void {
    const size = this.#heap.length;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < size && this.#before(child, least)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined) return false;
    return a.event.at < b.event.at || (a.event.at === b.event.at && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}
