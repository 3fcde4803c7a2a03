import { describe, expect, it, vi } from 'vitest';
import { Checker } from '../../src/testing/chaos/checker.js';
import { Documents } from '../../src/testing/chaos/documents.js';
import { Ledger } from '../../src/testing/chaos/ledger.js';
import { makePlan } from '../../src/testing/chaos/plan.js';
import { chaos } from '../../src/testing/chaos/run.js';
import { judge } from '../../src/testing/chaos/verdict.js';
import { Random } from '../../src/testing/random.js';
import { aClient, aNode, atTheEnd, urlOf } from '../node/nodes.js';

/** Within four seconds: a region cut off and killed, links throttled, silent in one direction, broken in mid-message. */
const SEED = 77;

describe('a chaos run', () => {
  it('finds every write counted once though links break and a region dies', { timeout: 120_000 }, async () => {
    const said: string[] = [];
    const outcome = await chaos({
      seed: SEED,
      seconds: 4,
      regions: 3,
      writersPerRegion: 1,
      say: (what) => said.push(what),
    });
    expect(outcome.violations).toEqual([]);
    expect(said.filter((what) => what.startsWith('KILL')).length).toBeGreaterThan(0);
    expect(outcome.writes).toBeGreaterThan(0);
    expect(outcome.looks).toBeGreaterThan(0);
  });

  it('plans the same faults for the same seed', () => {
    const plan = (seed: number): unknown =>
      makePlan(Random.seeded(seed), 20_000, ['a', 'b', 'c'], ['a-b', 'a-c', 'b-c']);
    expect(plan(3)).toEqual(plan(3));
    expect(plan(3)).not.toEqual(plan(4));
  });
});

describe('the verdict of a chaos run', () => {
  it('is clean when the region holds what was written', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const ledger = new Ledger();
    ledger.add('count', 2);
    ledger.element('set', 'a', true);
    ledger.registers.set('register', 1);
    ledger.share('gauge', 'me', 3);
    await Promise.all([
      db.counter('count').increment(2),
      db.set('set').add('a'),
      db.register('register').set(1),
      db.gauge('gauge').set(3),
    ]);
    expect(await judge('here', urlOf(node), ledger)).toEqual([]);
  });

  it('is clean for every other matter, and names what nobody wrote', async () => {
    const node = await aNode();
    const url = urlOf(node);
    const db = await aClient(url);
    const ledger = new Ledger();
    const random = Random.seeded(1);
    const writes: Promise<void>[] = [];
    const began = Date.now();
    const track = (_what: string, answer: Promise<void>): void => void writes.push(answer);
    for (const matter of ledger.matters) {
      for (let i = 0; i < 100; i++) matter.write({ name: 'me', db, random, track });
    }
    await Promise.all(writes);
    expect(await judge('here', url, ledger)).toEqual([]);
    node.store.log('log/0').append('nobody');
    node.store.log('log/followed').append('nobody');
    node.store.window('window/0', { bucket: 1000, keep: 3_600_000 }).add(1, began - 2500);
    node.store.unique('sketch/callers').add('nobody');
    node.store.quantiles('sketch/waits').add(7);
    const [most] = node.store.top('sketch/agents').largest(1);
    node.store.top('sketch/agents').add(most!.item);
    node.store.presence('presence').join('ghost');
    // It may be full.
    const trunk = node.store.bounded('bounded/trunk');
    if (trunk.value() > 0) trunk.decrement();
    else trunk.increment();
    node.store.bounded('bounded/account').increment();
    node.store.doc('doc/0').transact((doc) => {
      const body = doc.getText('body');
      const [first] = body.toJSON().match(/<[^>]*>/) as RegExpMatchArray;
      body.delete(0, first.length);
      body.insert(0, '<nobody>');
    });
    const found = await judge('here', url, ledger);
    expect(found.map((difference) => difference.split(/ is | \[/)[0])).toEqual([
      'here: log log/0',
      'here: log/followed gave nobody',
      'here: window window/0',
      'here: sketch/callers',
      'here: sketch/waits',
      `here: ${most!.item}`,
      'here: presence shows ghost, who has gone',
      'here: bounded/trunk',
      'here: bounded/account',
      expect.stringMatching(/^here: doc\/0 lost <me \d+>$/),
      'here: doc/0 shows <nobody>, deleted or never inserted',
    ]);
    expect(found[0]).toMatch(/^here: log log\/0 \[.*"nobody"}\], not \[.*"value":"me \d+"}\]$/);
    expect(found[2]).toMatch(/^here: window window\/0 is \[[\d,]+\], not \[[\d,]+\]$/);
  });

  it('names a document that is torn, doubled, or not the same in two regions', async () => {
    const [one, other] = [await aNode(), await aNode()];
    const matter = new Documents();
    const random = Random.seeded(2);
    const writes: Promise<void>[] = [];
    const track = (_what: string, answer: Promise<void>): void => void writes.push(answer);
    const db = await aClient(urlOf(one));
    for (let i = 0; i < 60; i++) matter.write({ name: 'me', db, random, track });
    await Promise.all(writes);
    expect(await matter.judge(db)).toEqual([]);
    // The other has the same edits, and then some.
    for (const key of ['doc/0', 'doc/1', 'doc/2', 'doc/me']) other.store.doc(key).apply(one.store.doc(key).update());
    const there = await aClient(urlOf(other));
    expect(await matter.judge(there)).toEqual([]);
    const token = other.store.doc('doc/0').transact((doc) => {
      const body = doc.getText('body');
      const [first] = body.toJSON().match(/<[^>]*>/) as RegExpMatchArray;
      body.insert(first.length, `x${first}`);
      doc.getMap('fields').set('me/0', 'else');
      return first;
    });
    expect(await matter.judge(there)).toEqual([
      `doc/0 shows ${token} 2 times`,
      'doc/0 shows "x" between its tokens',
      expect.stringMatching(/^doc\/0 says else of me\/0, not /),
      `doc/0 is not what ${one.name} shows`,
    ]);
  });

  it('names what was lost, what was counted twice and what came back', async () => {
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const ledger = new Ledger();
    ledger.add('count', 2);
    ledger.element('set', 'lost', true);
    ledger.element('set', 'removed', false);
    ledger.registers.set('register', 'last');
    ledger.share('gauge', 'me', 3);
    await Promise.all([
      db.counter('count').increment(4),
      db.set('set').add('removed'),
      db.register('register').set('first'),
    ]);
    const differences = await judge('here', urlOf(node), ledger);
    expect(differences).toEqual([
      'here: counter count is 4, not 2 (2)',
      'here: register register is ["first"], not ["last"]',
      'here: set lost lost',
      'here: set shows removed, removed or never added',
      'here: gauge gauge is 0, not 3 (-3)',
    ]);
  });

  it('has an eye on what is written together', async () => {
    const node = await aNode();
    const ledger = new Ledger();
    const checker = await Checker.open('here', urlOf(node), ledger);
    atTheEnd(() => checker.close());
    node.store.counter('pair/1/a').increment(1);
    ledger.pairAnswered('here', 'pair/2', 5);
    const looking = checker.run();
    await vi.waitFor(() => expect(ledger.problems.length).toBeGreaterThanOrEqual(2));
    await checker.close();
    await looking;
    expect(ledger.problems).toContain('here: pair/1 was seen in half: 1 and 0');
    expect(ledger.problems).toContain('here: pair/2 shows 0, after writes of 5 were answered there');
  });
});
