/**
 * Flag: on or off; of a concurrent enable and disable, the enable wins. It is what an element of a set is, standing alone: a live
 * dot per actor that enabled it. A disable takes away the dots that it observed; an enable that it did not see stays.
 *
 * Not guaranteed: that a disable which was answered holds. Whoever enabled at the same time elsewhere is not overruled, and there is no
 * flag in which the disable wins (a flag that says the opposite is one).
 *
 * Source: enable-wins flag of Shapiro et al. 2011, as the optimised OR-set (Bieniusa et al. 2012) of one element.
 * Cost: 20 bytes an actor.
 */
import type { Crdt } from './crdt.js';
import { set } from './set.js';

export { add as enable, remove as disable } from './set.js';

export const flag: Crdt = { ...set, tag: 7, name: 'flag', fields: false };
