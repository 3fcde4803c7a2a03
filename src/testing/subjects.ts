/** Every type with its generator and its model: the list that the law tests go through. */
import type { BuiltIn as TypeName } from '../crdt/crdt.js';
import { counterSubject } from './models/counter.js';
import { gaugeSubject } from './models/gauge.js';
import { logSubject } from './models/log.js';
import { registerSubject } from './models/register.js';
import { setSubject } from './models/set.js';
import { windowSubject } from './models/window.js';
import type { Subject } from './subject.js';

export const SUBJECTS: Readonly<Record<TypeName, Subject<unknown>>> = {
  counter: counterSubject,
  gauge: gaugeSubject,
  register: registerSubject,
  set: setSubject,
  log: logSubject,
  window: windowSubject,
};
