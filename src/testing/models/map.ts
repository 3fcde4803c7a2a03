/**
 * Map. It has no state of its own, so the laws of its fields' types are all there are; in worlds its cells are called "counter f",
 * "register f", "flag f" and "set f e", and a reader must see of each field the live one whose type comes first.
 */
import * as type from '../../crdt/map.js';
import type { MapHandle } from '../../store/handles/map.js';
import type { Store } from '../../store/store.js';
import { errorCode } from '../configured.js';
import { CheckFailed } from '../simulator/check-failed.js';
import type { Deed, Scene, Subject } from '../subject.js';
import { type CounterValue, counterSubject } from './counter.js';
import { flagSubject } from './flag.js';
import { registerSubject } from './register.js';
import { setSubject } from './set.js';

const PARTS: Readonly<Record<string, Subject<unknown>>> = {
  counter: counterSubject,
  register: registerSubject,
  set: setSubject,
  flag: flagSubject,
};
/** The first that lives is shown. */
const PRECEDENCE = ['counter', 'register', 'set', 'flag'];

/** What removing it is to the model. */
const OFF = { kind: 'disable' };
const GONE = { kind: 'remove' };
const REMOVALS: Readonly<Record<string, unknown>> = {
  counter: { kind: 'reset' },
  register: { kind: 'delete' },
  set: GONE,
  flag: OFF,
};

/** Of a field as one type: what it shows, or undefined. */
type Shown = Map<string, Map<string, unknown>>;

function whole(cells: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const fields: Shown = new Map();
  for (const [cell, value] of cells) {
    const [kind = '', field = '', element = ''] = cell.split(' ');
    const types = fields.get(field) ?? new Map<string, unknown>();
    fields.set(field, types);
    if (kind === 'counter' && (value as CounterValue).live) types.set(kind, (value as CounterValue).value);
    else if (kind === 'register' && (value as unknown[]).length > 0) types.set(kind, (value as unknown[])[0]);
    else if (kind === 'flag' && value === true) types.set(kind, true);
    else if (kind === 'set' && value === true)
      types.set(kind, [...((types.get(kind) ?? []) as string[]), element].sort());
  }
  const shown = [...fields].flatMap(([field, types]): [string, unknown][] => {
    const first = PRECEDENCE.find((kind) => types.has(kind));
    return first === undefined ? [] : [[field, types.get(first)]];
  });
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The live cells of a map, in the order in which it is cleared. */
function liveCells({ replica }: Store, key: string): string[] {
  const { cells, collections } = replica;
  const root = cells.find(type.map.tag, cells.encode(key, 0), 0);
  if (root === 0) return [];
  replica.resolveTree(root);
  const below = (parent: number): string[] =>
    collections.elements(parent).flatMap((cell) => {
      const name = cells.name(cell);
      if (replica.isRoot(cell)) return below(cell).map((element) => `set ${name} ${element}`);
      if (!replica.type(cell).live(replica.slots, cells.head(cell))) return [];
      return [parent === root ? `${replica.type(cell).name} ${name}` : name];
    });
  return below(root);
}

function removed(store: Store, key: string, field?: string): Deed<unknown>[] {
  const cells = liveCells(store, key).filter((cell) => field === undefined || cell.split(' ')[1] === field);
  return cells.map((element) => ({ element, op: REMOVALS[element.split(' ')[0] as string] }));
}

/** To use a field as a type that it is not is refused. */
function refused(map: MapHandle, field: string, work: () => void): void {
  const own = map.type(field);
  try {
    work();
  } catch (error) {
    if (errorCode(error) === 'TYPE_CONFLICT') return;
    throw error;
  }
  throw new CheckFailed(`type: ${map.key}[${field}] is a ${own} and was written as another type`);
}

function act(scene: Scene, key: string): readonly Deed<unknown>[] {
  const { store, random, elements, has } = scene;
  const map = store.map(key);
  const field = `f${random.below(elements)}`;
  const what = random.below(100);
  if (what < 5 && has('clear')) return after(removed(store, key), () => map.clear());
  if (what < 20 && has('remove field')) return after(inOrder(removed(store, key, field)), () => map.delete(field));
  const own = map.type(field);
  const kind = own === undefined || random.chance(10) ? random.pick(PRECEDENCE) : own;
  const change = CHANGES[kind]?.(scene, map, field);
  if (own !== undefined && own !== kind) {
    if (change?.adds === true) refused(map, field, change.work);
    return [];
  }
  if (change === undefined || !has(change.needs)) return [];
  change.work();
  return [change.deed()];
}

interface Change {
  /** The kind of operation. */
  readonly needs: string;
  /** Whether it would make the field. */
  readonly adds: boolean;
  readonly work: () => void;
  readonly deed: () => Deed<unknown>;
}

const CHANGES: Readonly<Record<string, (scene: Scene, map: MapHandle, field: string) => Change>> = {
  counter({ random }, map, field) {
    const n = random.between(-3, 9);
    const deed = { element: `counter ${field}`, op: { kind: 'increment', n } };
    return { needs: 'increment', adds: true, work: () => map.increment(field, n), deed: () => deed };
  },
  register({ store, unique }, map, field) {
    const value = unique();
    const element = `register ${field}`;
    const deed = (): Deed<unknown> => ({ element, op: { kind: 'set', time: store.replica.clock.last, value } });
    return { needs: 'assign', adds: true, work: () => map.set(field, value), deed };
  },
  flag({ random }, map, field) {
    const element = `flag ${field}`;
    if (random.chance(40))
      return { needs: 'disable', adds: false, work: () => map.disable(field), deed: () => ({ element, op: OFF }) };
    return {
      needs: 'enable',
      adds: true,
      work: () => map.enable(field),
      deed: () => ({ element, op: { kind: 'enable' } }),
    };
  },
  set({ random, elements }, map, field) {
    const name = `e${random.below(elements)}`;
    const element = `set ${field} ${name}`;
    if (random.chance(40))
      return { needs: 'remove', adds: false, work: () => map.remove(field, name), deed: () => ({ element, op: GONE }) };
    return {
      needs: 'add',
      adds: true,
      work: () => map.add(field, name),
      deed: () => ({ element, op: { kind: 'add' } }),
    };
  },
};

function after<T>(result: T, work: () => void): T {
  work();
  return result;
}

/** A field is removed by types in the order of their tags. */
function inOrder(deeds: Deed<unknown>[]): Deed<unknown>[] {
  const place = ({ element = '' }: Deed<unknown>): number => PRECEDENCE.indexOf(element.split(' ')[0] as string);
  return deeds.sort((a, b) => place(a) - place(b));
}

export const mapSubject: Subject<unknown> = {
  crdt: type.map,
  draw: () => undefined,
  perform: () => undefined,
  value: () => undefined,
  model: () => undefined,
  onStore: {
    perform() {},
    value(store, key) {
      const map = store.map(key);
      const value = map.value();
      const fields = Object.keys(value);
      const found = fields.every((field) => map.has(field)) && map.fields().length === fields.length;
      return found && map.size() === fields.length ? value : 'miscounted';
    },
    removed: (store, key) => removed(store, key),
    lives: (value) => Object.keys(value as object).length > 0,
    kinds: ['increment', 'assign', 'enable', 'disable', 'add', 'remove', 'remove field', 'clear'],
    act,
    whole,
    part: (element) => PARTS[element.split(' ')[0] as string] ?? counterSubject,
  },
};
