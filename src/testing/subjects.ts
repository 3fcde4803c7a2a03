/** Every type with its generator and its model: the list that the law tests go through, and whose types fill worlds. */
import type { BuiltIn, TypeName } from '../crdt/crdt.js';
import { boundedSubject } from './models/bounded.js';
import { counterSubject } from './models/counter.js';
import { flagSubject } from './models/flag.js';
import { docSubject } from './models/doc.js';
import { gaugeSubject } from './models/gauge.js';
import { logSubject } from './models/log.js';
import { mapSubject } from './models/map.js';
import { registerSubject } from './models/register.js';
import { setSubject } from './models/set.js';
import { presenceSubject } from './models/presence.js';
import { quantilesSubject } from './models/quantiles.js';
import { sortedSubject } from './models/sorted.js';
import { topSubject } from './models/top.js';
import { uniqueSubject } from './models/unique.js';
import { windowSubject } from './models/window.js';
import type { OnStore, Subject } from './subject.js';

export const SUBJECTS: Readonly<Record<BuiltIn, Subject<unknown>>> = {
  counter: counterSubject,
  gauge: gaugeSubject,
  register: registerSubject,
  set: setSubject,
  log: logSubject,
  window: windowSubject,
  bounded: boundedSubject,
  flag: flagSubject,
  map: mapSubject,
  sorted: sortedSubject,
  presence: presenceSubject,
  doc: docSubject,
  unique: uniqueSubject,
  quantiles: quantilesSubject,
  top: topSubject,
};

const BY_NAME = new Map<string, Subject<unknown>>(Object.entries(SUBJECTS));

/** A type from outside takes part in worlds that name it (`SimulationOptions.types`); it must be registered. */
export function addSubject(subject: Subject<unknown>): void {
  BY_NAME.set(subject.crdt.name, subject);
}

export function subjectOf(type: TypeName): Subject<unknown> {
  const subject = BY_NAME.get(type);
  if (subject === undefined) throw new Error(`${type} has no subject: addSubject`);
  return subject;
}

export function onStoreOf(type: TypeName): OnStore<unknown> {
  const { onStore } = subjectOf(type);
  if (onStore === undefined) throw new Error(`the subject of ${type} does not say how it is used through a store`);
  return onStore;
}

/** The subject of an element of a collection. */
export function partOf(type: TypeName, element: string): Subject<unknown> {
  return onStoreOf(type).part?.(element) ?? subjectOf(type);
}
