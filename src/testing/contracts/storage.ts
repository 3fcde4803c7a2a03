/**
 * The contract of a storage: bytes by name that outlive the process. No node keeps anything on a disk so far; this is what the step
 * "persist, then send" will need of whatever does, and stands here so that one can be written, and believed, before.
 *
 * The one promise: what is there is what was committed, whole commits, in their order, up to some moment that is not before the last one
 * that was acknowledged. So a node that comes back has a state that it once had, with the version vector of that moment.
 * Checked with random programs of commits, ends in order and crashes, beside a plain map.
 */
import { must } from '../law-broken.js';
import { Random } from '../random.js';
import { type Clause, clause } from './contract.js';

export interface Storage {
  /** Everything that is there, each key once, in any order. The bytes are the caller's. */
  load(): Promise<(readonly [key: Uint8Array, value: Uint8Array])[]>;
  /**
   * All of these changes or none; an undefined value takes the key away. Several may be under way, they take effect in the order of the
   * calls. Resolves when it would outlive the process. The bytes are not touched by anybody until then, and are the caller's after that.
   */
  commit(changes: readonly StoredChange[]): Promise<void>;
  /** Resolves when all that was called is done. Whatever is called later rejects. */
  close(): Promise<void>;
}

export type StoredChange = readonly [key: Uint8Array, value: Uint8Array | undefined];

/** A place where a storage is kept, empty at first. */
export interface StoragePlace {
  /** Opens what is there. One is open at a time. */
  open(): Promise<Storage>;
  /** The process that has it open ends here and now, whatever is under way. Nothing more is done with what was open. */
  crash(): Promise<void>;
  /** Nothing of it is left. */
  dispose(): Promise<void>;
}

/** What is there, as text: keys in order. */
type Image = ReadonlyMap<string, string>;

const LARGE_BYTES = 1 << 20;
const ROUNDS = 30;

/** The checks of a storage; `make` is called for each. `seed` draws the random programs. */
export function storageContract(make: () => Promise<StoragePlace>, seed = 1): Clause[] {
  return [
    clause('it is empty at first', make, async (place) => isThere(await place.open(), new Map())),
    clause('what was committed is there, byte for byte, also after it was closed and opened again', make, keeps),
    clause('a later commit replaces and takes away, and only what it names', make, replaces),
    clause('nobody changes what is stored by changing bytes that were given or taken', make, owns),
    clause('what is called after the end is refused', make, refuses),
    clause('a crash leaves whole commits up to one that is no earlier than the last acknowledged', make, (place) =>
      survives(place, Random.seeded(seed)),
    ),
  ];
}

async function keeps(place: StoragePlace): Promise<void> {
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const large = new Uint8Array(LARGE_BYTES).fill(7);
  const changes: StoredChange[] = [
    [every, every],
    [bytesOf('empty'), new Uint8Array()],
    [bytesOf('large'), large],
    [Uint8Array.of(0), bytesOf('a key of one zero')],
    [Uint8Array.of(0, 0), bytesOf('and of two')],
    [Uint8Array.of(0xfe), bytesOf('what is no text')],
    [Uint8Array.of(0xff), bytesOf('and is another one')],
  ];
  let storage = await place.open();
  await storage.commit(changes);
  await isThere(storage, after(new Map(), changes));
  await storage.close();
  storage = await place.open();
  await isThere(storage, after(new Map(), changes));
}

async function replaces(place: StoragePlace): Promise<void> {
  const storage = await place.open();
  const commits = [
    [change('a', '1'), change('b', '1'), change('c', '1')],
    [change('a', '2'), change('b', undefined), change('never there', undefined)],
    [change('b', '3'), change('b', '4')],
    [],
  ];
  let image: Image = new Map();
  for (const changes of commits) {
    await storage.commit(changes);
    image = after(image, changes);
    await isThere(storage, image);
  }
}

async function owns(place: StoragePlace): Promise<void> {
  const storage = await place.open();
  const changes = [change('key', 'value')];
  const image = after(new Map(), changes);
  await storage.commit(changes);
  for (const bytes of changes[0] as [Uint8Array, Uint8Array]) bytes.fill(0);
  for (const bytes of (await storage.load()).flat()) bytes.fill(0);
  await isThere(storage, image);
}

async function refuses(place: StoragePlace): Promise<void> {
  const storage = await place.open();
  const last = storage.commit([change('k', 'v')]);
  await storage.close();
  await last;
  for (const late of [() => storage.commit([change('k', 'late')]), () => storage.load()]) {
    const refused = await late().then(
      () => false,
      () => true,
    );
    must(refused, 'something is done after the end');
  }
  await isThere(await place.open(), new Map([['6b', '76']]));
}

async function survives(place: StoragePlace, random: Random): Promise<void> {
  // What there was after each commit that may have taken effect, in order; the first one has.
  let images: Image[] = [new Map()];
  for (let round = 0; round < ROUNDS; round++) {
    const storage = await place.open();
    const found = imageOf(await storage.load());
    const isKnown = images.some((image) => sameImage(image, found));
    must(isKnown, 'what is there after a crash was never there, or is older than what was acknowledged');
    images = [found];
    let acknowledged = 0;
    for (let i = random.between(1, 8); i > 0; i--) {
      const changes = drawn(random);
      const at = images.push(after(images.at(-1) as Image, changes)) - 1;
      const told = (): void => {
        acknowledged = Math.max(acknowledged, at);
      };
      // Of one that a crash takes nothing need be heard.
      const done = storage.commit(changes).then(told, () => undefined);
      if (random.chance(60)) await done;
    }
    if (random.chance(70)) await place.crash();
    else {
      await storage.close();
      acknowledged = images.length - 1;
    }
    images = images.slice(acknowledged);
  }
}

function drawn(random: Random): StoredChange[] {
  return Array.from({ length: random.between(1, 6) }, () =>
    change(`k${random.below(8)}`, random.chance(25) ? undefined : `${random.below(1e9)}`),
  );
}

async function isThere(storage: Storage, image: Image): Promise<void> {
  must(sameImage(imageOf(await storage.load()), image), 'what is there is not what was committed');
}

function imageOf(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Image {
  const image = new Map(entries.map(([key, value]) => [hex(key), hex(value)]));
  must(image.size === entries.length, 'a key is there twice');
  return image;
}

function after(image: Image, changes: readonly StoredChange[]): Image {
  const next = new Map(image);
  for (const [key, value] of changes) {
    if (value === undefined) next.delete(hex(key));
    else next.set(hex(key), hex(value));
  }
  return next;
}

function sameImage(a: Image, b: Image): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function change(key: string, value: string | undefined): StoredChange {
  return [bytesOf(key), value === undefined ? undefined : bytesOf(value)];
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
