/** What one region says at the end, held against what everything that was written adds up to. One line per difference. */
import { isDeepStrictEqual } from 'node:util';
import { connect, type Database } from '../../client/database.js';
import type { Ledger } from './ledger.js';
import { brief } from './matters.js';

/** Differences of one kind that are told one by one. */
const TOLD_MAX = 5;

export async function judge(region: string, url: string, ledger: Ledger): Promise<string[]> {
  const db = await connect(url);
  try {
    const kinds = await Promise.all([
      counters(db, ledger),
      registers(db, ledger),
      sets(db, ledger),
      gauges(db, ledger),
      ...ledger.matters.map((matter) => matter.judge(db)),
    ]);
    return kinds.flatMap((differences) => few(differences).map((difference) => `${region}: ${difference}`));
  } finally {
    await db.close();
  }
}

function few(differences: readonly string[]): string[] {
  const left = differences.length - TOLD_MAX;
  return left > 0 ? [...differences.slice(0, TOLD_MAX), `… and ${left} more of the kind`] : [...differences];
}

async function counters(db: Database, ledger: Ledger): Promise<string[]> {
  const wrong = [...ledger.counters].map(async ([key, should]) => {
    const is = await db.counter(key).value();
    return is === should ? [] : [`counter ${key} is ${is}, not ${should} (${is - should})`];
  });
  return (await Promise.all(wrong)).flat();
}

async function registers(db: Database, ledger: Ledger): Promise<string[]> {
  const wrong = [...ledger.registers].map(async ([key, should]) => {
    const values = await db.register(key).values();
    const expected = should === undefined ? [] : [should];
    return isDeepStrictEqual(values, expected) ? [] : [`register ${key} is ${brief(values)}, not ${brief(expected)}`];
  });
  return (await Promise.all(wrong)).flat();
}

async function sets(db: Database, ledger: Ledger): Promise<string[]> {
  const wrong = [...ledger.sets].map(async ([key, should]) => {
    const is = new Set(await db.set(key).values());
    const lost = [...should].filter((element) => !is.has(element)).map((element) => `${key} lost ${element}`);
    const risen = [...is]
      .filter((element) => !should.has(element))
      .map((element) => `${key} shows ${element}, removed or never added`);
    return [...lost, ...risen];
  });
  return (await Promise.all(wrong)).flat();
}

async function gauges(db: Database, ledger: Ledger): Promise<string[]> {
  const wrong = [...ledger.gauges.keys()].map(async (key) => {
    const is = await db.gauge(key).value();
    const should = ledger.gauge(key);
    return is === should ? [] : [`gauge ${key} is ${is}, not ${should} (${is - should})`];
  });
  return (await Promise.all(wrong)).flat();
}
