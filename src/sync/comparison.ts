/**
 * One comparison of two replicas, while both are written: do they hold the same of what both have seen?
 *
 * The one that asks says what it has; the other waits until it has that too and names the cut, its own version vector then. Both
 * read every state as of the cut (digest.ts). If the totals are the same, that was all: a hundred bytes. Else digests are compared by
 * groups, buckets and cells, leaving out whatever either side has seen something newer in, until the cells are known by name.
 *
 * A cell is told apart only if both sides hold it as of the cut, so concurrent writes are never taken for a difference. To mend it,
 * both send their state; each takes the other's in only if its own is still what was compared (repair.ts).
 *
 * Invariants: nothing of the replica changes before a difference was found; a side is at most one cut behind what it walks.
 * Source: two-level hash buckets as in Dynamo's anti-entropy; comparing at a vector cut instead of at rest is our own.
 */
import { VersionVector } from '../crdt/version-vector.js';
import {
  CellList,
  type CellName,
  cellNamed,
  type Digest,
  DigestWalk,
  type ListedCell,
  touchedAfter,
} from '../store/digest.js';
import type { Replica } from '../store/replica.js';
import { checkSide, type DigestMessage, GROUPS, MAX_BITS, type Mending, MIN_BITS } from './digest-message.js';
import type { Link } from './link.js';
import { stateOf, takeState } from './mending.js';

/** Buckets whose cells are listed at once, and cells that are mended at once: the next comparison goes on. */
const MAX_LISTED = 64;
const MAX_MENDED = 1000;
/** Cells that the other side may list: it has far more of them than this one, or no end. */
const MAX_THEIRS = 65_536;
/** Names in one message. */
const NAMES = 100;

export interface Outcome {
  /** False: nothing can be said, see `reason`. */
  readonly compared: boolean;
  readonly reason: string;
  /** Share of the buckets that were compared; the others were being written. */
  readonly share: number;
  readonly differing: readonly CellName[];
  /** How many cells were mended here. */
  readonly mended: number;
}

export interface ComparisonOptions {
  readonly id: number;
  readonly urgent: boolean;
  /** What differs is mended; `guess`: also where two replicas cannot tell who is right. */
  readonly repair: boolean;
  readonly guess: boolean;
}

interface Difference {
  readonly name: CellName;
  readonly mine: Digest;
}

export class Comparison {
  readonly link: Link;
  readonly options: ComparisonOptions;
  outcome: Outcome | undefined;
  readonly #replica: Replica;
  readonly #send: (message: DigestMessage) => void;
  /** Until this is covered nothing begins. */
  #target = new VersionVector();
  #asked: { readonly seed: number; readonly bits: number } | undefined;
  #walk: DigestWalk | undefined;
  #list: CellList | undefined;
  /** What of the other side is still to come, of whoever asked. */
  #total: { readonly total: Digest; readonly marked: boolean } | undefined;
  #judged = false;
  readonly #opened = new Set<number>();
  /** Groups that were asked for by the other side. */
  readonly #shown = new Set<number>();
  #differing: number[] = [];
  #theirs: ListedCell[] | undefined;
  #complete = false;
  #found: Difference[] | undefined;
  #mending = new Map<string, Difference>();
  #mended = 0;
  /** States that were sent because the other side sent its own. */
  #answered = 0;
  readonly #asks: boolean;

  constructor(
    replica: Replica,
    link: Link,
    options: ComparisonOptions,
    asks: boolean,
    send: (m: DigestMessage) => void,
  ) {
    this.#replica = replica;
    this.link = link;
    this.options = options;
    this.#asks = asks;
    this.#send = send;
  }

  /** Ask. @param seed any number, another one each time */
  begin(seed: number): void {
    const cells = this.#replica.cells.end;
    const bits = Math.min(MAX_BITS, Math.max(MIN_BITS, Math.ceil(Math.log2(cells / 4))));
    this.#asked = { seed, bits };
    const { id, urgent } = this.options;
    this.#send({ kind: 'ask', id, urgent, bits, seed, vv: this.#replica.vv });
  }

