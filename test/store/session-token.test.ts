import { describe, expect, it } from 'vitest';
import { Store } from '../../src/store/store.js';
import { readToken } from '../../src/store/session-token.js';
import { Random } from '../../src/testing/random.js';
import { pair } from '../sync/lab.js';

function written(): Store {
  const store = new Store({ node: 'ü', incarnation: 2 ** 40, clock: () => 0 });
  for (let i = 0; i < 1000; i++) store.increment('k');
  return store;
}

describe('a session token', () => {
  it('names what is visible, and is the same wherever the same is', () => {
    const { lab, a, b } = pair();
    a.store.increment('k');
    b.store.increment('k');
    b.store.increment('k');
    lab.run(100);
    expect(a.store.token()).toBe(b.store.token());
    expect(readToken(a.store.token())).toEqual([
      { node: 'a', incarnation: 1, n: 1 },
      { node: 'b', incarnation: 1, n: 2 },
    ]);
  });

  it('is short', () => {
    expect(written().token().length).toBeLessThan(30);
  });

  it('of another node is covered once its writes are here', () => {
    const { lab, a, b } = pair();
    a.store.increment('k');
    const token = a.store.token();
    expect([a.store.covers(token), b.store.covers(token)]).toEqual(['yes', 'not yet']);
    expect(b.store.lacking(token)).toEqual([{ node: 'a', incarnation: 1, n: 1 }]);
    lab.run(100);
    expect(b.store.covers(token)).toBe('yes');
    expect(b.store.counter('k').value()).toBe(1);
  });

  it('makes nobody known: an actor that only a token names takes no number', () => {
    const store = new Store({ node: 'b', incarnation: 1, clock: () => 0 });
    expect(store.covers(written().token())).toBe('not yet');
    expect(store.replica.actors.size).toBe(1);
  });

  it('that was cut or changed is refused', () => {
    const store = written();
    const token = store.token();
    const random = Random.seeded(1);
    const wrong = ['', 'x', 'AA', 'a b', `${token}A`, token.toUpperCase(), 'A'.repeat(100_000)];
    for (let i = 0; i < token.length; i++) {
      wrong.push(token.slice(0, i));
      const other = String.fromCharCode(97 + random.below(26));
      if (other !== token[i]) wrong.push(token.slice(0, i) + other + token.slice(i + 1));
    }
    for (const text of wrong) expect(() => store.covers(text)).toThrow('session token');
    expect(store.covers(token)).toBe('yes');
  });
});
