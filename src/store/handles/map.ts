/**
 * Map: a record whose fields are registers, counters, flags and sets, each merged as its type is (crdt/map.ts). A field takes the type of
 * what is first done with it; while it is there, doing what belongs to another type is an error.
 */
import { checkArray, described, isPlainObject, wrongArgument } from '../../base/argument.js';
import { checkElement } from '../../base/element.js';
import { MerganserError } from '../../base/error.js';
import { handOut, normalise, type Value } from '../../base/value.js';
import * as counters from '../../crdt/counter.js';
import * as flags from '../../crdt/flag.js';
import * as maps from '../../crdt/map.js';
import * as registers from '../../crdt/register.js';
import { typeOfTag } from '../../crdt/registry.js';
import * as sets from '../../crdt/set.js';
import { type Access, checkCount } from '../access.js';
import { CollectionHandle } from './collection.js';

const REGISTER = registers.register.tag;
const COUNTER = counters.counter.tag;
const SET = sets.set.tag;
const FLAG = flags.flag.tag;

/** What a field can be. */
export type FieldType = 'register' | 'counter' | 'flag' | 'set';

/** What a field shows: any JSON-like value of a register, a number of a counter, true of a flag that is on, the elements of a set in order. */
export type FieldValue = Value;

/** As in JSON. */
export type Fields = Readonly<Record<string, FieldValue>>;

export class MapHandle extends CollectionHandle {
  constructor(access: Access, key: string) {
    super(access, key, maps.map.tag);
  }

  /** A register. Errors: BAD_ARGUMENT, BAD_VALUE, VALUE_TOO_LARGE, KEY_TOO_LONG, TYPE_CONFLICT; nothing changed. */
  set(field: string, value: unknown): void {
    this.#setRegister(field, normalise(value));
  }

  /** A counter. Errors: BAD_ARGUMENT, COUNTER_OVERFLOW, KEY_TOO_LONG, TYPE_CONFLICT; nothing changed. */
  increment(field: string, n = 1): void {
    checkCount(n);
    this.access.incrementCell(this.#field(COUNTER, field), n);
  }

  /** A flag, which is on. Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT; nothing changed. */
  enable(field: string): void {
    const { slots, self } = this.access.replica;
    const cell = this.#field(FLAG, field);
    this.access.mutate(cell, (head, dot) => flags.enable(slots, head, self, dot));
  }

  /** A flag, which is off: the field is not there. What enables it elsewhere meanwhile survives. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
  disable(field: string): void {
    const flag = this.#cells(field).find((cell) => this.#tagOf(cell) === FLAG);
    if (flag !== undefined) this.erase(flag);
  }

  /** A set of strings. Errors: BAD_ARGUMENT, KEY_TOO_LONG, TYPE_CONFLICT; nothing changed. */
  add(field: string, element: string): void {
    checkElement(element);
    const { slots, self } = this.access.replica;
    const root = this.#field(SET, field);
    const cell = this.access.element(SET, root, element, true);
    this.access.mutate(cell, (head, dot) => sets.add(slots, head, self, dot));
  }

  /** Take an element out of a set: what is visible of it here. Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
  remove(field: string, element: string): void {
    const root = this.#cells(field).find((cell) => this.#tagOf(cell) === SET);
    checkElement(element);
    const cell = root === undefined ? 0 : this.access.element(SET, root, element, false);
    if (cell !== 0) this.erase(cell);
  }

  /** What the field shows, deeply frozen; undefined: it is not there. */
  get(field: string): FieldValue | undefined {
    const cell = this.#cells(field)[0];
    return cell === undefined ? undefined : this.#shown(cell);
  }

  has(field: string): boolean {
    return this.#cells(field).length > 0;
  }

  /** What the field is; of several types that are live, the one that wins everywhere. */
  type(field: string): FieldType | undefined {
    const cell = this.#cells(field)[0];
    return cell === undefined ? undefined : (typeOfTag(this.#tagOf(cell))?.name as FieldType);
  }

  /** Remove what is visible of a field here, whatever its type; concurrent writes elsewhere survive. */
  delete(field: string): void {
    for (const cell of this.#cells(field)) this.erase(cell);
  }

  /** Names of the fields, in order. */
  fields(): string[] {
    return this.#live().map(([name]) => name);
  }

  /** Names and what they show, in order of the names. */
  entries(): [string, FieldValue][] {
    return this.#live().map(([name, cell]) => [name, this.#shown(cell)]);
  }

  /** All of it as a plain object: what `JSON.stringify` takes, unless a register holds bytes. */
  value(): Fields {
    return Object.fromEntries(this.entries());
  }

  override size(): number {
    const live = super.size();
    return this.access.replica.conflicts.size === 0 ? live : this.#live().length;
  }

  /**
   * Make fields show what a plain object says, others stay as they are. A field that is there keeps its type: a counter is reset and
   * the number added, a set gets and loses elements, a flag is on or off; a new one is a register.
   * Errors: those of `set`, BAD_ARGUMENT for what the field cannot show, COUNTER_OVERFLOW; nothing changed.
   */
  assign(fields: Readonly<Record<string, unknown>>): void {
    if (!isPlainObject(fields)) throw wrongArgument('fields come as a plain object', fields);
    const changes = Object.entries(fields).map(([field, value]) => this.#change(field, value));
    this.access.atomically(() => {
      for (const change of changes) change();
    });
  }

  /** What makes a field show a value. Errors: if it cannot. */
  #change(field: string, value: unknown): () => void {
    const said = described(field);
    switch (this.type(field)) {
      case 'counter':
        if (!Number.isSafeInteger(value)) throw wrongArgument(`${said} is a counter: a safe integer`, value);
        return () => this.#setCounter(field, value as number);
      case 'flag':
        if (typeof value !== 'boolean') throw wrongArgument(`${said} is a flag: true or false`, value);
        return () => (value ? this.enable(field) : this.disable(field));
      case 'set': {
        const elements = checkArray(`${said} is a set: an array of strings`, value as readonly unknown[]);
        const wanted = new Set(elements.map(checkElement));
        return () => this.#setElements(field, wanted);
      }
      default: {
        checkField(field);
        const kept = normalise(value);
        return () => this.#setRegister(field, kept);
      }
    }
  }

  #setRegister(field: string, kept: Value): void {
    const { slots, self, clock } = this.access.replica;
    const cell = this.#field(REGISTER, field);
    this.access.mutate(cell, (head, dot) => registers.assign(slots, head, self, dot, clock.next(), kept));
  }

  #setCounter(field: string, n: number): void {
    if (this.get(field) === n) return;
    this.delete(field);
    this.increment(field, n);
  }

  #setElements(field: string, wanted: ReadonlySet<string>): void {
    const had = new Set((this.get(field) ?? []) as readonly string[]);
    for (const element of had) if (!wanted.has(element)) this.remove(field, element);
    for (const element of wanted) if (!had.has(element)) this.add(field, element);
  }

  /** The cell of a field, made if need be. */
  #field(tag: number, field: string): number {
    const root = this.readable();
    // What is refused leaves no map behind.
    if (field === '__proto__' || root === 0) checkField(field);
    return this.access.field(tag, root === 0 ? this.writable() : root, field);
  }

