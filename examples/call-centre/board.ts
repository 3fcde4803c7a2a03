/**
 * The rest of what a region keeps, beyond the figures of the month: the state of the room when the last call is over. It
 * is held against the records too.
 */
import { entryOf } from './events.js';
import type { CallRecord } from './record.js';
import { centsFor } from './rate.js';
import { sorted } from './truth.js';

export interface Board {
  /** Gauges: nobody is left, and a dead process's share is gone. */
  readonly calls_in_queue: number;
  readonly agents_busy: number;
  /** Of the trunk: all are free again. */
  readonly circuits_in_use: number;
  /** Agents who are there, in any region: all who ever took a call. */
  readonly agents_present: number;
  /** Agents whose register says that they are free: all of them. */
  readonly agents_free: number;
  /** Customers whose last call is known: all of them. */
  readonly customers_seen: number;
  /** From the window, hour by hour. */
  readonly calls_over_time: Record<string, number>;
  /** Money talked, day by day. */
  readonly cents: Record<string, number>;
}

export function boardOf(calls: Iterable<CallRecord>): Board {
  const agents = new Set<string>();
  const customers = new Set<string>();
  const hours = new Map<string, number>();
  const cents = new Map<string, number>();
  for (const call of calls) {
    const hour = isoHour(entryOf(call));
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
    if (call.customer !== undefined) customers.add(call.customer);
    if (call.agent === undefined) continue;
    agents.add(call.agent);
    cents.set(call.date, (cents.get(call.date) ?? 0) + centsFor(call.talkSeconds));
  }
  return {
    calls_in_queue: 0,
    agents_busy: 0,
    circuits_in_use: 0,
    agents_present: agents.size,
    agents_free: agents.size,
    customers_seen: customers.size,
    calls_over_time: sorted(hours),
    cents: sorted(cents),
  };
}

/** `YYYY-MM-DDTHH` of a moment on the centre's clock. */
export function isoHour(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}
