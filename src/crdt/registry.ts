/** tag → type: the only list of types there is. */
import { counter } from './counter.js';
import type { Crdt, TypeName } from './crdt.js';
import { gauge } from './gauge.js';
import { log } from './log.js';
import { register } from './register.js';
import { set } from './set.js';
import { window } from './window.js';

const TYPES: readonly Crdt[] = [counter, gauge, register, set, log, window];

const BY_TAG: (Crdt | undefined)[] = [];
const BY_NAME = new Map<string, Crdt>();
for (const type of TYPES) {
  BY_TAG[type.tag] = type;
  BY_NAME.set(type.name, type);
}

export function typeOfTag(tag: number): Crdt | undefined {
  return BY_TAG[tag];
}

export function typeOfName(name: string): Crdt | undefined {
  return BY_NAME.get(name);
}

export const TYPE_NAMES: readonly TypeName[] = TYPES.map((type) => type.name);
