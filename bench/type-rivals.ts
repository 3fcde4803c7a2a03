/**
 * The work of type-subject.ts in libraries of CRDTs. Yjs is a dependency; the others are measured where they are installed:
 *
 *   npm install --no-save loro-crdt@1.17.1 @automerge/automerge@3.5.0 delta-crdts@0.10.3
 *
 * A thousand writes are one transaction, but in a document, whose letters come one at a time. They have no set of their own but
 * delta-crdts: it is the keys of a map there, which is a set in which the last write wins.
 */
import { type Automerge, automerge } from './rival-automerge.js';
import { type DeltaCrdts, deltaCrdts } from './rival-delta-crdts.js';
import { type Loro, loro } from './rival-loro.js';
import { yjs } from './rival-yjs.js';
import type { Subjects } from './type-subject.js';

/** WebAssembly keeps its memory beside everything that Node counts. */
const memories: WebAssembly.Memory[] = [];

export const RIVALS: Readonly<Record<string, () => Promise<Subjects | undefined>>> = {
  Yjs: () => Promise.resolve(yjs),
  Loro: async () => {
    const module = await load<Loro>('loro-crdt');
    return module && loro(module, beside);
  },
  Automerge: async () => {
    const module = await load<Automerge>('@automerge/automerge');
    return module && automerge(module, beside);
  },
  'delta-crdts': async () => {
    const module = await load<{ readonly default: DeltaCrdts }>('delta-crdts');
    const codec = await load<{ readonly default: Parameters<typeof deltaCrdts>[1] }>('delta-crdts-msgpack-codec');
    return module && codec && deltaCrdts(module.default, codec.default);
  },
};

function beside(): number {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** Undefined: it is not installed. */
async function load<T>(name: string): Promise<T | undefined> {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, args: ConstructorParameters<typeof Instance>) {
      const instance = new target(...args);
      for (const exported of Object.values(instance.exports))
        if (exported instanceof WebAssembly.Memory) memories.push(exported);
      return instance;
    },
  });
  try {
    return (await import(name)) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  } finally {
    WebAssembly.Instance = Instance;
  }
}
