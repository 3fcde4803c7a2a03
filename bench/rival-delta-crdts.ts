/**
 * delta-crdts: counters, registers (one for each field of a map), sets and a list. Each operation makes a delta and copies the state that it joins, so there are few
 * elements.
 */
import type { Pair, Subject, Subjects } from './type-subject.js';

interface Replica {
  apply(delta: unknown): unknown;
  inc(): unknown;
  write(time: number, value: unknown): unknown;
  add(element: string): unknown;
  insertAt(at: number, value: string): unknown;
}

/** What is used of the package: `library(type)(id)`. */
export type DeltaCrdts = (type: string) => (id: string) => Replica;

const ELEMENTS = 100;

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export function deltaCrdts(library: DeltaCrdts, codec: Codec): Subjects {
  /** One replica for all, or one for each name. */
  const subject = (
    type: string,
    write: (replica: Replica, name: string, i: number, round: number) => unknown,
    many: boolean,
  ): Subject => ({
    elements: ELEMENTS,
    rounds: 1,
    open(): Pair {
      const [here, there] = [new Map<string, Replica>(), new Map<string, Replica>()];
      const replica = (of: Map<string, Replica>, name: string): Replica => {
        const found = of.get(name) ?? library(type)(of === here ? 'us' : 'eu');
        of.set(name, found);
        return found;
      };
      let deltas: [string, unknown][] = [];
      return {
        write(names, from, round) {
          names.forEach((name, i) => {
            const key = many ? name : 'all';
            deltas.push([key, write(replica(here, key), name, from + i, round)]);
          });
        },
        encode() {
          const bytes = codec.encode(deltas);
          deltas = [];
          return bytes;
        },
        decode: (bytes) => codec.decode(bytes),
        merge(decoded) {
          for (const [key, delta] of decoded as [string, unknown][]) replica(there, key).apply(delta);
        },
      };
    },
  });
  return {
    counter: subject('pncounter', (replica) => replica.inc(), true),
    map: subject('lwwreg', (replica, _name, _i, round) => replica.write(round, `a value of 20 ch ${round}`), true),
    set: subject('aworset', (replica, name) => replica.add(name), false),
    doc: subject('rga', (replica, _, i) => replica.insertAt(i, 'x'), false),
  };
}
