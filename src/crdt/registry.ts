/** tag → type: the types that come with the store, and those that were registered from outside. */
import { assert } from '../base/assert.js';
import { bounded } from './bounded.js';
import { counter } from './counter.js';
import { type BuiltIn, type Crdt, LAST_TAG } from './crdt.js';
import { flag } from './flag.js';
import { doc } from './doc.js';
import { gauge } from './gauge.js';
import { log } from './log.js';
import { map } from './map.js';
import { presence } from './presence.js';
import { quantiles } from './quantiles.js';
import { register } from './register.js';
import { set } from './set.js';
import { sorted } from './sorted.js';
import { top } from './top.js';
import { unique } from './unique.js';
import { window } from './window.js';

const TYPES: Readonly<Record<BuiltIn, Crdt>> = {
  counter,
  gauge,
  register,
  set,
  log,
  window,
  flag,
  map,
  sorted,
  bounded,
  presence,
  doc,
  unique,
  quantiles,
  top,
};

const BY_TAG: (Crdt | undefined)[] = Array.from({ length: LAST_TAG + 1 }, () => undefined);
const BY_NAME = new Map<string, Crdt>();
for (const type of Object.values(TYPES)) enter(type);

function enter(type: Crdt): void {
  BY_TAG[type.tag] = type;
  BY_NAME.set(type.name, type);
}

/** Add a type whose tag and name are nobody's (sync/register-type.ts asks first). */
export function addType(type: Crdt): void {
  assert(BY_TAG[type.tag] === undefined && !BY_NAME.has(type.name), 'a type is registered once');
  enter(type);
}

export function typeOfTag(tag: number): Crdt | undefined {
  return BY_TAG[tag];
}

export function typeOfName(name: string): Crdt | undefined {
  return BY_NAME.get(name);
}

/** The types that come with the store. */
export const TYPE_NAMES: readonly BuiltIn[] = Object.values(TYPES).map(({ name }) => name as BuiltIn);
