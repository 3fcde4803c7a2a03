/** What nobody foresaw, asked for by a client: it alone is told, and everybody else is served as before. */
import { describe, expect, it, vi } from 'vitest';
import * as flags from '../../src/crdt/flag.js';
import { Faults } from '../../src/node/faults.js';
import { httpApp, type HttpSource } from '../../src/node/http.js';
import { type NodeLog, silentLog } from '../../src/node/log.js';
import type { Access } from '../../src/store/access.js';
import { Handle } from '../../src/store/handles/handle.js';
import { Op } from '../../src/sync/client-operation.js';
import { registerType } from '../../src/sync/register-type.js';
import { aClient, aNode, urlOf } from './nodes.js';
import { operation, RawClient } from './raw-client.js';

const TAG = 90;

/** A flag that fails at whatever is asked of it while somebody has said so. */
class Rotten extends Handle {
  static isSound = false;

  constructor(access: Access, key: string) {
    super(access, key, TAG);
  }

  enable(): void {
    const { slots, self } = this.access.replica;
    this.access.mutate(this.writable(), (head, dot) => flags.enable(slots, head, self, dot));
  }

  break(): void {
    throw new TypeError('rotten');
  }

  look(): unknown {
    if (Rotten.isSound) return this.liveCell !== 0;
    return Object.defineProperty(Object.freeze({}), 'x', {});
  }

  circle(): unknown {
    const round: unknown[] = [];
    round.push(round);
    return round;
  }
}

registerType({
  crdt: { ...flags.flag, name: 'rotten', tag: TAG },
  open: (access, key) => new Rotten(access, key),
  remove: () => undefined,
  methods: [
    { method: 'break', code: 240, shape: 'none', kind: 'write' },
    { method: 'look', code: 241, shape: 'none', kind: 'read' },
    { method: 'circle', code: 242, shape: 'none', kind: 'read' },
    { method: 'enable', code: 243, shape: 'none', kind: 'write' },
  ],
});

const internal = expect.objectContaining({ code: 'INTERNAL_ERROR' });

function listening(): { log: NodeLog; errors: object[] } {
  const errors: object[] = [];
  return { errors, log: { ...silentLog, error: (context) => void errors.push(context) } };
}

describe('an operation that makes the node throw what it did not foresee', () => {
  it('is answered, counted and logged; those before and behind it are done', async () => {
    const { log, errors } = listening();
    const node = await aNode({ log });
    const [db, other] = [await aClient(urlOf(node)), await aClient(urlOf(node))];
    const bad = db.open('rotten', 'k');
    const outcomes = await Promise.allSettled([
      db.counter('c').increment(),
      bad.write('break'),
      bad.read('look'),
      bad.read('circle'),
      db.counter('c').increment(),
      db.counter('c').value(),
    ]);
    const refused = { status: 'rejected', reason: internal };
    const done = { status: 'fulfilled', value: undefined };
    expect(outcomes).toEqual([done, refused, refused, refused, done, { status: 'fulfilled', value: 2 }]);
    expect(await other.keys()).toEqual(['c']);
    const { clients, healthy, problems } = node.status();
    expect([clients.faults, healthy]).toEqual([3, false]);
    expect(problems).toEqual([expect.stringContaining('INTERNAL_ERROR: 3 requests')]);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'INTERNAL_ERROR', error: expect.stringContaining('rotten') }),
    ]);
  });

  it('is remembered as refused by whoever asks again', async () => {
    const node = await aNode();
    const write = (client: RawClient): void =>
      client.send(1, (batch) => {
        batch.define(0, 'rotten', 'k', {});
        batch.write(operation(240, 0));
      });
    const first = await RawClient.to(urlOf(node));
    write(first);
    await first.hears('failed');
    await first.breaks();
    const second = await RawClient.to(urlOf(node));
    expect(second.welcome).toMatchObject({ done: 1, failures: [{ from: 1, to: 1, code: 'INTERNAL_ERROR' }] });
  });

  it('ends a subscription, at once or when a value comes to it', async () => {
    Rotten.isSound = true;
    const node = await aNode();
    const db = await aClient(urlOf(node));
    const told = vi.fn();
    db.on('error', told);
    const values: unknown[] = [];
    const key = db.open('rotten', 'k');
    key.subscribe('look', (value) => values.push(value));
    await vi.waitFor(() => expect(values).toEqual([false]));
    Rotten.isSound = false;
    await key.write('enable');
    await vi.waitFor(() => expect(told).toHaveBeenCalledWith(internal));
    key.subscribe('look', () => undefined);
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2));
    expect(await db.counter('c').value()).toBe(0);
  });
});

describe('operands of kinds that no SDK sends', () => {
  it('are refused, each subscription to them alone', async () => {
    const node = await aNode();
    const client = await RawClient.to(urlOf(node));
    const round = Array.from({ length: 3 }, () => Number.NaN);
    const values = [10n, [10n], undefined, null, round, { a: 1n }, '', new Uint8Array([1])];
    client.send(1, (batch) => {
      batch.define(0, 'quantiles', 'q', {});
      batch.define(1, 'counter', 'c', {});
      values.forEach((value, i) => batch.subscribe(i + 1, operation(Op.quantilesSeveral, 0, { value })));
      batch.subscribe(100, operation(Op.counterValue, 1));
    });
    await client.hears('value');
    expect(client.of('ended').map(([, id]) => id)).toEqual(values.map((_, i) => i + 1));
    expect(client.of('error')).toEqual([]);
  });
});

describe('a status that cannot be made', () => {
  it('is a problem document, and counted', async () => {
    const faults = new Faults(silentLog);
    const source = {
      status: () => {
        throw new RangeError('no');
      },
      failed: (error: unknown) => faults.answer(error),
    } as unknown as HttpSource;
    const answer = await httpApp(source).request('/status');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([500, 'INTERNAL_ERROR']);
    expect(faults.count).toBe(1);
  });
});

describe('faults without end', () => {
  it('are counted each, and logged once in a while', () => {
    const { log, errors } = listening();
    const faults = new Faults(log);
    for (let i = 0; i < 1000; i++) faults.guard(() => assertNever());
    expect(faults.count).toBe(1000);
    expect(errors.length).toBeLessThan(10);
  });
});

function assertNever(): never {
  throw new Error('invariant broken');
}
