/**
 * The contract of a transport (node/transport.ts): of a link the beginning of what was sent arrives, each message whole, once and in
 * order; links have a beginning and an end, which both ends are told of. That is what TCP gives. The replicator bears with less, and the
 * simulator gives it less; a transport that passes here costs it no repetitions.
 *
 * The two ends may be in one process or the second one elsewhere, as long as its events are told here. Nothing is waited for by the
 * clock but a time in which what must come has to come.
 */
import type { Transport, TransportEvents } from '../../node/transport.js';
import { must } from '../law-broken.js';
import { Random } from '../random.js';
import { type Clause, clause, sameBytes } from './contract.js';

/** Two ends of a transport that reach each other. */
export interface TransportPair {
  readonly ends: readonly [Transport, Transport];
  /** The first end makes one more link to the second; the events tell when. */
  dial(): void;
  /** Every connection breaks, as if somebody had pulled the cable and both ends had noticed. */
  sever(): void;
  /** Time goes on a little: a turn of the event loop, a step of a simulated clock. */
  pass(): Promise<void>;
  /** Nothing of it is left. */
  dispose(): Promise<void>;
}

/** @param events of the first end and the second */
export type TransportMaker = (events: readonly [TransportEvents, TransportEvents]) => Promise<TransportPair>;

export interface ContractOptions {
  /** What must come comes within this time, in milliseconds; a minute by default. */
  readonly limitMs?: number;
}

const LIMIT_MS = 60_000;
const LARGE_BYTES = 3 << 20;
/** More than any end should let wait without a word, in messages of this size. */
const FLOOD_BYTES = 8 << 20;
const FLOOD_MESSAGE_BYTES = 1 << 16;
/** No end gives a link this number. */
const NOBODY = 2 ** 40;

/** What an end was told of a link. */
interface Told {
  readonly dialled: boolean;
  readonly received: Uint8Array[];
  writable: boolean;
  closed: boolean;
}

/** One end: what it is told, and whether that may be so. */
class End implements TransportEvents {
  readonly links = new Map<number, Told>();
  /** Whether either end of the transport is being called. */
  called = false;
  /** The first thing that must not be. */
  wrong: string | undefined;

  opened(link: number, dialled: boolean): void {
    this.#expect(!this.called, 'a link is opened from inside of a call');
    this.#expect(!this.links.has(link), 'a number is given to two links');
    this.links.set(link, { dialled, received: [], writable: true, closed: false });
  }

  received(link: number, bytes: Uint8Array): void {
    this.#expect(!this.called, 'a message arrives from inside of a call');
    this.#open(link, 'a message arrives')?.received.push(bytes);
  }

  writable(link: number, yes: boolean): void {
    const told = this.#open(link, 'it is told whether to write');
    this.#expect(
      told === undefined || told.writable !== yes,
      `a link is told to be ${yes ? '' : 'not '}writable twice`,
    );
    if (told !== undefined) told.writable = yes;
  }

  closed(link: number): void {
    this.#expect(!this.called, 'a link is closed from inside of a call');
    const told = this.#open(link, 'an end is told');
    if (told !== undefined) told.closed = true;
  }

  #open(link: number, what: string): Told | undefined {
    const told = this.links.get(link);
    this.#expect(told !== undefined && !told.closed, `${what} of a link that is not open`);
    return told;
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) this.wrong ??= what;
  }
}

/** Numbers of one link at both ends. */
type Link = readonly [number, number];
type Side = 0 | 1;

class World {
  readonly #ends: readonly [End, End];
  readonly #pair: TransportPair;
  readonly #limitMs: number;

  private constructor(ends: readonly [End, End], pair: TransportPair, limitMs: number) {
    this.#ends = ends;
    this.#pair = pair;
    this.#limitMs = limitMs;
  }

  static async make(make: TransportMaker, { limitMs = LIMIT_MS }: ContractOptions): Promise<World> {
    const ends = [new End(), new End()] as const;
    return new World(ends, await make(ends), limitMs);
  }

