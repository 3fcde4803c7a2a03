/** What seeds were made of, summed up. */
import type { Fault } from './plan.js';

export interface Statistics {
  steps: number;
  messages: number;
  transactions: number;
  /** In healthy meshes of four regions and more: changes that reached a node, and how many of them it lacked. */
  carried: number;
  wanted: number;
  /** How often a process went on with the dots of an earlier life, and how often one had to begin with nothing since it had orphans. */
  successions: number;
  orphaned: number;
  readonly faults: Map<Fault, number>;
}

export function newStatistics(): Statistics {
  return {
    steps: 0,
    messages: 0,
    transactions: 0,
    carried: 0,
    wanted: 0,
    successions: 0,
    orphaned: 0,
    faults: new Map(),
  };
}

/** It happened once more. */
export function countFault({ faults }: Statistics, fault: Fault): void {
  faults.set(fault, (faults.get(fault) ?? 0) + 1);
}

export function addStatistics(into: Statistics, from: Statistics): void {
  into.steps += from.steps;
  into.messages += from.messages;
  into.transactions += from.transactions;
  into.carried += from.carried;
  into.wanted += from.wanted;
  into.successions += from.successions;
  into.orphaned += from.orphaned;
  for (const [fault, count] of from.faults) into.faults.set(fault, (into.faults.get(fault) ?? 0) + count);
}
