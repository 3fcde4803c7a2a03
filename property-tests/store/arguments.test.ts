/**
 * Every method of every handle, and of the store, with a hostile value in every place of an argument: it is taken if it is what the
 * method takes, and then other regions get it; or it is refused by an error with a code, and then nothing changed and nothing is left.
 *
 * The methods are read from the prototypes, so one that is new has to be written down here.
 */
import { describe, expect, it } from 'vitest';
import { MerganserError } from '../../src/base/error.js';
import { Store } from '../../src/store/store.js';
import { deepEqual } from '../../src/testing/equal.js';
import { HOSTILE, THROWS } from '../../test/hostile-values.js';
import { tell } from './exchange.js';
import { type Method, methodsOf, NOW, type Subject, SUBJECTS } from './methods.js';

function newStore(node: string): Store {
  return new Store({ node, incarnation: 1, clock: () => NOW });
}

/** Whatever could be left behind. */
function stateOf(store: Store): unknown {
  let cells = 0;
  store.replica.cells.forEach(() => cells++);
  return { cells, digest: store.digest(), dot: store.dot, keys: store.keys(), size: store.size };
}

/** Why an operation may be refused whose arguments are right. */
const OTHER_REASONS: ReadonlySet<string> = new Set(['COUNTER_OVERFLOW', 'INSUFFICIENT_RIGHTS']);

/** A call with one argument that is not the one that belongs there. */
interface Call {
  readonly what: string;
  readonly operands: readonly unknown[];
  readonly isTaken: boolean;
}

function* callsOf(method: Method): Generator<Call> {
  for (const [i, kind] of method.entries()) {
    const others = method.map(({ good }) => good);
    for (const field of Object.keys(kind.fields ?? {})) {
      const misspelt = { ...(kind.good as object), [`${field}s`]: 1 };
      yield { what: `${field}s for ${field}`, operands: others.with(i, misspelt), isTaken: kind.takes(misspelt) };
    }
    for (const [name, value] of Object.entries(HOSTILE)) {
      yield { what: `${name} as argument ${i + 1}`, operands: others.with(i, value), isTaken: kind.takes(value) };
      for (const [field, inner] of Object.entries(kind.fields ?? {})) {
        const options = { ...(kind.good as object), [field]: value };
        yield { what: `${name} as ${field}`, operands: others.with(i, options), isTaken: inner.takes(value) };
      }
      if (kind.items === undefined) continue;
      const items = [...(kind.good as unknown[]), value];
      yield { what: `${name} in argument ${i + 1}`, operands: others.with(i, items), isTaken: kind.items.takes(value) };
    }
  }
}

/** The code with which it was refused; undefined: it was not. Throws what is no error of ours. */
function outcome(target: object, method: string, operands: readonly unknown[]): string | undefined {
  try {
    const result = (target as Record<string, (...operands: readonly unknown[]) => unknown>)[method]?.(...operands);
    // What ends a watch.
    if (typeof result === 'function') (result as () => void)();
  } catch (error) {
    if (operands.includes(THROWS)) return 'thrown by the caller';
    if (error instanceof MerganserError && error.message.length <= 250) return error.code;
    throw error;
  }
  return undefined;
}

/** What was wrong with one call; undefined: nothing. */
function faultOf(store: Store, target: object, method: string, { operands, isTaken }: Call): string | undefined {
  const before = stateOf(store);
  let code: string | undefined;
  try {
    code = outcome(target, method, operands);
  } catch (error) {
    return String(error);
  }
  // Who lacks rights asks for some, which is a write.
  if (code !== undefined && code !== 'INSUFFICIENT_RIGHTS' && !deepEqual(stateOf(store), before))
    return `${code} left something`;
  const isRefused = code !== undefined && !OTHER_REASONS.has(code);
  return isRefused === isTaken ? (code ?? 'taken') : undefined;
}

/** What was wrong with the calls of a method, each of a key that is there or of one that is not, and what a store is good for then. */
function callAll({ type, open, fill, methods }: Subject, name: string, isUsed: boolean): unknown {
  const store = newStore('a');
  const other = newStore('b');
  other.increment('something');
  tell(other, store);
  const faults: string[] = [];
  let unused = 0;
  for (const call of callsOf(methods[name] as Method)) {
    if (isUsed) fill(store, 'key');
    const fault = faultOf(store, open(store, isUsed ? 'key' : `unused ${unused++}`), name, call);
    if (fault !== undefined) faults.push(`${call.what}: ${fault}`);
  }
  let told = 0;
  store.watch(type, 'key', () => told++);
  store.deliver();
  fill(store, 'key');
  store.deliver();
  const keys = store.transaction((tx) => tx.keys());
  tell(store, other);
  return { faults, told, isListed: keys.includes('key'), isElsewhere: other.digest() === store.digest() };
}

const GOOD = { faults: [], told: 1, isListed: true, isElsewhere: true };

describe.each(Object.entries(SUBJECTS))('of %s', (_, subject) => {
  it('every method is here', () => {
    expect(Object.keys(subject.methods).toSorted()).toEqual(methodsOf(subject.open(newStore('a'), 'key'), subject));
  });

  it.each(Object.keys(subject.methods).filter((name) => (subject.methods[name] as Method).length > 0))(
    '%s takes what it should, and nothing else',
    (name) => {
      expect(callAll(subject, name, true)).toEqual(GOOD);
      expect(callAll(subject, name, false)).toEqual(GOOD);
    },
  );
});
