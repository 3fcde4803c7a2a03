/**
 * Keys and their values, for a node whose data the page knows nothing about. What is listed is live.
 *
 * A key's type is found by asking: a read of another type than the key's is refused. Lists are asked for only while they are
 * short or narrowed by a prefix, since a node may hold millions of keys.
 */
import type { Database, Member } from '../client/index.js';
import type { BuiltIn } from '../crdt/crdt.js';
import { card, h, say } from './dom.js';
import { brief, count } from './format.js';
import type { Status } from './status.js';
import { every } from './status.js';

const SHOWN = 100;
const UNASKED_KEYS = 10_000;
const NAMES_MS = 1_000;

type Ask = (db: Database, key: string) => Promise<string>;

const entries = (values: readonly unknown[]): string => brief(values.length === 0 ? '(empty)' : values);

/** What is shown of each type, in the order in which they are tried: none that comes with the store can be forgotten. */
const KINDS: Readonly<Record<BuiltIn, Ask>> = {
  counter: async (db, key) => count(await db.counter(key).value()),
  register: async (db, key) => brief(await db.register(key).get()),
  set: async (db, key) => entries((await db.set(key).values()).slice(0, 20)),
  map: async (db, key) => brief(await db.map(key).value()),
  sorted: async (db, key) => entries((await db.sorted(key).top(5)).map(({ member, score }) => `${member} ${score}`)),
  bounded: async (db, key) => bounded(await db.bounded(key).value(), await left(db, key)),
  gauge: async (db, key) => count(await db.gauge(key).value()),
  presence: async (db, key) => presence(await db.presence(key).members({ limit: 5 }), await db.presence(key).count()),
  flag: async (db, key) => ((await db.flag(key).enabled()) ? 'on' : 'off'),
  log: async (db, key) => entries((await db.log(key).last(3)).map(({ value }) => value)),
  unique: async (db, key) => `about ${count(await db.unique(key).count())} different ones`,
  quantiles: async (db, key) => quantiles(await db.quantiles(key).quantiles([0.5, 0.99])),
  top: async (db, key) => entries((await db.top(key).largest(3)).map(({ item, count: n }) => `${item}: ${n}`)),
  window: async (db, key) => `${count(await lastHour(db, key))} in the last hour`,
  doc: async (db, key) => brief(await db.doc(key).json()),
};

function presence(members: readonly Member[], all: number): string {
  return all === 0
    ? '(empty)'
    : `${count(all)}: ${members.map(({ member }) => member).join(', ')}${all > members.length ? ', …' : ''}`;
}

/** What can be taken away and added here now, where that is bounded. */
function bounded(value: number, [down, up]: readonly [number, number]): string {
  const said = [
    down < Number.MAX_SAFE_INTEGER && `${count(down)} less`,
    up < Number.MAX_SAFE_INTEGER && `${count(up)} more`,
  ];
  return `${count(value)}; here ${said.filter((part) => part !== false).join(' or ')}`;
}

async function left(db: Database, key: string): Promise<readonly [number, number]> {
  return Promise.all([db.bounded(key).available(), db.bounded(key).availableUp()]);
}

function quantiles([median, p99]: readonly number[] = []): string {
  return median === undefined || p99 === undefined ? '(empty)' : `median ${brief(median)}, 99 % below ${brief(p99)}`;
}

function lastHour(db: Database, key: string): Promise<number> {
  const now = Date.now();
  return db.window(key).sum(now - 3_600_000, now);
}

export class KeysCard {
  readonly element: HTMLElement;
  readonly #db: Database;
  readonly #prefix: HTMLInputElement = h('input', {
    type: 'search',
    placeholder: 'prefix',
    'aria-label': 'prefix of the keys',
    spellcheck: 'false',
  });
  readonly #rows: HTMLElement = h('tbody');
  readonly #note: HTMLElement = h('p', { class: 'note' });
  readonly #kinds = new Map<string, string>();
  #keys = 0;
  #byType = '';

  constructor(db: Database) {
    this.#db = db;
    this.element = card(
      'Keys',
      { class: 'card wide' },
      this.#prefix,
      h('table', { class: 'keys', 'data-list': 'keys' }, this.#rows),
      this.#note,
    );
    every(
      NAMES_MS,
      () => this.#rowsNow(),
      (rows) => this.#rows.replaceChildren(...rows),
    );
  }

  show(status: Status): void {
    this.#keys = status.keys;
    const types = Object.entries(status.keysByType).map(([type, n]) => `${type} ${count(n)}`);
    this.#byType = types.join(', ');
  }

  async #rowsNow(): Promise<HTMLElement[]> {
    const prefix = this.#prefix.value;
    if (this.#keys > UNASKED_KEYS && prefix === '') {
      say(this.#note, `${count(this.#keys)} keys (${this.#byType}): give a prefix to see some of them`);
      return [];
    }
    const keys = await this.#db.keys(prefix);
    const more = keys.length - SHOWN;
    say(this.#note, more > 0 ? `and ${count(more)} more` : keys.length === 0 ? 'nothing here yet' : '');
    return Promise.all(keys.slice(0, SHOWN).map((key) => this.#row(key)));
  }

  async #row(key: string): Promise<HTMLElement> {
    const [type, value] = await this.#read(key);
    return h('tr', { 'data-key': key }, h('td', {}, key), h('td', {}, h('small', {}, type)), h('td', {}, value));
  }

  async #read(key: string): Promise<readonly [type: string, value: string]> {
    const known = this.#kinds.get(key);
    const kinds = Object.entries(KINDS).filter(([type]) => known === undefined || type === known);
    for (const [type, ask] of kinds) {
      try {
        const value = await ask(this.#db, key);
        this.#kinds.set(key, type);
        return [type, value];
      } catch {
        this.#kinds.delete(key); // another type, perhaps since a moment ago
      }
    }
    return ['', '—'];
  }
}
