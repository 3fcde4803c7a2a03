/** The published harness: the laws that every data type obeys, and the simulator of a whole cluster. */
export { checkLaws, LawBroken, type LawRun } from './laws.js';
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