  /** Live cells of a field, the one that is shown first. */
  #cells(field: string): number[] {
    const root = this.readable();
    if (root !== 0) return this.access.liveFields(root, field);
    checkElement(field);
    return [];
  }

  /** The cell that is shown of each live field, by name in order. */
  #live(): [string, number][] {
    const { cells, collections } = this.access.replica;
    const shown = new Map<string, number>();
    for (const cell of collections.elements(this.whole())) {
      if (!this.isLive(cell)) continue;
      const name = cells.name(cell);
      const other = shown.get(name);
      if (other === undefined || cells.tag(cell) < cells.tag(other)) shown.set(name, cell);
    }
    return [...shown].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #shown(cell: number): FieldValue {
    const { cells, collections, slots } = this.access.replica;
    const head = cells.head(cell);
    switch (this.#tagOf(cell)) {
      case COUNTER:
        return counters.value(slots, head);
      case FLAG:
        return true;
      case SET: {
        const live = collections.elements(cell).filter((element) => this.isLive(element));
        return Object.freeze(live.map((element) => cells.name(element)).sort());
      }
      default:
        return handOut(registers.value(slots, head)) as FieldValue;
    }
  }

  /** Remove what is visible of a field, or of an element of a set in one. */
  protected override erase(cell: number): void {
    const { collections, slots, self } = this.access.replica;
    if (!this.isLive(cell)) return;
    if (this.access.replica.isRoot(cell)) {
      for (const element of collections.elements(cell)) this.erase(element);
      return;
    }
    const remove = REMOVALS[this.#tagOf(cell)] ?? registers.clear;
    this.access.mutate(cell, (head, dot) => remove(slots, head, self, dot));
  }

  #tagOf(cell: number): number {
    return this.access.replica.cells.tag(cell);
  }
}

const REMOVALS: Readonly<Record<number, typeof counters.reset>> = {
  [COUNTER]: counters.reset,
  [SET]: sets.remove,
  [FLAG]: flags.disable,
  [REGISTER]: registers.clear,
};

/** Errors: BAD_ARGUMENT, KEY_TOO_LONG. */
function checkField(field: string): void {
  if (checkElement(field) === '__proto__')
    throw new MerganserError('BAD_ARGUMENT', 'a field cannot be called __proto__');
}
