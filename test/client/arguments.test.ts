/**
 * Every method of every handle that a client has, with a hostile value in every place of an argument, against a real node: it is
 * taken if it is what the method takes; or it is refused by an error with a code, and then nothing is left, the node serves others
 * and this connection goes on. What returns a promise throws nothing.
 *
 * The methods are read from the prototypes, so one that is new has to be written down here.
 */
import { describe, expect, it } from 'vitest';
import { connect, type Database, MerganserError } from '../../src/client/index.js';
import { Handle } from '../../src/client/handle.js';
import type { MerganserNode } from '../../src/node/index.js';
import { HOSTILE } from '../hostile-values.js';
import { aClient, aNode, urlOf } from '../node/nodes.js';
import { DATABASE, isPlain, type Method, SUBJECTS, type Verdict } from './methods.js';

const NOT_ASKED = ['constructor', 'start', 'status', 'close'];
/** What returns a promise; all but these, which return a handle, or what ends something. */
const PROMISING =
  /^(?!subscribe|on$|counter$|gauge$|register$|set$|map$|sorted$|presence$|log$|window$|bounded$|flag$|doc$|unique$|quantiles$|top$|open$)/;

/** The names of an object's methods. */
function methodsOf(object: object, end: object): string[] {
  const names = new Set<string>();
  for (let from = object; from !== end; from = Object.getPrototypeOf(from) as object)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (typeof value === 'function' && !NOT_ASKED.includes(name)) names.add(name);
  return [...names].toSorted();
}

/** A call with one argument that is not the one that belongs there. */
interface Call {
  readonly what: string;
  readonly operands: readonly unknown[];
  readonly verdict: Verdict;
}

function callsOf(method: Method): Call[] {
  const good = method.map((kind) => kind.good);
  return method.flatMap((kind, i) =>
    Object.entries(HOSTILE).flatMap(([name, value]) => [
      { what: `${name} as argument ${i + 1}`, operands: good.with(i, value), verdict: kind.takes(value) },
      ...Object.entries(kind.fields ?? {}).map(([field, inner]) => {
        const verdict = inner.takes(value);
        const operands = good.with(i, { ...(kind.good as object), [field]: value });
        return {
          what: `${name} as ${field}`,
          operands,
          verdict: kind.takes({}) === undefined && verdict === true ? undefined : verdict,
        };
      }),
    ]),
  );
}

/** `taken`, `refused`, or what else became of it. */
type Outcome = string;

function known(error: unknown): Outcome {
  return error instanceof MerganserError && error.message.length < 1_000 ? 'refused' : `threw ${String(error)}`;
}

/** What comes of it. */
async function outcome(target: object, method: string, operands: readonly unknown[], db: Database): Promise<Outcome> {
  let result: unknown;
  try {
    result = (target as Record<string, (...operands: readonly unknown[]) => unknown>)[method]?.(...operands);
  } catch (error) {
    return PROMISING.test(method) ? `threw at once ${String(error)}` : known(error);
  }
  if (typeof result === 'function') return followed(result as () => void, db);
  try {
    await result;
    return 'taken';
  } catch (error) {
    return known(error);
  }
}

/** What comes of a subscription, of which the node has been told when it has answered something else. */
async function followed(stop: () => void, db: Database): Promise<Outcome> {
  let refused = false;
  const deaf = db.on('error', (error) => (refused ||= error instanceof MerganserError));
  await db.counter('other').value();
  await db.counter('other').value();
  stop();
  deaf();
  return refused ? 'refused' : 'taken';
}

function cellsOf(node: MerganserNode): number {
  let cells = 0;
  node.store.replica.cells.forEach(() => cells++);
  return cells;
}

function misjudged({ what, verdict }: Call, came: Outcome): string[] {
  if (came === 'taken' ? verdict !== false : came === 'refused' && verdict !== true) return [];
  return [`${what}: ${came}`];
}

