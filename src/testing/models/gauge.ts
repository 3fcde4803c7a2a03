/** Gauge, declared: of each actor the share that its last visible operation set. */
import * as type from '../../crdt/gauge.js';
import type { Subject } from '../subject.js';
import type { Event } from './event.js';

export interface GaugeOp {
  readonly share: number;
}

/** By actor number. */
export function gaugeShares(events: readonly Event<GaugeOp>[]): Map<number, number> {
  const last = new Map<number, Event<GaugeOp>>();
  for (const event of events) if (event.dot > (last.get(event.actor)?.dot ?? 0)) last.set(event.actor, event);
  return new Map([...last].map(([actor, { op }]) => [actor, op.share]));
}

export const gaugeSubject: Subject<GaugeOp> = {
  crdt: type.gauge,
  draw: (random) => ({ share: random.between(-2, 9) }),
  perform: (slots, head, self, dot, op) => type.setShare(slots, head, self, dot, op.share),
  value: (slots, head) => type.value(slots, head),
  model: (events) => [...gaugeShares(events).values()].reduce((sum, share) => sum + share, 0),
};
