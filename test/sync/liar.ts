/** A peer that lies to a node that has an honest peer beside it, message by message. */
import { Writer } from '../../src/base/bytes.js';
import * as wire from '../../src/sync/message.js';
import type { Row } from '../../src/sync/table.js';
import { writeTable } from '../../src/sync/table-message.js';
import { EPOCH_MS, Lab, type LabNode } from './lab.js';

export const LINK = 1000;
export const DEFLATED = 15;

type Said = Partial<wire.Hello> & { readonly vv?: readonly wire.NamedDot[] };

export function hello({ vv = [], ...rest }: Said = {}): Uint8Array {
  return wire.writeHello({
    protocol: 2,
    oldest: 1,
    cluster: 'lab',
    node: 'liar',
    incarnation: 1,
    region: 'nowhere',
    features: wire.FEATURES & 63,
    wall: EPOCH_MS,
    hlc: 0,
    partitions: [{ id: 0, vv }],
    ...rest,
  });
}

/** The liar's numbers for actors: itself, the victim, the honest one, one that never was. */
export const [LIAR, VICTIM, HONEST, NOBODY] = [0, 1, 2, 3];

/** Which life of each the liar speaks of. */
export const lives: Record<'liar' | 'victim' | 'honest' | 'nobody', number> = {
  liar: 1,
  victim: 1,
  honest: 1,
  nobody: 1,
};

export function defined(w: Writer): void {
  const named = Object.entries(lives);
  w.uint(0);
  w.uint(named.length);
  for (const [node, life] of named) {
    w.string(node);
    w.uint(life);
  }
}

/** A message of numbers, of which the first is its kind; `null` stands for the definitions of actors, a string for itself. */
export function message(...fields: readonly (number | string | null)[]): Uint8Array {
  const w = new Writer();
  for (const field of fields) {
    if (field === null) defined(w);
    else if (typeof field === 'string') w.string(field);
    else w.uint(field);
  }
  return w.finish();
}

interface Entry {
  readonly actor: number;
  readonly top: number;
  readonly base?: number;
}

export function frame(entries: readonly Entry[], cells: readonly (number | string)[] = [], full = false): Uint8Array {
  const vectors = entries.flatMap(({ actor, top, base = 0 }) => [actor, top, top - base]);
  return message(
    wire.FRAME,
    0,
    0,
    0,
    0,
    full ? 1 : 0,
    null,
    entries.length,
    ...vectors,
    ...(full ? [0] : []),
    ...cells,
  );
}

/** A counter "x" with one slot. */
export function counter(actor: number, below: number, value: number): (number | string)[] {
  return [2 * 4 + 1, 1, 0, 'x', 2, actor * 2, below, value];
}

export function row(of: Partial<Row>): Row {
  const rest = { region: 'r', addresses: [], features: 63, needs: 0 };
  return { node: 'honest', incarnation: 1, version: 1, state: 'alive', ...rest, ...of };
}

export function table(...rows: readonly Row[]): Uint8Array {
  return writeTable({ mine: 1, yours: 1, rows });
}

export function many<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

export class Scene {
  readonly lab = new Lab();
  readonly victim: LabNode = this.lab.start('victim');
  readonly honest: LabNode = this.lab.start('honest');
  #written = 0;

  constructor() {
    const { lab, victim, honest } = this;
    lab.link(honest, victim);
    victim.store.increment('calls', 5);
    victim.store.set('agents').add('ann');
    honest.store.set('agents').add('bob');
    honest.store.register('mood').set('good');
    lab.run(1500);
  }

  /** Over the liar's link, opened anew if `greet`. */
  hears(greet: Uint8Array | undefined, ...messages: readonly Uint8Array[]): void {
    const { victim, lab } = this;
    if (greet !== undefined) {
      victim.replicator.open(LINK, false, lab.now);
      victim.replicator.receive(LINK, greet, lab.now);
    }
    for (const bytes of messages) victim.replicator.receive(LINK, bytes, lab.now);
    lab.deliver();
  }

  /** Codes with which the victim ended links. */
  get codes(): string[] {
    return this.victim.closed.map(({ code }) => code);
  }

  get state(): unknown {
    const { store } = this.victim;
    return [store.vv(), store.digest(), store.keys(), store.size];
  }

  /** The honest one and the victim hear of each other's writes and hold the same. */
  goesOn(): void {
    const { victim, honest, lab } = this;
    const n = ++this.#written;
    honest.store.increment('from honest');
    victim.store.increment('from victim');
    lab.run(400);
    check(victim.store.counter('from honest').value() === n, 'the victim does not hear the honest one');
    check(honest.store.counter('from victim').value() === n, 'the honest one does not hear the victim');
    check(honest.store.digest() === victim.store.digest(), 'they hold something else');
    check(
      victim.closed.every(({ link }) => link === LINK),
      'an honest link was closed',
    );
  }
}

/** What becomes of a liar that says this after its HELLO. */
export function outcome(...messages: readonly Uint8Array[]): string | undefined {
  return afterHello(hello(), ...messages);
}

export function afterHello(greet: Uint8Array, ...messages: readonly Uint8Array[]): string | undefined {
  const scene = new Scene();
  const before = scene.state;
  scene.hears(greet, ...messages);
  check(JSON.stringify(scene.state) === JSON.stringify(before), 'the state has changed');
  scene.goesOn();
  check(scene.codes.length < 2, 'it was closed twice');
  return scene.codes[0];
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