  /** Waits until something holds that must come to hold. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (const limit = performance.now() + this.#limitMs; !holds(); await this.#pair.pass()) {
      this.look();
      must(performance.now() < limit, `this never comes: ${what}`);
    }
    this.look();
  }

  /** Nothing has happened so far that must not be. */
  look(): void {
    for (const { wrong } of this.#ends) must(wrong === undefined, wrong ?? '');
  }

  async link(): Promise<Link> {
    const before = this.#ends.map(({ links }) => links.size) as [number, number];
    this.#pair.dial();
    const isNew = ({ links }: End, side: number): boolean => links.size > (before[side] as number);
    await this.until('a link that was dialled is opened at both ends', () => this.#ends.every(isNew));
    return this.#ends.map(({ links }, side) => [...links.keys()][before[side] as number]) as [number, number];
  }

  told(side: Side, link: Link): Told {
    return this.#ends[side].links.get(link[side]) as Told;
  }

  send(side: Side, link: Link, bytes: Uint8Array): void {
    this.#call(side, (transport) => transport.send(link[side], bytes));
  }

  close(side: Side, link: Link): void {
    this.#call(side, (transport) => transport.close(link[side], 'PEER_LEFT', 'a check'));
  }

  sever(): void {
    this.#pair.sever();
  }

  /** Everything has arrived, and is what was sent. */
  async arrive(side: Side, link: Link, sent: readonly Uint8Array[]): Promise<void> {
    const { received } = this.told(side, link);
    await this.until(`all of ${sent.length} messages arrive`, () => received.length >= sent.length);
    this.beginning(side, link, sent);
    must(received.length === sent.length, 'a message arrives that nobody sent');
  }

  /** What has arrived is the beginning of what was sent. */
  beginning(side: Side, link: Link, sent: readonly Uint8Array[]): void {
    const { received } = this.told(side, link);
    must(received.length <= sent.length, 'more messages arrive than were sent');
    const wrong = received.findIndex((bytes, i) => !sameBytes(bytes, sent[i] as Uint8Array));
    must(wrong < 0, `message ${wrong} is not what was sent as message ${wrong}`);
  }

  async over(link: Link): Promise<void> {
    const isOver = (): boolean => this.told(0, link).closed && this.told(1, link).closed;
    await this.until('both ends are told that a link is over', isOver);
  }

  /** Whatever is still under way has had time to come: another message went to and fro. */
  async settle(link: Link): Promise<void> {
    for (const side of [0, 1, 0, 1] as const) {
      const there = side === 0 ? 1 : 0;
      const { received } = this.told(there, link);
      const before = received.length;
      this.send(side, link, Uint8Array.of(side));
      await this.until('a message goes to and fro', () => received.length > before);
    }
  }

  async dispose(): Promise<void> {
    await this.#pair.dispose();
  }

  #call(side: Side, work: (transport: Transport) => void): void {
    for (const end of this.#ends) end.called = true;
    try {
      work(this.#pair.ends[side]);
    } finally {
      for (const end of this.#ends) end.called = false;
    }
  }
}

/** Of all sizes, the last one large; what stands in them tells where it belongs. */
function messages(seed: number, many: number): Uint8Array[] {
  const random = Random.seeded(seed);
  return Array.from({ length: many }, (_, i) => {
    const size = i === many - 1 ? LARGE_BYTES : random.pick([1, 10, 125, 126, 1000, 65_535, 65_536, 70_000]);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at++) bytes[at] = seed + i * 7 + at * 13 + (at >>> 8);
    return bytes;
  });
}

async function bothWays(world: World): Promise<void> {
  const link = await world.link();
  const [there, back] = [messages(1, 60), messages(2, 60)];
  for (const [i, bytes] of there.entries()) {
    world.send(0, link, bytes.slice());
    world.send(1, link, (back[i] as Uint8Array).slice());
  }
  await world.arrive(1, link, there);
  await world.arrive(0, link, back);
}

async function apart(world: World): Promise<void> {
  const links = [await world.link(), await world.link(), await world.link()];
  const sent = links.map((_, i) => messages(i, 20));
  for (let i = 0; i < 20; i++)
    links.forEach((link, at) => world.send(0, link, (sent[at] as Uint8Array[])[i]?.slice() as Uint8Array));
  world.close(1, links[1] as Link);
  for (const at of [0, 2]) await world.arrive(1, links[at] as Link, sent[at] as Uint8Array[]);
  for (const at of [0, 2]) must(!world.told(0, links[at] as Link).closed, 'the end of one link is the end of another');
}

/** @param by which end closes */
async function lastWords(world: World, by: Side): Promise<void> {
  const link = await world.link();
  const sent = messages(3, 40);
  for (const bytes of sent) world.send(by, link, bytes.slice());
  world.close(by, link);
  await world.over(link);
  await world.arrive(by === 0 ? 1 : 0, link, sent);
}

async function isOver(world: World): Promise<void> {
  const [other, link] = [await world.link(), await world.link()];
  world.close(0, link);
  await world.over(link);
  for (const side of [0, 1] as const) {
    for (const gone of [link, [NOBODY, NOBODY] as const]) {
      world.send(side, gone, Uint8Array.of(1));
      world.close(side, gone);
    }
  }
  await world.settle(other);
  must(
    [...world.told(0, link).received, ...world.told(1, link).received].length === 0,
    'a link that is over carries on',
  );
  must(!world.told(0, other).closed, 'the end of one link is the end of another');
}

async function lost(world: World): Promise<void> {
  const link = await world.link();
  const sent = messages(4, 40);
  for (const bytes of sent) world.send(0, link, bytes.slice());
  await world.until('something arrives', () => world.told(1, link).received.length > 0);
  world.sever();
  await world.over(link);
  world.beginning(1, link, sent);
}

async function flood(world: World): Promise<void> {
  const link = await world.link();
  const count = FLOOD_BYTES / FLOOD_MESSAGE_BYTES;
  const sent = Array.from({ length: count }, (_, i) => new Uint8Array(FLOOD_MESSAGE_BYTES).fill(i));
  for (const bytes of sent) world.send(0, link, bytes.slice());
  await world.arrive(1, link, sent);
  await world.until('who was told to wait is told to go on', () => world.told(0, link).writable);
}

/** The checks of a transport; `make` is called for each. */
export function transportContract(make: TransportMaker, options: ContractOptions = {}): Clause[] {
  const fresh = (): Promise<World> => World.make(make, options);
  const opens = async (world: World): Promise<void> => {
    const link = await world.link();
    must(world.told(0, link).dialled && !world.told(1, link).dialled, 'a link is dialled by one of its ends');
    await world.settle(link);
  };
  return [
    clause('a link is opened at both ends, and was dialled by one of them', fresh, opens),
    clause('messages arrive whole, once and in order, both ways, and stay as they came', fresh, bothWays),
    clause('links between the same ends have nothing to do with each other', fresh, apart),
    clause('what was sent before the dialler ends a link arrives, then its end', fresh, (world) => lastWords(world, 0)),
    clause('what was sent before the other side ends a link arrives, then its end', fresh, (world) =>
      lastWords(world, 1),
    ),
    clause('of a link that is over nothing comes, and whatever is done with it does nothing', fresh, isOver),
    clause('a lost connection is noticed, and what had arrived is the beginning of what was sent', fresh, lost),
    clause('a flood arrives, and who was told to wait is told to go on', fresh, flood),
  ];
}
