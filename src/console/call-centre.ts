/**
 * The call centre's figures as this region has them, live: every number is a subscription, every list of names is asked for
 * again now and then. The names are those of the call-centre example.
 */
import type { Database } from '../client/index.js';
import { card, h, say } from './dom.js';
import { clock, count, money } from './format.js';
import { Sparkline } from './sparkline.js';
import { every } from './status.js';

const TYPES = 'calls/type/';
const OUTCOMES = 'calls/outcome/';
const CENTS = 'cents/day/';
const MINUTES = { key: 'calls/per_minute', bucket: 60_000, keep: 6 * 3_600_000 } as const;
const BARS = 60;
const LAST_CALLS = 9;
const CAP = 100;
const TRUNK = { max: 480 } as const;
const SHARES = [0.5, 0.9, 0.99] as const;
const BUSIEST = 5;
const NAMES_MS = 2_000;
const BARS_MS = 500;

/** What callers wanted, in words. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  PS: 'regular',
  PE: 'regular, English',
  IN: 'internet',
  NE: 'stock exchange',
  NW: 'new customer',
  TT: 'call back',
};
const OUTCOME_NAMES: Readonly<Record<string, string>> = { AGENT: 'served', HANG: 'hung up' };

/** Whether the node holds the figures of a call centre. */
export async function hasCalls(db: Database): Promise<boolean> {
  return (await db.keys(TYPES)).length > 0;
}

export class CallCentre {
  readonly element: HTMLElement;
  readonly #db: Database;
  readonly #clock: HTMLElement = h('span', { class: 'clock' });
  readonly #rate: HTMLElement = h('strong', {}, '0');
  readonly #sparkline = new Sparkline(BARS, 'calls per minute');
  readonly #rows: HTMLElement = h('tbody');
  readonly #money: HTMLElement = h('output', { 'data-figure': 'money' }, money(0));
  #now = 0;
  #day = '';
  #leaveDay: () => void = () => undefined;

