/** Yjs: maps, lists and text. */
import * as Y from 'yjs';
import type { Pair, Subject, Subjects } from './type-subject.js';

function pair(write: (doc: Y.Doc, names: readonly string[], from: number, round: number) => void): Pair {
  const [here, there] = [new Y.Doc(), new Y.Doc()];
  let told: Uint8Array | undefined;
  return {
    write: (names, from, round) => write(here, names, from, round),
    encode() {
      const update = Y.encodeStateAsUpdate(here, told);
      told = Y.encodeStateVector(here);
      return update;
    },
    decode: (update) => update,
    merge: (update) => Y.applyUpdate(there, update as Uint8Array),
  };
}

function fields(elements: number, value: (round: number) => unknown): Subject {
  return {
    elements,
    open: () =>
      pair((doc, names, _, round) =>
        doc.transact(() => {
          for (const name of names) doc.getMap('all').set(name, value(round));
        }),
      ),
  };
}

export const yjs: Subjects = {
  map: fields(98_000, (round) => `a value of 20 ch ${round}`),
  set: fields(98_000, (round) => round),
  log: {
    elements: 10_000,
    open: () => pair((doc, names) => doc.transact(() => names.forEach((name) => doc.getArray('all').push([name])))),
  },
  doc: {
    elements: 10_000,
    open: () => pair((doc, names, from) => names.forEach((_, i) => doc.getText('all').insert(from + i, 'x'))),
  },
};
