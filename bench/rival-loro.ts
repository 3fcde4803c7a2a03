/** Loro: counters, maps, lists and text. */
import type { Pair, Subject, Subjects } from './type-subject.js';

interface LoroMap {
  set(name: string, value: unknown): void;
  getOrCreateContainer(name: string, container: unknown): { increment(n: number): void };
}

interface LoroDoc {
  getMap(name: string): LoroMap;
  getList(name: string): { push(value: unknown): void };
  getText(name: string): { insert(at: number, text: string): void };
  commit(): void;
  oplogVersion(): unknown;
  export(mode: { mode: 'update'; from?: unknown }): Uint8Array;
  import(update: Uint8Array): unknown;
}

/** What is used of the package. */
export interface Loro {
  readonly LoroDoc: new () => LoroDoc;
  readonly LoroCounter: new () => unknown;
}

export function loro({ LoroDoc, LoroCounter }: Loro, beside: () => number): Subjects {
  const pair = (write: (doc: LoroDoc, names: readonly string[], from: number, round: number) => void): Pair => {
    const [here, there] = [new LoroDoc(), new LoroDoc()];
    let told: unknown;
    return {
      write(names, from, round) {
        write(here, names, from, round);
        here.commit();
      },
      encode() {
        const update = here.export({ mode: 'update', ...(told !== undefined && { from: told }) });
        told = here.oplogVersion();
        return update;
      },
      decode: (update) => update,
      merge: (update) => there.import(update as Uint8Array),
    };
  };
  const fields = (elements: number, write: (map: LoroMap, name: string, round: number) => void): Subject => ({
    elements,
    beside,
    open: () =>
      pair((doc, names, _, round) => {
        const map = doc.getMap('all');
        for (const name of names) write(map, name, round);
      }),
  });
  return {
    counter: fields(10_000, (map, name) => map.getOrCreateContainer(name, new LoroCounter()).increment(1)),
    map: fields(98_000, (map, name, round) => map.set(name, `a value of 20 ch ${round}`)),
    set: fields(98_000, (map, name, round) => map.set(name, round)),
    log: {
      elements: 10_000,
      beside,
      open: () => pair((doc, names) => names.forEach((name) => doc.getList('all').push(name))),
    },
    doc: {
      elements: 10_000,
      beside,
      open: () =>
        pair((doc, names, from) =>
          names.forEach((_, i) => {
            doc.getText('all').insert(from + i, 'x');
            doc.commit();
          }),
        ),
    },
  };
}
