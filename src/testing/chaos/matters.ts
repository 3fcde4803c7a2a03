/**
 * Matters: what writers write beside what the ledger knows, and what must be there in the end. A new type is a row
 * here. Each thing whose outcome depends on order is written by one session only; everything else commutes.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../client/database.js';
import { placeOf, Registers } from '../../crdt/hyperloglog.js';
import { Bounded } from './bounds.js';
import { Documents } from './documents.js';
import { ROOM } from './keys.js';
import type { Matter } from './matter.js';

const OWN = 4;
const LOG_CAP = 40;
const FOLLOWED = 'log/followed';
/** More than are ever appended. */
const WHOLE = { cap: 1_000_000 };
const WINDOW = { bucket: 1_000, keep: 3_600_000 };

/** Flags that one session switches on and off. */
function flags(): Matter {
  const on = new Map<string, boolean>();
  return {
    write({ name, db, random, track }) {
      const key = `flag/${name}/${random.below(OWN)}`;
      const enable = random.chance(60);
      on.set(key, enable);
      const flag = db.flag(key);
      track(key, enable ? flag.enable() : flag.disable());
    },
    judge: async (db) => differences(on, (key) => db.flag(key).enabled()),
  };
}

/** Maps of which one session writes the fields, but for a counter that all of them add to. */
function maps(): Matter {
  const fields = new Map<string, unknown>();
  let calls = 0;
  return {
    write({ name, db, random, track }) {
      const map = db.map('map');
      const field = `${name}/${random.below(OWN)}`;
      const n = random.between(1, 5);
      if (random.chance(40)) {
        calls += n;
        track('map/calls', map.increment('calls', n));
      } else if (random.chance(25)) {
        fields.set(field, undefined);
        track(`map/${field}`, map.delete(field));
      } else {
        fields.set(field, n);
        track(`map/${field}`, map.set(field, n));
      }
    },
    async judge(db) {
      const value = await db.map('map').value();
      const wrong = await differences(fields, (field) => Promise.resolve(value[field]));
      return [
        ...wrong,
        ...(await differences(new Map([['calls', calls]]), (field) => Promise.resolve(value[field] ?? 0))),
      ];
    },
  };
}

/** Scores that all sessions add to, and some that one sets and adds to. */
function scores(): Matter {
  const expected = new Map<string, number>();
  return {
    write({ name, db, random, track }) {
      const sorted = db.sorted('sorted');
      const n = random.between(1, 9);
      const own = random.chance(50);
      const member = own ? `${name}/${random.below(OWN)}` : `all/${random.below(OWN)}`;
      if (own && random.chance(30)) {
        expected.set(member, n);
        track(`sorted/${member}`, sorted.set(member, n));
        return;
      }
      expected.set(member, (expected.get(member) ?? 0) + n);
      track(`sorted/${member}`, sorted.increment(member, n));
    },
    async judge(db) {
      const all = await db.sorted('sorted').range(0, expected.size);
      const shown = new Map(all.map(({ member, score }) => [member, score]));
      const inOrder = all.every(({ score }, i) => score >= (all[i - 1]?.score ?? score));
      const wrong = await differences(expected, (member) => Promise.resolve(shown.get(member) ?? 0));
      return inOrder ? wrong : [...wrong, 'the members of sorted are not in order'];
    },
  };
}

/** Sketches that all sessions write to. What they show is known exactly: whole numbers, and fewer items than are watched. */
function sketches(): Matter {
  const callers = new Registers();
  const waits = { count: 0, sum: 0, min: Infinity, max: -Infinity };
  const agents = new Map<string, number>();
  return {
    write({ db, random, track }) {
      const [caller, wait, agent] = [random.below(20_000), random.below(600), random.below(100)];
      callers.raise(placeOf(`caller ${caller}`));
      waits.count++;
      waits.sum += wait;
      waits.min = Math.min(waits.min, wait);
      waits.max = Math.max(waits.max, wait);
      agents.set(`agent ${agent}`, (agents.get(`agent ${agent}`) ?? 0) + wait + 1);
      track('sketch/callers', db.unique('sketch/callers').add(`caller ${caller}`));
      track('sketch/waits', db.quantiles('sketch/waits').add(wait));
      track('sketch/agents', db.top('sketch/agents').add(`agent ${agent}`, wait + 1));
    },
    async judge(db) {
      const items = await db.top('sketch/agents').largest(100);
      const counted = new Map(items.map(({ item, count }) => [item, count]));
      const summary = await db.quantiles('sketch/waits').summary();
      return [
        ...(await differences(new Map([['sketch/callers', callers.estimate()]]), (key) => db.unique(key).count())),
        ...(isDeepStrictEqual(summary, waits.count === 0 ? undefined : waits)
          ? []
          : [`sketch/waits is ${JSON.stringify(summary)}, not ${JSON.stringify(waits)}`]),
        ...(await differences(agents, (agent) => Promise.resolve(counted.get(agent)))),
      ];
    },
  };
}

