/** `merganser`: the store in your own process, with the other regions behind it. */
export { createNode, MerganserNode } from './create-node.js';
export type { LeaveOptions, MemberStatus } from './cluster.js';
export { DelayedLink, type DelayedLinkOptions, type DelayedLinkStatus, type LinkState } from './delayed-link.js';
export type { NodeLog } from './log.js';
export type { NodeEnd, NodeOptions } from './node-options.js';
export type { NodeMemory, NodeStatus } from './status.js';
export type { Fresh, Verification, WaitOptions } from './waits.js';
export type { Coverage, TokenDot } from '../store/session-token.js';
export type { PeerStatus } from '../sync/ports.js';
export { type ErrorCode, ERRORS, MerganserError } from '../base/error.js';
export type { TypeName } from '../crdt/crdt.js';
export type { Counter } from '../store/handles/counter.js';
export type { Gauge } from '../store/handles/gauge.js';
export type { Log, LogEntry, LogOptions, LogPage } from '../store/handles/log.js';
export type { Register } from '../store/handles/register.js';
export type { SetHandle } from '../store/handles/set.js';
export type { Window, WindowOptions } from '../store/handles/window.js';
export { Store } from '../store/store.js';
