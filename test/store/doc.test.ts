import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Access } from '../../src/store/access.js';
import { Doc } from '../../src/store/handles/doc.js';
import { Store } from '../../src/store/store.js';

function docOf(node: string): { store: Store; doc: Doc; access: Access } {
  const store = new Store({ node, incarnation: 1, clock: () => 1_700_000_000_000 });
  const access = new Access(store.replica);
  return { store, access, doc: new Doc(access, 'page') };
}

describe('a document', () => {
  it('shows text, maps, arrays and markup as plain data, also when nobody here said which they are', () => {
    const { doc, access } = docOf('a');
    doc.transact((page) => {
      page.getText('body').insert(0, 'Hello');
      page.getMap('head').set('title', 'Greeting');
      page.getArray('tags').push(['short', { nested: true }]);
      page.getXmlFragment('markup').push([new Y.XmlElement('p')]);
    });
    const elsewhere = new Doc(access, 'page');
    expect(elsewhere.toJSON()).toEqual({
      body: 'Hello',
      head: { title: 'Greeting' },
      tags: ['short', { nested: true }],
      markup: '<p></p>',
    });
    expect(doc.toJSON()).toEqual(elsewhere.toJSON());
  });

  it('takes the updates of Yjs clients, in any order and twice', () => {
    const { doc, store } = docOf('a');
    const client = new Y.Doc();
    const updates: Uint8Array[] = [];
    client.on('update', (update: Uint8Array) => updates.push(update));
    for (const letter of 'abc') client.getText('t').insert(client.getText('t').length, letter);
    for (const update of updates.toReversed()) doc.apply(update);
    const dots = store.dot;
    for (const update of updates) doc.apply(update);
    expect(doc.toJSON()).toEqual({ t: 'abc' });
    expect(store.dot - dots).toBeLessThanOrEqual(1);
  });

  it('refuses what is not an update, and is not changed', () => {
    const { doc, store } = docOf('a');
    expect(() => doc.apply(Uint8Array.of(7, 1, 2, 3))).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    expect(() => doc.apply('text' as never)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    expect(() => doc.apply(new Uint8Array(2 << 20))).toThrow(expect.objectContaining({ code: 'VALUE_TOO_LARGE' }));
    expect([store.dot, store.keys()]).toEqual([0, []]);
  });

  it('is as it was when a change throws', () => {
    const { doc } = docOf('a');
    doc.transact((page) => page.getText('t').insert(0, 'kept'));
    expect(() =>
      doc.transact((page) => {
        page.getText('t').insert(0, 'lost');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(doc.toJSON()).toEqual({ t: 'kept' });
  });

  it('leaves no key behind that was only to be: what changes it throws, does nothing or too much', () => {
    const { doc, store } = docOf('a');
    const throws = (): never => {
      throw new Error('no');
    };
    expect(() => doc.transact(throws)).toThrow('no');
    expect(() => doc.transact((page) => page.getText('t').insert(0, 'x'.repeat(2 << 20)))).toThrow('bytes');
    doc.transact(() => {});
    expect([store.replica.cells.end, store.dot, doc.toJSON()]).toEqual([1, 0, {}]);
  });

  it('is written where its key is after the change, which may have done something else to it', () => {
    const { doc, store } = docOf('a');
    doc.transact((page) => {
      store.doc('page').transact((other) => other.getText('t').insert(0, 'there'));
      store.delete('page');
      store.replica.collect(store.replica.vv, store.replica.vv);
      store.increment('page below');
      page.getText('t').insert(0, 'here');
    });
    expect([store.doc('page').toJSON(), store.counter('page below').value()]).toEqual([{ t: 'here' }, 1]);
  });

  it('may have roots and fields of any name', () => {
    const { doc } = docOf('a');
    doc.transact((page) => {
      page.getMap('__proto__').set('__proto__', new Y.Map([['__proto__', [1]]]));
      page.getArray('list').push([new Y.Map([['__proto__', 'x']])]);
    });
    const json = JSON.stringify(doc.toJSON());
    expect(json).toBe('{"__proto__":{"__proto__":{"__proto__":[1]}},"list":[{"__proto__":"x"}]}');
    expect(Object.getPrototypeOf(doc.toJSON())).toBe(Object.prototype);
  });

  it('is as it was when the transaction around it is undone, whatever is written then', () => {
    const { doc, access } = docOf('a');
    doc.transact((page) => page.getText('t').insert(0, 'kept'));
    const lost = (): void =>
      access.atomically(() => {
        doc.transact((page) => page.getText('t').insert(0, 'lost '));
        throw new Error('undone');
      });
    expect(lost).toThrow('undone');
    const other = new Doc(access, 'page');
    other.transact((page) => page.getText('t').insert(0, 'new '));
    expect(doc.toJSON()).toEqual({ t: 'new kept' });
    doc.transact((page) => page.getText('t').insert(0, 'and '));
    expect(other.toJSON()).toEqual({ t: 'and new kept' });
  });

  it('is gone when it was deleted, and begins anew', () => {
    const { doc, store } = docOf('a');
    const told: (Uint8Array | undefined)[] = [];
    doc.observe((update) => told.push(update));
    doc.transact((page) => page.getText('t').insert(0, 'old'));
    doc.delete();
    expect([doc.toJSON(), store.keys()]).toEqual([{}, []]);
    doc.transact((page) => page.getText('t').insert(0, 'new'));
    expect(doc.toJSON()).toEqual({ t: 'new' });
    expect(told.map((update) => update !== undefined)).toEqual([true, false, true]);
  });

  it('keeps of ten thousand keystrokes about what Yjs keeps of them', () => {
    const { doc } = docOf('a');
    for (let i = 0; i < 10_000; i++) doc.transact((page) => page.getText('t').insert(i, 'x'));
    const reference = new Y.Doc();
    for (let i = 0; i < 10_000; i++) reference.getText('t').insert(i, 'x');
    expect(doc.update().length).toBeLessThan(2 * Y.encodeStateAsUpdate(reference).length);
  });
});
