/** Gauge, declared: of each actor the share that its last visible operation set. */
import * as type from '../../crdt/gauge.js';
import { dotted } from '../simple.js';
import type { Subject } from '../subject.js';
import type { Event } from './event.js';

export interface GaugeOp {
  readonly share: number;
}

/** By actor number. */
function gaugeShares(events: readonly Event<GaugeOp>[]): Map<number, number> {
  const last = new Map<number, Event<GaugeOp>>();
  for (const event of events) if (event.dot > (last.get(event.actor)?.dot ?? 0)) last.set(event.actor, event);
  return new Map([...last].map(([actor, { op }]) => [actor, op.share]));
}

export const gaugeSubject: Subject<GaugeOp> = {
  crdt: type.gauge,
  draw: (random) => ({ share: random.between(-2, 9) }),
  perform: (slots, head, self, dot, op) => type.setShare(slots, head, self, dot, op.share),
  value: (slots, head) => type.value(slots, head),
  model(events, _order, hidden) {
    let sum = 0;
    for (const [actor, share] of gaugeShares(events)) if (hidden?.(actor) !== true) sum += share;
    return sum;
  },
  onStore: {
    perform: (store, key, op) => store.gauge(key).set(op.share),
    value: (store, key) => store.gauge(key).value(),
    removed: () => [{ op: { share: 0 } }],
    // A share counts for that, hidden or not.
    lives: (_value, events) => [...gaugeShares(events).values()].some((share) => share !== 0),
    kinds: ['share'],
    act({ store, random, has }, key) {
      if (!has('share')) return [];
      const gauge = store.gauge(key);
      const n = random.between(-3, 9);
      const sets = random.chance(50);
      // A share of zero may leave the name to another type: nobody can read it afterwards.
      const share = sets ? n : gauge.share() + n;
      if (sets) gauge.set(n);
      else gauge.add(n);
      return [{ op: { share } }];
    },
  },
  simple: dotted<GaugeOp, number>(
    (dots, { share }, mark) => [...dots.filter(({ life }) => life !== mark.life), { ...mark, value: share }],
    (dots, _order, hidden) => dots.reduce((sum, { life, value }) => sum + (hidden(life) ? 0 : value), 0),
  ),
};
