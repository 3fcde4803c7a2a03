/**
 * A peer that lies, over real sockets, to a node that has an honest peer beside it. Whatever it says, the connection ends with a code
 * that the operator sees, or what it says means nothing; the state is what it was, and the honest one is served as before.
 */
import { once } from 'node:events';
import { deflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Reader, Writer } from '../../src/base/bytes.js';
import { MAX_PEER_MESSAGE_BYTES } from '../../src/base/limits.js';
import type { MerganserNode } from '../../src/node/index.js';
import { writeBegin } from '../../src/sync/cut-message.js';
import * as wire from '../../src/sync/message.js';
import { Random } from '../../src/testing/random.js';
import { counter, defined, frame, hello, LIAR, lives, message, NOBODY, row, table, VICTIM } from '../sync/liar.js';
import { aNode, atTheEnd, urlOf } from './nodes.js';

const MALFORMED = 'MALFORMED_MESSAGE';
const PATIENCE = { timeout: 10_000, interval: 5 };

let victim: MerganserNode;
let honest: MerganserNode;
let warnings: string[];
let written: number;

beforeEach(async () => {
  warnings = [];
  written = 0;
  const silent = (): void => undefined;
  const warn = (fields: { readonly code?: string }): void => void warnings.push(fields.code ?? '');
  const log = { debug: silent, info: silent, warn, error: warn } as never;
  victim = await aNode({ node: 'victim', region: 'us', log });
  honest = await aNode({ node: 'honest', region: 'eu', join: [urlOf(victim)] });
  Object.assign(lives, { victim: victim.incarnation, honest: honest.incarnation });
  victim.store.increment('calls', 5);
  victim.store.set('agents').add('ann');
  honest.store.set('agents').add('bob');
  await goesOn();
});

/** The two hear of each other's writes and hold the same. */
async function goesOn(): Promise<void> {
  written++;
  honest.store.increment('from honest');
  victim.store.increment('from victim');
  await vi.waitFor(() => {
    expect(victim.store.counter('from honest').value()).toBe(written);
    expect(honest.store.counter('from victim').value()).toBe(written);
    expect(honest.store.digest()).toBe(victim.store.digest());
  }, PATIENCE);
}

