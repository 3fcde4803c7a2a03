/**
 * `merganser/types`: what a type of one's own is written with; docs/tutorial-new-type.md writes one from nothing. A type is a table
 * of functions over a chain of slots (`Crdt`), a handle over them, and one call that registers both.
 */
export { MerganserError } from '../base/error.js';
export type { Reader, Writer } from '../base/bytes.js';
export { actorsInOrder, cloneChain, readChain, writeActor, writeChain } from '../crdt/chain.js';
export type { Crdt, WireContext } from '../crdt/crdt.js';
export {
  anyLive,
  cloneObjects,
  forgetDots,
  type Holding,
  mergeDots,
  NUMBERS,
  OBJECTS,
  overwrite,
} from '../crdt/dots.js';
export { CELL, type Slots } from '../crdt/slots.js';
export type { VersionVector } from '../crdt/version-vector.js';
export type { Access } from '../store/access.js';
export { Handle } from '../store/handles/handle.js';
export type { Method } from './client-operation.js';
export { type CompleteType, registerType } from './register-type.js';