describe.each(Object.entries(SUBJECTS))('of %s', (_, subject) => {
  it(
    'every method takes what it should, and nothing else; what is refused leaves nothing',
    { timeout: 60_000 },
    async () => {
      const node = await aNode();
      const [db, other] = [await aClient(urlOf(node)), await aClient(urlOf(node))];
      const troubles: unknown[] = [];
      db.on('error', (error) => troubles.push(error));
      let lost = 0;
      db.on('disconnected', () => (lost += 1));
      expect(Object.keys(subject.methods).toSorted()).toEqual(methodsOf(subject.open(db, 'key'), Handle.prototype));
      // Whoever is refused a first write is known to the node from then on.
      await db.counter('other').increment();
      await expect(db.set('s').add('ä'.repeat(4_000))).rejects.toMatchObject({ code: 'KEY_TOO_LONG' });
      for (const [name, method] of Object.entries(subject.methods)) {
        const run = async (some: readonly Call[], key: (i: number) => string): Promise<string[]> => {
          const asked = some.map((call, i) => async () => {
            const came = await outcome(subject.open(db, key(i)), name, call.operands, db);
            return misjudged(call, came).map((wrong) => `${name} with ${wrong}`);
          });
          // Of subscriptions it is told which one it is by asking one at a time.
          if (!name.startsWith('subscribe')) return (await Promise.all(asked.map((ask) => ask()))).flat();
          const wrong: string[] = [];
          for (const ask of asked) wrong.push(...(await ask()));
          return wrong;
        };
        const calls = callsOf(method);
        const [cells, keys] = [cellsOf(node), node.store.keys()];
        expect(
          await run(
            calls.filter(({ verdict }) => verdict === false),
            (i) => `${name} ${i}`,
          ),
        ).toEqual([]);
        await other.counter('other').value();
        expect([name, cellsOf(node) <= cells, node.store.keys()]).toEqual([name, true, keys]);
        expect(
          await run(
            calls.filter(({ verdict }) => verdict !== false),
            () => name,
          ),
        ).toEqual([]);
      }
      const foreign = troubles.filter((error) => !(error instanceof MerganserError));
      expect(foreign.filter((error) => !String(error).includes('code of the caller ran'))).toEqual([]);
      expect(lost).toBe(0);
      expect(node.status().clients.faults).toBe(0);
      expect(await other.counter('other').increment()).toBeUndefined();
      expect(await db.counter('other').value()).toBe(2);
    },
  );
});

describe('of the whole', () => {
  it('every method takes what it should, and nothing else', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    expect(Object.keys(DATABASE).toSorted()).toEqual(methodsOf(db, Object.prototype));
    const wrong: string[] = [];
    for (const [name, method] of Object.entries(DATABASE))
      for (const call of callsOf(method)) {
        const came = await outcome(db, name, call.operands, db);
        wrong.push(...misjudged(call, came).map((what) => `${name} with ${what}`));
      }
    expect(wrong).toEqual([]);
    expect(node.store.keys()).toEqual([]);
    expect(() => db.log('k', { kap: 5 } as never)).toThrow('there is no option "kap"; did you mean cap?');
    expect(await db.counter('c').value()).toBe(0);
  });

  it('is not begun with what is no address or no setting, nor ended with what is no time', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const url = urlOf(node);
    const settings = ['durable', 'durableTimeout', 'session', 'maxQueued', 'connectTimeout', 'heartbeat'];
    const wrong = Object.entries(HOSTILE).filter(([, value]) => value !== undefined);
    const attempts = wrong.flatMap(([what, value]): [string, () => Promise<unknown>][] => {
      const isText = typeof value === 'string';
      const isTime = typeof value === 'number' && value >= 0;
      const asAddress: [string, () => Promise<unknown>][] = [
        [`connect ${what}`, () => connect(value as string)],
        [`connect [${what}]`, () => connect([value as string])],
      ];
      const asTime: [string, () => Promise<unknown>][] = [
        ...settings.map((name): [string, () => Promise<unknown>] => [name, () => connect(url, { [name]: value })]),
        [`close ${what}`, () => db.close(value as number)],
      ];
      const asOptions: [string, () => Promise<unknown>] = [`with ${what}`, () => connect(url, value as object)];
      return [...(isText ? [] : asAddress), ...(isTime ? [] : asTime), ...(isPlain(value) ? [] : [asOptions])];
    });
    const taken: string[] = [];
    for (const [what, attempt] of attempts) {
      const came = await attempt().then(() => 'taken', known);
      if (came !== 'refused') taken.push(`${what}: ${came}`);
    }
    expect(taken).toEqual([]);
    await expect(connect(urlOf(node), { conectTimeout: 5 } as never)).rejects.toThrow(
      'there is no option "conectTimeout"; did you mean connectTimeout?',
    );
    expect(await db.counter('c').value()).toBe(0);
  });

  it('keeps apart what is called as another key with its settings', async () => {
    const db = await aClient(urlOf(await aNode()));
    await db.log('k', { cap: 5 }).append(1);
    for (const odd of ['["k",{"cap":5}]', '["log","k",{"cap":5}]']) {
      expect(db.log(odd).key).toBe(odd);
      expect(await db.log(odd).size()).toBe(0);
    }
  });
});