  constructor(db: Database) {
    this.#db = db;
    const types = new Bars(db, TYPES, TYPE_NAMES);
    const outcomes = new Bars(db, OUTCOMES, OUTCOME_NAMES);
    this.element = h(
      'div',
      { class: 'board' },
      this.#tiles(),
      card(
        'Calls per minute',
        { class: 'card wide' },
        h('p', { class: 'rate' }, this.#rate, ' this minute', this.#clock),
        this.#sparkline.element,
      ),
      card('What callers wanted', {}, types.element, h('h2', { class: 'second' }, 'How it ended'), outcomes.element),
      card('How long callers waited', {}, waitsOf(db), h('h2', { class: 'second' }, 'Who talked most'), talkersOf(db)),
      card('Last calls', {}, h('table', { class: 'calls', 'data-list': 'calls' }, this.#rows)),
    );
    db.log<string>('calls/last', { cap: CAP }).subscribe((entries) => this.#called(entries), LAST_CALLS);
    every(
      BARS_MS,
      () => this.#series(),
      (bars) => this.#drawn(bars),
    );
  }

  #tiles(): HTMLElement {
    const db = this.#db;
    const tile = (name: string, label: string, subscribe: (listener: (n: number) => void) => void): HTMLElement => {
      const value = h('output', { 'data-figure': name }, '0');
      subscribe((n) => say(value, count(n)));
      return h('div', { class: 'tile' }, h('span', {}, label), value);
    };
    return h(
      'div',
      { class: 'tiles wide' },
      tile('calls', 'calls', (listener) => db.counter('calls').subscribe(listener)),
      tile('queue', 'in queue', (listener) => db.gauge('queue/now').subscribe(listener)),
      tile('busy', 'agents busy', (listener) => db.gauge('agents/busy').subscribe(listener)),
      h('div', { class: 'tile' }, h('span', {}, 'money today'), this.#money),
      tile('customers', 'customers', (listener) => db.set('customers').subscribeSize(listener)),
      tile('there', 'agents there', (listener) => db.presence('agents/present').subscribeCount(listener)),
      tile('circuits', `of ${TRUNK.max} circuits in use`, (listener) => db.bounded('trunk', TRUNK).subscribe(listener)),
      tile('free', 'circuits free for us', (listener) => db.bounded('trunk', TRUNK).subscribeAvailableUp(listener)),
    );
  }

  /** The newest call's time is the centre's clock, as far as this region knows. */
  #called(entries: readonly { readonly at: number; readonly value: string }[]): void {
    this.#now = entries.at(-1)?.at ?? this.#now;
    this.#rows.replaceChildren(...entries.toReversed().map(({ value }) => callRow(value)));
    if (entries.length === 0) return;
    say(this.#clock, clock(this.#now));
    const day = new Date(this.#now).toISOString().slice(2, 10).replaceAll('-', '');
    if (day === this.#day) return;
    this.#day = day;
    this.#leaveDay();
    this.#leaveDay = this.#db.counter(CENTS + day).subscribe((cents) => say(this.#money, money(cents)));
  }

  async #series(): Promise<readonly number[]> {
    const to = Math.floor(this.#now / MINUTES.bucket + 1) * MINUTES.bucket;
    const { key, bucket, keep } = MINUTES;
    if (this.#now === 0) return [];
    return this.#db.window(key, { bucket, keep }).series(to - BARS * bucket, to, bucket);
  }

  #drawn(bars: readonly number[]): void {
    this.#sparkline.show(bars);
    say(this.#rate, count(bars.at(-1) ?? 0));
  }
}

function waitsOf(db: Database): HTMLElement {
  const seconds = SHARES.map((share) => h('output', { 'data-figure': `wait-${100 * share}` }, '–'));
  db.quantiles('queue/waits').subscribe((waits) => {
    for (const [at, wait] of (waits ?? []).entries()) say(seconds[at] as HTMLElement, `${count(Math.round(wait))} s`);
  }, SHARES);
  const row = (share: number, at: number): HTMLElement =>
    h('tr', {}, h('td', {}, `${100 * share} % up to`), h('td', {}, seconds[at] as HTMLElement));
  return h('table', {}, h('tbody', {}, ...SHARES.map(row)));
}

function talkersOf(db: Database): HTMLElement {
  const rows = h('tbody');
  db.top('agents/busiest').subscribe((items) => {
    rows.replaceChildren(
      ...items.map(({ item, count: seconds }) =>
        h('tr', {}, h('td', {}, item), h('td', {}, `${count(Math.round(seconds / 60))} min`)),
      ),
    );
  }, BUSIEST);
  return h('table', { 'data-list': 'talkers' }, rows);
}

/** `YYMMDD HH:MM:SS id` */
function callRow(stamp: string): HTMLElement {
  const [, time = stamp, id = ''] = stamp.split(' ');
  return h('tr', {}, h('td', {}, time), h('td', {}, id === '' ? '' : `call ${id}`));
}

/** A family of counters as bars, the highest first. */
class Bars {
  readonly element: HTMLElement = h('ul', { class: 'bars' });
  readonly #values = new Map<string, number>();
  readonly #rows = new Map<string, { row: HTMLElement; bar: HTMLElement; value: HTMLElement }>();
  readonly #words: Readonly<Record<string, string>>;

  constructor(db: Database, prefix: string, words: Readonly<Record<string, string>>) {
    this.#words = words;
    const ask = (): Promise<string[]> => db.keys(prefix);
    every(NAMES_MS, ask, (keys) => {
      for (const key of keys) {
        const name = key.slice(prefix.length);
        if (this.#values.has(name)) continue;
        this.#values.set(name, 0);
        db.counter(key).subscribe((n) => this.#changed(name, n));
      }
    });
  }

  #changed(name: string, n: number): void {
    this.#values.set(name, n);
    const highest = Math.max(1, ...this.#values.values());
    const order = [...this.#values].sort(([, one], [, other]) => other - one);
    for (const [at, [name, n]] of order.entries()) {
      const { row, bar, value } = this.#row(name);
      say(value, count(n));
      bar.style.setProperty('--part', String(n / highest));
      row.style.order = String(at);
    }
  }

  #row(name: string): { row: HTMLElement; bar: HTMLElement; value: HTMLElement } {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const bar = h('i');
    const value = h('b', {}, '0');
    const row = h('li', { 'data-name': name }, h('span', {}, this.#words[name] ?? name), bar, value);
    this.#rows.set(name, { row, bar, value });
    this.element.append(row);
    return { row, bar, value };
  }
}
