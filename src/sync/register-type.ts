/**
 * Data types from outside. A type is registered before the first node or client is made, with the same tag and codes in every
 * process of a cluster: a node refuses a peer's cells of a tag that it does not know (UNKNOWN_TYPE).
 */
import { addDataType, type DataType } from '../store/data-type.js';
import type { Method } from './client-operation.js';
import { registerClientType } from './client-type.js';

/** A type with all that a node needs: the state, the handle over it, and, if clients may use it, its methods. */
export interface CompleteType<Handle = unknown, Options extends object = object> extends DataType<Handle, Options> {
  readonly methods?: readonly Method[];
}

/** For a process that has nodes; clients in it know the type as well. Errors: TYPE_TAKEN, and nothing is registered. */
export function registerType(type: CompleteType): void {
  const { name, tag } = type.crdt;
  registerClientType({ name, tag, methods: type.methods ?? [] });
  addDataType(type);
}