/** Who is there: members of one session, and some that all bring along and let go. Visitors come and are gone (visitor.ts). */
function presences(): Matter {
  /** Member → session → what it said last. */
  const expected = new Map<string, Map<string, number>>();
  return {
    write({ name, db, random, track }) {
      const room = db.presence(ROOM);
      const member = random.chance(50) ? `${name}/${random.below(OWN)}` : `all/${random.below(OWN)}`;
      const sessions = expected.get(member) ?? new Map<string, number>();
      expected.set(member, sessions);
      const n = random.between(1, 9);
      if (random.chance(35)) {
        sessions.delete(name);
        track(`${ROOM}/${member}`, room.leave(member));
      } else {
        sessions.set(name, n);
        track(`${ROOM}/${member}`, room.join(member, n));
      }
    },
    async judge(db) {
      const shown = new Map(
        (await db.presence(ROOM).members({ limit: 10_000 })).map(({ member, meta }) => [member, meta as number]),
      );
      const there = [...expected].filter(([, sessions]) => sessions.size > 0);
      const missing = there.filter(([member]) => !shown.has(member)).map(([member]) => `${ROOM} lost ${member}`);
      const ghosts = [...shown.keys()].filter((member) => (expected.get(member)?.size ?? 0) === 0);
      const wrong = there
        .filter(
          ([member, sessions]) => shown.has(member) && ![...sessions.values()].includes(shown.get(member) as number),
        )
        .map(([member]) => `${ROOM} says ${shown.get(member)} of ${member}`);
      const count = await db.presence(ROOM).count();
      const counted = count === shown.size ? [] : [`${ROOM} counts ${count}, and shows ${shown.size}`];
      return [...missing, ...ghosts.map((member) => `${ROOM} shows ${member}, who has gone`), ...wrong, ...counted];
    },
  };
}

/** Logs that keep the newest entries, which are the same everywhere, in their order. */
function logs(): Matter {
  const expected = new Map<string, { readonly at: number; readonly value: string }[]>();
  let lastAt = 0;
  return {
    write({ name, db, random, track }) {
      const key = `log/${random.below(OWN)}`;
      // A moment later than any before it, so that which entries are the newest is never open.
      lastAt = Math.max(Date.now(), lastAt + 0.25);
      const entries = expected.get(key) ?? [];
      expected.set(key, entries);
      const entry = { at: lastAt, value: `${name} ${entries.length}` };
      entries.push(entry);
      track(key, db.log(key, { cap: LOG_CAP }).append(entry.value, { at: entry.at }));
    },
    async judge(db) {
      const wrong = [...expected].map(async ([key, entries]) => {
        const is = await db.log<string>(key, { cap: LOG_CAP }).last(2 * LOG_CAP);
        const should = entries.slice(-LOG_CAP);
        return isDeepStrictEqual(is, should) ? [] : [`log ${key} ${brief(is)}, not ${brief(should)}`];
      });
      return (await Promise.all(wrong)).flat();
    },
  };
}

/**
 * A log that keeps everything, and somebody who reads it now in this region, now in that one, with the cursor that the one before gave:
 * no entry is skipped. (One that a crash took was perhaps given, and is given again once its writer has repeated it.)
 */
function followed(): Matter {
  const given = new Set<string>();
  const all = new Set<string>();
  const problems: string[] = [];
  let cursor: string | undefined;
  let reading: Promise<void> | undefined;
  const read = async (db: Database): Promise<void> => {
    const page = await db.log<string>(FOLLOWED, WHOLE).since(cursor);
    ({ cursor } = page);
    for (const { value } of page.entries) given.add(value);
    if (page.missed) problems.push(`${FOLLOWED} says that something was cut`);
  };
  return {
    write({ name, db, random, track }) {
      if (reading === undefined && random.chance(30)) {
        reading = read(db)
          .catch((error: unknown) => void problems.push(`${FOLLOWED} could not be read: ${String(error)}`))
          .finally(() => (reading = undefined));
        return;
      }
      const value = `${name} ${all.size}`;
      all.add(value);
      const at = Date.now() - random.below(5_000);
      track(FOLLOWED, db.log(FOLLOWED, WHOLE).append(value, { at }));
    },
    async judge(db) {
      await reading;
      if (all.size > 0) await read(db);
      const skipped = [...all].filter((value) => !given.has(value)).map((value) => `${FOLLOWED} skipped ${value}`);
      const risen = [...given].filter((value) => !all.has(value)).map((value) => `${FOLLOWED} gave ${value}`);
      return [...problems.splice(0), ...skipped, ...risen];
    },
  };
}

function windows(): Matter {
  const expected = new Map<string, Map<number, number>>();
  const { bucket } = WINDOW;
  return {
    write({ db, random, track }) {
      const key = `window/${random.below(OWN)}`;
      const n = random.between(1, 7);
      const at = Date.now() - random.below(5_000);
      const buckets = expected.get(key) ?? new Map<number, number>();
      expected.set(key, buckets);
      const place = Math.floor(at / bucket);
      buckets.set(place, (buckets.get(place) ?? 0) + n);
      track(key, db.window(key, WINDOW).add(n, { at }));
    },
    async judge(db) {
      const wrong = [...expected].map(async ([key, buckets]) => {
        const [first, last] = [Math.min(...buckets.keys()), Math.max(...buckets.keys())];
        const is = await db.window(key, WINDOW).series(first * bucket, (last + 1) * bucket, bucket);
        const should = Array.from({ length: last - first + 1 }, (_, at) => buckets.get(first + at) ?? 0);
        return isDeepStrictEqual(is, should) ? [] : [`window ${key} is ${brief(is)}, not ${brief(should)}`];
      });
      return (await Promise.all(wrong)).flat();
    },
  };
}

async function differences<Value>(
  should: ReadonlyMap<string, Value>,
  ask: (key: string) => Promise<Value>,
): Promise<string[]> {
  const wrong = [...should].map(async ([key, expected]) => {
    const is = await ask(key);
    return is === expected ? [] : [`${key} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`];
  });
  return (await Promise.all(wrong)).flat();
}

/** For people: of what is long the beginning and the end. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 140)} … ${text.slice(-140)}` : text;
}

export function allMatters(): Matter[] {
  return [
    logs(),
    followed(),
    windows(),
    flags(),
    maps(),
    scores(),
    sketches(),
    presences(),
    Bounded.trunk(),
    Bounded.account(),
    new Documents(),
  ];
}
