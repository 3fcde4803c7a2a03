/**
 * Clients that follow the protocol and hand in what no SDK would: operands of every kind in operations of every kind, on keys of every
 * type with settings of every kind. Whatever is answered can be read, the node lives, and is no worse afterwards.
 */
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { MerganserNode } from '../../src/node/index.js';
import { type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import { BatchWriter, CLIENT_PROTOCOL, encodeHello } from '../../src/sync/client-message.js';
import { isRead, isShare, Op, typeOf } from '../../src/sync/client-operation.js';
import type { Operation } from '../../src/sync/client-shape.js';
import type { BuiltIn } from '../../src/crdt/crdt.js';
import { TYPE_NAMES } from '../../src/crdt/registry.js';
import { Random } from '../../src/testing/random.js';
import { aClient, aNode, atTheEnd, urlOf } from './nodes.js';

const EVIL = { toString: 1, valueOf: 1, toJSON: 1 };
const VALUES: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  1,
  -1,
  1.5,
  2 ** 53,
  1e300,
  10n,
  '',
  'x',
  '__proto__',
  '\ud800',
  true,
  {},
  [],
  EVIL,
  [EVIL],
  [[EVIL]],
  [undefined],
  [10n],
  [Number.NaN],
  { a: EVIL },
  { ['__proto__']: { x: 1 } },
  new Uint8Array([1, 2]),
  new Uint8Array([200, 255, 255, 255]),
  'x'.repeat(5_000),
  Array.from({ length: 2_000 }, () => 0.5),
  [0.1, 0.5, 2],
  { min: 0 },
  Array.from({ length: 70 }).reduce((inner) => [inner], 1),
];
const INTEGERS = [0, 1, -1, 5, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const FLOATS = [0, 1, -1, 0.5, 1e300, -1e300, 5e-324, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY];
const NAMES = ['f', '', '__proto__', '\ud800', 'us', 'x'.repeat(4_097)];
const NUMBERS = ['scale', 'cap', 'bucket', 'keep'];
const SETTINGS = ['min', 'max', 'initial', 'items', 'other'];

class Fuzz {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = Random.seeded(seed);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)] as T;
  }

  #settings(type: BuiltIn): Record<string, unknown> {
    if (this.pick([true, false])) return {};
    // Of the first types they are numbers on the wire.
    const isPair = ['counter', 'gauge', 'register', 'set', 'log', 'window'].includes(type);
    const values = isPair ? INTEGERS.filter((n) => n >= 0) : VALUES;
    const names = isPair ? NUMBERS : SETTINGS;
    return Object.fromEntries(names.filter(() => this.pick([true, false])).map((name) => [name, this.pick(values)]));
  }

  #operation(code: number, slot: number): Operation {
    const n = this.pick([...INTEGERS, ...FLOATS]);
    const at = this.pick([undefined, ...FLOATS]);
    return { code, slot, n, at, step: this.pick(FLOATS), value: this.pick(VALUES), name: this.pick(NAMES) };
  }

  /** A batch of all kinds of items; what the writer itself refuses to encode is left out. */
  batch(): Uint8Array {
    const batch = new BatchWriter(1, 0, this.pick([0, 0, 0, 2]));
    const codes = Object.values(Op);
    for (let slot = 0; slot < 6; slot++) {
      const code: number = this.pick(codes);
      const type = (typeOf(code) ?? this.pick(TYPE_NAMES)) as BuiltIn;
      batch.define(slot, type, this.pick(['a', 'b', '', '\u0000session/x', `k${type}`]), this.#settings(type));
      for (let i = 0; i < 4; i++) this.#put(batch, 10 * slot + i, this.#operation(code, slot));
    }
    batch.ping();
    const bytes = Uint8Array.from(batch.finish());
    if (this.pick([true, false, false, false])) bytes[this.#random.below(bytes.length)] = this.#random.below(256);
    return bytes;
  }

  #put(batch: BatchWriter, id: number, operation: Operation): void {
    const { code } = operation;
    const put = (into: BatchWriter): void => {
      if (!isRead(code)) return isShare(code) && id % 2 === 0 ? into.restate(operation) : into.write(operation);
      return id % 2 === 0 ? into.subscribe(id, operation) : into.read(id, operation);
    };
    try {
      put(new BatchWriter(1, 0, 0));
    } catch {
      return;
    }
    put(batch);
  }
}

/** Says it, and returns once the node has answered all of it or has given the connection up. What could not be read is thrown. */
async function say(node: MerganserNode, session: string, bytes: Uint8Array): Promise<void> {
  const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/client`);
  atTheEnd(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    const handler = new Proxy({} as NodeMessageHandler, {
      get: (_, kind) => () => {
        if (kind === 'pong') resolve();
      },
    });
    socket.on('message', (answer: Buffer) => {
      try {
        readNodeMessage(answer, handler);
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('open', () => {
      socket.send(encodeHello({ version: CLIENT_PROTOCOL, session, acked: 0, resumed: false }));
      socket.send(bytes);
    });
  });
  socket.terminate();
}

it(
  'a node survives whatever is said in its protocol, and answers so that it can be read',
  { timeout: 120_000 },
  async () => {
    const node = await aNode({ graceMs: 1 });
    const other = await aClient(urlOf(node));
    const fuzz = new Fuzz(1);
    for (let i = 0; i < 600; i++) {
      await say(node, `a-session-of-the-fuzz-${i}`, fuzz.batch());
      if (i % 50 === 0) await other.counter('alive').increment();
    }
    expect(await other.counter('alive').value()).toBe(12);
    expect(node.status().clients.faults).toBe(0);
    // All of it can be read, and is what another node would have.
    expect(node.store.digest()).toMatch(/^[\da-f]{16}$/);
    const second = await aNode({ region: 'eu', join: [urlOf(node)] });
    expect(second.store.keys()).toEqual(node.store.keys());
  },
);
