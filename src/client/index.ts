/** `merganser/client`: the SDK, for Node and for browsers. */
export type {
  FieldType,
  MapHandle,
  Member,
  MembersOptions,
  PresenceHandle,
  Scored,
  SortedHandle,
} from './collections.js';
export type { ConnectOptions } from './connect-options.js';
export { connect, type Connected, Database, type DatabaseEvents, type DatabaseStatus } from './database.js';
export {
  type CounterHandle,
  type Day,
  type FlagHandle,
  type DocHandle,
  type GaugeHandle,
  type LogEntry,
  type LogHandle,
  type LogPage,
  type QuantilesHandle,
  type RegisterHandle,
  type Series,
  type SetHandle,
  type Summary,
  type TopHandle,
  type TopItem,
  type UniqueHandle,
  type WindowHandle,
  type WriteAtOptions,
} from './handles.js';
export type { BoundedHandle, BoundedOptions, RightsOptions } from './bounded-handle.js';
export type { OpenHandle, Unsubscribe, WriteOptions } from './handle.js';
export { type ErrorCode, ERRORS, MerganserError } from '../base/error.js';
export { type ClientType, registerClientType } from '../sync/client-type.js';
