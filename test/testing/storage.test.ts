import { describe } from 'vitest';
import {
  Random,
  type Storage,
  storageContract,
  type StoragePlace,
  type StoredChange,
} from '../../src/testing/index.js';
import { type Faulty, itHolds, itIsFoundOut } from './contract-tests.js';

/** A change as it stands in the journal. */
interface Entry {
  readonly change: StoredChange;
  /** The last of its commit. */
  readonly isLast: boolean;
}

interface Fault {
  readonly acknowledgesEarly?: boolean;
  readonly takesHalves?: boolean;
  readonly forgetsDeletions?: boolean;
  readonly keepsBytes?: boolean;
  readonly givesBytes?: boolean;
  readonly goesOn?: boolean;
  readonly namesAsText?: boolean;
  readonly emptyIsGone?: boolean;
  readonly lastFirst?: boolean;
  readonly neverEmpty?: boolean;
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A journal on a disk that a power cut leaves with some of what it was given last. */
class Disk implements StoragePlace {
  readonly fault: Fault;
  /** What has reached the disk, and what is on its way there. */
  readonly safe: Entry[] = [];
  readonly cached: Entry[] = [];
  readonly #random = Random.seeded(7);

  constructor(fault: Fault = {}) {
    this.fault = fault;
    if (fault.neverEmpty === true) this.safe.push({ change: [Uint8Array.of(1), Uint8Array.of(1)], isLast: true });
  }

  open(): Promise<Journal> {
    // What a torn commit has left is overwritten.
    while (this.fault.takesHalves !== true && this.safe.at(-1)?.isLast === false) this.safe.pop();
    return Promise.resolve(new Journal(this));
  }

  sync(): void {
    this.safe.push(...this.cached.splice(0));
  }

  crash(): Promise<void> {
    this.safe.push(...this.cached.slice(0, this.#random.between(0, this.cached.length)));
    this.cached.length = 0;
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

class Journal implements Storage {
  readonly #disk: Disk;
  #closed = false;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async load(): Promise<(readonly [Uint8Array, Uint8Array])[]> {
    this.#check();
    const { safe, cached, fault } = this.#disk;
    const there = new Map<string, readonly [Uint8Array, Uint8Array]>();
    for (const { change } of [...safe, ...cached]) {
      const [key, value] = fault.givesBytes === true ? change : copyOf(change);
      const name = fault.namesAsText === true ? new TextDecoder().decode(key) : key.join();
      if (value !== undefined && !(fault.emptyIsGone === true && value.length === 0)) there.set(name, [key, value]);
      else if (fault.forgetsDeletions !== true) there.delete(name);
    }
    return [...there.values()];
  }

  async commit(changes: readonly StoredChange[]): Promise<void> {
    this.#check();
    const { fault, cached } = this.#disk;
    const kept = fault.keepsBytes === true ? changes : changes.map(copyOf);
    const entries = kept.map((change, i) => ({ change, isLast: i === kept.length - 1 }));
    if (fault.lastFirst === true) cached.unshift(...entries);
    else cached.push(...entries);
    if (fault.acknowledgesEarly === true) return;
    await turn();
    this.#disk.sync();
  }

  async close(): Promise<void> {
    this.#disk.sync();
    this.#closed = true;
  }

  #check(): void {
    if (this.#closed && this.#disk.fault.goesOn !== true) throw new Error('the storage is closed');
  }
}

function copyOf([key, value]: StoredChange): StoredChange {
  return [key.slice(), value?.slice()];
}

describe('a journal', () => {
  itHolds(storageContract(() => Promise.resolve(new Disk())));
});

const EMPTY = 'it is empty at first';
const KEEPS = 'what was committed is there, byte for byte, also after it was closed and opened again';
const REPLACES = 'a later commit replaces and takes away, and only what it names';
const OWNS = 'nobody changes what is stored by changing bytes that were given or taken';
const REFUSES = 'what is called after the end is refused';
const SURVIVES = 'a crash leaves whole commits up to one that is no earlier than the last acknowledged';

const FAULTY: Faulty<Fault> = {
  'begins with something': [EMPTY, { neverEmpty: true }],
  'takes names for text': [KEEPS, { namesAsText: true }],
  'takes an empty value for none': [KEEPS, { emptyIsGone: true }],
  'forgets what was taken away': [REPLACES, { forgetsDeletions: true }],
  'keeps the bytes that it was given': [OWNS, { keepsBytes: true }],
  'gives its own bytes away': [OWNS, { givesBytes: true }],
  'goes on after the end': [REFUSES, { goesOn: true }],
  'acknowledges what is not on the disk': [SURVIVES, { acknowledgesEarly: true }],
  'brings half a commit back': [SURVIVES, { takesHalves: true }],
  'writes the last commit first': [SURVIVES, { lastFirst: true }],
};

describe('a storage that', () => {
  itIsFoundOut(FAULTY, (fault) => storageContract(() => Promise.resolve(new Disk(fault))));
});
