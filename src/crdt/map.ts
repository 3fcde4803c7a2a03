/**
 * Map: a record whose fields are registers, counters, flags and sets, each merged as its type is. A field is a cell (name, type)
 * below the map's own, stateless cell; a set in a field is the root of its elements. So there is no state of a map itself: what a field
 * holds, and what removing it means, is its type's business (observed remove or reset), and a map of a million fields ships what changed.
 *
 * A field that is live as several types, because different regions made it at the same time, is shown as the one with the lowest tag;
 * the others are kept and reported, as with keys.
 *
 * Source: ORMap of causal CRDTs (Almeida, Shoker, Baquero, JPDC 2018), with a cell for each (name, type) in place of one dot shared by
 * a field's values (basho/riak_dt#90). Cost: a cell a field, and what its type costs.
 */
import { MerganserError } from '../base/error.js';
import { counter } from './counter.js';
import type { Crdt } from './crdt.js';
import { flag } from './flag.js';
import { register } from './register.js';
import { set } from './set.js';

export const map: Crdt = {
  tag: 8,
  name: 'map',
  fields: true,
  holds: [counter, register, set, flag],
  causal: true,
  live: () => false,
  ghost: () => true,
  merge: (_slots, head) => head,
  forget: (_slots, head) => head,
  write: (_slots, _head, w) => w.uint(0),
  read(_slots, r) {
    if (r.uint() !== 0) throw new MerganserError('MALFORMED_MESSAGE', 'a map has no state but its fields');
    return 0;
  },
  canonical() {},
  clone: () => 0,
  free() {},
};