  /** Whether there is anything to look at now. */
  get working(): boolean {
    const { vv, pending } = this.#replica;
    if (this.outcome !== undefined || pending > 0 || this.#walk === undefined) return false;
    return (!this.#walk.done && vv.covers(this.#walk.cut)) || this.#list?.done === false;
  }

  /** Look at up to so many cells, if there is anything to look at. */
  step(cells: number): void {
    if (this.outcome !== undefined) return;
    const { vv, pending } = this.#replica;
    // States that are covered and not merged yet are not what they should be.
    if (pending > 0) return;
    if (this.#walk === undefined) {
      if (!this.#asks && vv.covers(this.#target)) this.#cut();
      return;
    }
    if (!this.#walk.done) {
      if (!vv.covers(this.#walk.cut)) return;
      this.#walk.step(cells);
      if (this.#walk.done) this.#walked();
    } else if (this.#list !== undefined && !this.#list.done) {
      this.#list.step(cells);
      if (this.#list.done) this.#listed();
    }
  }

  receive(message: DigestMessage): void {
    if (this.outcome !== undefined) return;
    checkSide(message.kind, this.#asks);
    switch (message.kind) {
      case 'ask':
        this.#asked = { seed: message.seed, bits: message.bits };
        this.#target = message.vv;
        return;
      case 'cut':
        return this.#begun(message.vv);
      case 'later':
        return this.#end(false, message.reason);
      case 'total':
        this.#total = message;
        return this.#judge();
      case 'marks':
        return this.#answerMarks(message.marks);
      case 'groups':
        return this.#groups(message.marks, message.sums);
      case 'open':
        for (const group of message.numbers) this.#sendBuckets(group);
        return;
      case 'buckets':
        return this.#buckets(message.group, message.sums);
      case 'list':
        if (this.#walk !== undefined && this.#list === undefined)
          this.#list = new CellList(this.#replica, this.#walk, message.numbers);
        return;
      case 'cells':
        return this.#theirsCame(message.cells, message.last);
      case 'mend':
        return this.#mend(message.mending);
      case 'end':
        this.#over(message.compared, '', message.names);
    }
  }

  /** Cells are about to be given back. */
  dropped(gone: ReadonlySet<number>): void {
    if (this.#walk !== undefined) for (const cell of gone) this.#walk.mark(cell);
  }

  /** It comes to nothing. */
  giveUp(reason: string): void {
    if (this.outcome === undefined) this.#over(false, reason, []);
  }

  #cut(): void {
    const { vv } = this.#replica;
    this.#begun(vv.clone());
    this.#send({ kind: 'cut', id: this.options.id, vv });
  }

  #begun(cut: VersionVector): void {
    if (this.#asked === undefined || this.#walk !== undefined) return;
    // What was forgotten since cannot be told from what never was.
    if (!cut.covers(this.#replica.ghostFloor)) return this.#end(false, 'removals are forgotten too fast');
    this.#walk = new DigestWalk(this.#replica, cut, this.#asked.seed, this.#asked.bits);
  }

  #walked(): void {
    const walk = this.#walk as DigestWalk;
    if (this.#asks) return this.#judge();
    this.#send({
      kind: 'total',
      id: this.options.id,
      total: xor(walk.sums, 0, walk.sums.length / 2),
      marked: any(walk.marks),
    });
  }

  #judge(): void {
    const walk = this.#walk;
    if (walk?.done !== true || this.#total === undefined || this.#judged) return;
    this.#judged = true;
    const { total, marked } = this.#total;
    const mine = xor(walk.sums, 0, walk.sums.length / 2);
    if (!marked && !any(walk.marks) && mine.high === total.high && mine.low === total.low) return this.#end(true, '');
    this.#send({ kind: 'marks', id: this.options.id, marks: walk.marks });
  }

  #answerMarks(marks: Uint8Array): void {
    const walk = this.#walk;
    if (walk?.done !== true) return;
    join(walk.marks, marks);
    this.#send({ kind: 'groups', id: this.options.id, marks: walk.marks, sums: this.#groupSums() });
  }

  #groupSums(): Int32Array {
    const { sums, bits } = this.#walk as DigestWalk;
    const result = new Int32Array(2 * GROUPS);
    const perGroup = 2 ** bits / GROUPS;
    for (let bucket = 0; bucket < sums.length / 2; bucket++) {
      if ((this.#walk as DigestWalk).isMarked(bucket)) continue;
      const group = Math.floor(bucket / perGroup);
      result[2 * group] = (result[2 * group] as number) ^ (sums[2 * bucket] as number);
      result[2 * group + 1] = (result[2 * group + 1] as number) ^ (sums[2 * bucket + 1] as number);
    }
    return result;
  }

  #groups(marks: Uint8Array, theirs: Int32Array): void {
    const walk = this.#walk;
    if (walk?.done !== true) return;
    join(walk.marks, marks);
    const mine = this.#groupSums();
    for (let i = 0; i < mine.length; i++) if (mine[i] !== theirs[i]) this.#opened.add(i >>> 1);
    if (this.#opened.size === 0) return this.#end(true, '');
    this.#send({ kind: 'open', id: this.options.id, numbers: [...this.#opened] });
  }

  #sendBuckets(group: number): void {
    const walk = this.#walk;
    if (walk?.done !== true || group >= GROUPS || this.#shown.has(group)) return;
    this.#shown.add(group);
    const size = (2 ** walk.bits / GROUPS) * 2;
    const sums = walk.sums.slice(group * size, (group + 1) * size);
    this.#send({ kind: 'buckets', id: this.options.id, group, sums });
  }

  #buckets(group: number, theirs: Int32Array): void {
    const walk = this.#walk;
    if (walk?.done !== true || !this.#opened.delete(group)) return;
    const size = 2 ** walk.bits / GROUPS;
    for (let i = 0; i < size; i++) {
      const bucket = group * size + i;
      const same = walk.sums[2 * bucket] === theirs[2 * i] && walk.sums[2 * bucket + 1] === theirs[2 * i + 1];
      if (!same && !walk.isMarked(bucket)) this.#differing.push(bucket);
    }
    if (this.#opened.size > 0) return;
    if (this.#differing.length === 0) return this.#end(true, '');
    const numbers = this.#differing.slice(0, MAX_LISTED);
    this.#list = new CellList(this.#replica, walk, numbers);
    this.#send({ kind: 'list', id: this.options.id, numbers });
  }

  #listed(): void {
    if (this.#asks) return this.#compare();
    const { found } = this.#list as CellList;
    for (let at = 0; at === 0 || at < found.length; at += NAMES) {
      const last = at + NAMES >= found.length;
      this.#send({ kind: 'cells', id: this.options.id, cells: found.slice(at, at + NAMES), last });
    }
  }

  #theirsCame(cells: readonly ListedCell[], last: boolean): void {
    (this.#theirs ??= []).push(...cells);
    if (this.#theirs.length > MAX_THEIRS) return this.giveUp('the other side lists too much');
    this.#complete = last;
    this.#compare();
  }

  /** Both lists are here: which cells are not the same? */
  #compare(): void {
    const walk = this.#walk as DigestWalk;
    if (this.#list?.done !== true || !this.#complete || this.#found !== undefined) return;
    const theirs = new Map((this.#theirs ?? []).map((cell) => [idOf(cell), cell]));
    const found: Difference[] = [];
    const nothing = { high: 0, low: 0, newer: false };
    for (const cell of this.#list.found) {
      const other = theirs.get(idOf(cell)) ?? nothing;
      theirs.delete(idOf(cell));
      if (!cell.newer && !other.newer && !same(cell, other)) found.push({ name: cell, mine: cell });
    }
    for (const cell of theirs.values())
      if (!cell.newer && !same(cell, nothing)) found.push({ name: cell, mine: nothing });
    // Of what was forgotten meanwhile nobody can say why it is not here.
    this.#found = found.filter(({ name }) => !this.#forgotten(walk, name));
    if (!this.options.repair || this.#found.length === 0) return this.#end(true, '');
    for (const difference of this.#found.slice(0, MAX_MENDED)) {
      this.#mending.set(idOf(difference.name), difference);
      this.#sendState(difference.name, false, this.options.guess);
    }
  }

  #forgotten(walk: DigestWalk, name: CellName): boolean {
    const cell = cellNamed(this.#replica, name);
    return cell === 0 && walk.isMarked(walk.bucketOfName(name));
  }

  #sendState(name: CellName, answer: boolean, guess: boolean): void {
    this.#send({
      kind: 'mend',
      id: this.options.id,
      mending: { name, state: stateOf(this.#replica, name), answer, guess },
    });
  }

  #mend({ name, state, answer, guess }: Mending): void {
    if (!answer && ++this.#answered > MAX_MENDED) return;
    const id = idOf(name);
    const known = answer ? this.#mending.get(id)?.mine : this.#listedDigest(name);
    if (known === undefined) return;
    // Before anything changes: the other side decides by the state that was compared.
    if (!answer) this.#sendState(name, true, guess);
    if (state !== undefined && this.#unchanged(name, known) && takeState(this.#replica, this.link, name, state, guess))
      this.#mended++;
    if (!answer) return;
    this.#mending.delete(id);
    if (this.#mending.size === 0) this.#end(true, '');
  }

  /** What was compared of a cell in the buckets that were asked for. */
  #listedDigest(name: CellName): Digest | undefined {
    if (this.#list?.done !== true || this.#asks || !this.#list.has(name)) return undefined;
    const id = idOf(name);
    return this.#list.found.find((cell) => idOf(cell) === id) ?? { high: 0, low: 0 };
  }

  /** Whether the cell is still what was compared. */
  #unchanged(name: CellName, known: Digest): boolean {
    const walk = this.#walk as DigestWalk;
    const cell = cellNamed(this.#replica, name);
    this.#replica.resolveTree(cell);
    if (cell === 0) return same(known, { high: 0, low: 0 }) && !this.#forgotten(walk, name);
    return !touchedAfter(this.#replica, cell, walk.cut);
  }

  /** Whoever asked says what came of it. */
  #end(compared: boolean, reason: string): void {
    const names = (this.#found ?? []).map(({ name }) => name);
    const differing = Math.max(names.length, this.#differing.length);
    if (this.#asks && this.#walk !== undefined)
      this.#send({ kind: 'end', id: this.options.id, compared, differing, names: names.slice(0, NAMES) });
    this.#over(compared, reason, names);
  }

  #over(compared: boolean, reason: string, differing: readonly CellName[]): void {
    const marks = this.#walk?.marks ?? new Uint8Array(1);
    let marked = 0;
    for (const byte of marks) for (let bit = byte; bit !== 0; bit &= bit - 1) marked++;
    const share = 1 - marked / (marks.length * 8);
    this.outcome = { compared, reason, share, differing, mended: this.#mended };
  }
}

function xor(sums: Int32Array, from: number, to: number): Digest {
  const result = { high: 0, low: 0 };
  for (let i = from; i < to; i++) {
    result.high ^= sums[2 * i] as number;
    result.low ^= sums[2 * i + 1] as number;
  }
  return result;
}

function same(a: Digest, b: Digest): boolean {
  return a.high === b.high && a.low === b.low;
}

function any(marks: Uint8Array): boolean {
  return marks.some((byte) => byte !== 0);
}

function join(marks: Uint8Array, others: Uint8Array): void {
  for (let i = 0; i < marks.length; i++) marks[i] = (marks[i] as number) | (others[i] ?? 0);
}

function idOf({ tag, parent, key }: CellName): string {
  return `${parent === undefined ? '' : idOf(parent)}/${tag} ${key.join(' ')}`;
}
