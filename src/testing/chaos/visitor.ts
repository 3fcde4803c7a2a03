/**
 * Clients that come and go: each takes a share of a gauge, is there, alone and among others, writes a little, waits until all of it is answered, and says
 * goodbye. Its share and its presence must go with it, its writes must stay.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../client/database.js';
import type { Random } from '../random.js';
import * as keys from './keys.js';
import type { Ledger } from './ledger.js';

const STAY_MAX_MS = 400;

export interface VisitorOptions {
  readonly name: string;
  readonly url: string;
  readonly durable: number;
  readonly connectTimeout: number;
}

export async function receiveVisitors(
  options: VisitorOptions,
  random: Random,
  ledger: Ledger,
  stop: AbortSignal,
): Promise<void> {
  for (let visit = 1; !stop.aborted; visit += 1) {
    const name = `${options.name}.${visit}`;
    const { durable, connectTimeout } = options;
    const db = await connect(options.url, { durable, connectTimeout });
    try {
      const gauge = keys.gaugeOf(random.below(keys.GAUGES));
      const counter = keys.counterOf(random.below(keys.COUNTERS));
      const set = keys.setOf(random.below(keys.SETS));
      const share = random.between(1, 1_000_000);
      ledger.share(gauge, name, share);
      ledger.add(counter, 1);
      ledger.element(set, name, true);
      await Promise.all([
        ledger.track(`${name}: ${gauge}`, db.gauge(gauge).add(share)),
        ledger.track(`${name}: ${counter}`, db.counter(counter).increment()),
        ledger.track(`${name}: ${keys.ROOM}`, db.presence(keys.ROOM).join(name)),
        ledger.track(`${name}: ${keys.ROOM}`, db.presence(keys.ROOM).join('all/0', name)),
        ledger.track(`${name}: ${set}`, db.set(set).add(name)),
      ]);
      await sleep(random.below(STAY_MAX_MS));
    } finally {
      await db.close();
      ledger.ended(name);
    }
  }
}
