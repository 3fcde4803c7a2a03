/** The published harness: the laws that every data type obeys, the simulator of a whole cluster, and contracts of what lies below it. */
export { LawBroken } from './law-broken.js';
export { checkLaws, type LawRun } from './laws.js';
export { Random } from './random.js';
export { addSubject, SUBJECTS } from './subjects.js';
export type { Deed, OnStore, Scene, Subject } from './subject.js';
export { type Dotted, dotted, type Simple } from './simple.js';
export { type ActorOrder, type Event, observed, sees, unobserved } from './models/event.js';
export type { Break } from './simulator/break.js';
export { BREAKS, breakNamed } from './simulator/breaks.js';
export { type Failure, runSeed } from './simulator/run.js';
export type { SimulationOptions } from './simulator/simulation.js';
export { addStatistics, newStatistics, type Statistics } from './simulator/statistics.js';
export type { Core } from './simulator/core.js';
export { FAULTS, type Fault } from './simulator/plan.js';
export type { Clause } from './contracts/contract.js';
export {
  type ContractOptions,
  transportContract,
  type TransportMaker,
  type TransportPair,
} from './contracts/transport.js';
export type { Transport, TransportEvents } from '../node/transport.js';
export { type Storage, storageContract, type StoragePlace, type StoredChange } from './contracts/storage.js';