/** One connection of somebody who says what a test wants said. */
class Liar {
  readonly heard: Uint8Array[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<unknown>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => this.heard.push(bytes));
  }

  static async to(node: MerganserNode, greet?: Uint8Array): Promise<Liar> {
    const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/peer`);
    const liar = new Liar(socket);
    atTheEnd(() => socket.terminate());
    await once(socket, 'open');
    if (greet !== undefined) socket.send(greet);
    return liar;
  }

  /** The code with which the node said goodbye. */
  async ending(): Promise<string | undefined> {
    await this.closed;
    const goodbye = this.heard.find((bytes) => bytes[0] === wire.GOODBYE);
    if (goodbye === undefined) return undefined;
    const r = new Reader(goodbye);
    r.byte();
    return wire.readGoodbye(r).code;
  }

  /** The node has taken everything that was said so far, and keeps the connection. */
  async heardOut(): Promise<void> {
    const id = this.heard.length + 1000;
    this.socket.send(message(wire.BARRIER, 0, id));
    const answer = Buffer.from(message(wire.BARRIER, 1, id));
    await vi.waitFor(() => {
      if (this.socket.readyState !== WebSocket.OPEN) throw new Error('the connection is gone');
      const isHeard = this.heard.some((bytes) => answer.equals(bytes.subarray(0, answer.length)));
      if (!isHeard) throw new Error('there is no answer');
    }, PATIENCE);
  }
}

/** As the liar says it of itself, now and in this cluster. */
function greeting(said: Parameters<typeof hello>[0] = {}): Uint8Array {
  return hello({ cluster: victim.cluster, wall: Date.now(), ...said });
}

function state(node: MerganserNode): unknown {
  return [node.store.vv(), node.store.digest(), node.store.keys()];
}

/** It says all that and is thrown out, and the operator sees why. Returns the code. */
async function refusal(...messages: readonly Uint8Array[]): Promise<string | undefined> {
  const before = state(victim);
  const liar = await Liar.to(victim);
  for (const bytes of messages) liar.socket.send(bytes);
  const code = await liar.ending();
  expect(state(victim)).toEqual(before);
  expect(warnings).toContain(code);
  const { problems } = (await (await fetch(`${urlOf(victim)}/status`)).json()) as { problems: string[] };
  const said = problems.filter((problem) => problem.includes(`was refused: ${code}: `));
  // Once it has said who it is, so does the node.
  const name = liar.heard.some((bytes) => bytes[0] === wire.ACK) ? 'liar: ' : '';
  expect(said).toEqual([expect.stringMatching(`${code}: ${name}.* \\(from .*127\\.0\\.0\\.1\\)$`)]);
  await goesOn();
  return code;
}

/** What it says is made when the nodes are there. */
type Lie = [what: string, code: string, say: () => Uint8Array[]];

describe('a HELLO', () => {
  it.each<Lie>([
    ['of another cluster', 'WRONG_CLUSTER', () => [greeting({ cluster: 'other' })]],
    ['of a node of the same name', 'DUPLICATE_NODE', () => [greeting({ node: 'victim', incarnation: 7 })]],
    ['of another time', 'CLOCK_SKEW', () => [greeting({ wall: Date.now() + 3_600_000 })]],
    ['of a far version', 'UNSUPPORTED_VERSION', () => [greeting({ protocol: 99, oldest: 98 })]],
    [
      'with dots of the node that it never gave out',
      MALFORMED,
      () => [greeting({ vv: [{ node: 'victim', incarnation: victim.incarnation, n: 1e6 }] })],
    ],
    ['that is none', MALFORMED, () => [Uint8Array.of(wire.FRAME, 1, 2, 3)]],
    ['and then another', MALFORMED, () => [greeting(), greeting({ node: 'other' })]],
  ])('%s', async (_, code, say) => {
    expect(await refusal(...say())).toBe(code);
  });

  it('of a life of the honest one that is over', async () => {
    const liar = await Liar.to(victim, greeting({ node: 'honest', incarnation: 7 }));
    expect(await liar.ending()).toBe('STALE_INCARNATION');
    expect(warnings).toContain('STALE_INCARNATION');
    await goesOn();
  });
});

describe('frames', () => {
  it.each<Lie>([
    ['with dots of the node that it never gave out', MALFORMED, () => [frame([{ actor: VICTIM, top: 1e6 }])]],
    [
      'with a dot of another above what they cover',
      MALFORMED,
      () => [frame([{ actor: LIAR, top: 1 }], counter(NOBODY, 1, 1))],
    ],
    ['of fewer bytes than they announce', MALFORMED, () => [message(wire.FRAME, 0, 0, 0, 0, 0, null, 2 ** 40)]],
    ['of a type that there is not', 'UNKNOWN_TYPE', () => [frame([{ actor: LIAR, top: 1 }], [9, 77, 0, 'x'])]],
    ['acknowledged that were never sent', MALFORMED, () => [message(wire.ACK, null, 0, 0, 500, 0)]],
  ])('%s', async (_, code, say) => {
    expect(await refusal(greeting(), ...say())).toBe(code);
  });

  it('of long ago, in the words of the honest one, change nothing', async () => {
    const ear = await Liar.to(honest, greeting({ node: 'ear' }));
    await vi.waitFor(() => expect(ear.heard.some((bytes) => bytes[0] === wire.FRAME)).toBe(true), PATIENCE);
    const old = ear.heard.filter((bytes) => bytes[0] === wire.FRAME);
    honest.store.set('agents').delete('bob');
    await goesOn();
    expect(victim.store.set('agents').has('bob')).toBe(false);
    const liar = await Liar.to(victim, greeting());
    const before = state(victim);
    for (const bytes of [...old, ...old]) liar.socket.send(bytes);
    await liar.heardOut();
    expect(state(victim)).toEqual(before);
    await goesOn();
  });
});

describe('a frame in pieces', () => {
  const begin = (): Uint8Array => writeBegin({ epoch: 0, seq: 0, full: false, cut: 1, kept: 0, cells: 1000 }, defined);

  /** The same counters again and again. */
  function chunk(index: number): Uint8Array {
    const cells = Array.from({ length: 2000 }, (_, i) => {
      return index === 0 ? [9, 1, 0, `key ${i}`, 2, 0, 0, 1] : [8, 2, 0, 0, 1];
    });
    return message(wire.CHUNK, 0, 0, index, null, ...(index === 0 ? [1, LIAR, 1] : [0]), ...cells.flat());
  }

  it.each<Lie>([
    ['without end', 'MESSAGE_TOO_LARGE', () => [begin(), ...Array.from({ length: 200 }, (_, i) => chunk(i))]],
    [
      'that ends below them',
      MALFORMED,
      () => [
        begin(),
        message(wire.CHUNK, 0, 0, 0, null, 1, LIAR, 1, ...counter(LIAR, 0, 3)),
        message(wire.COMMIT, 1, 0, 0, 0, 0, 0, null, 0),
      ],
    ],
    [
      'of gigabytes',
      'MESSAGE_TOO_LARGE',
      () => [wire.writePart({ epoch: 0, seq: 0, index: 0, length: 2 ** 40, bytes: Uint8Array.of(1) })],
    ],
  ])('%s', async (_, code, say) => {
    expect(await refusal(greeting(), ...say())).toBe(code);
  });
});

describe('a message', () => {
  function deflated(length: number, packed: Uint8Array): Uint8Array {
    const w = new Writer();
    w.byte(wire.DEFLATED);
    w.uint(length);
    w.rest(packed);
    return w.finish();
  }

  it.each<Lie>([
    ['that is a bomb', MALFORMED, () => [deflated(1000, deflateRawSync(new Uint8Array(1 << 26)))]],
    ['that names gigabytes', 'MESSAGE_TOO_LARGE', () => [deflated(2 ** 40, new Uint8Array(9))]],
    ['compressed twice', MALFORMED, () => [deflated(2, deflateRawSync(Uint8Array.of(wire.DEFLATED, 0)))]],
    ['that was never compressed', MALFORMED, () => [deflated(100, new Uint8Array(50).fill(255))]],
    ['larger than any may be', 'MESSAGE_TOO_LARGE', () => [new Uint8Array(MAX_PEER_MESSAGE_BYTES + 1)]],
    [
      'with more members than there can be',
      'TOO_MANY_MEMBERS',
      () => [table(...Array.from({ length: 1024 }, (_, i) => row({ node: `n${i}` })))],
    ],
  ])('%s', async (_, code, say) => {
    expect(await refusal(greeting(), ...say())).toBe(code);
  });

  it('of chance', async () => {
    const random = Random.seeded(7);
    const kinds = [wire.FRAME, wire.NACK, wire.BEGIN, wire.CHUNK, wire.COMMIT, wire.PART, wire.DIGEST, 99];
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 60; i++) {
      const liar = await Liar.to(victim, greeting());
      const bytes = Uint8Array.from({ length: random.between(1, 200) }, () => random.below(256));
      bytes[0] = random.pick(kinds);
      liar.socket.send(bytes);
      liar.socket.send(Uint8Array.of(200));
      codes.add(await liar.ending());
    }
    expect([...codes]).toEqual([MALFORMED]);
    await goesOn();
  });
});
