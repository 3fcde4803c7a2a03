import { describe, expect, it } from 'vitest';
import { Reader, Writer } from '../../src/base/bytes.js';
import { typeOfName, typeOfTag } from '../../src/crdt/registry.js';
import { flag } from '../../src/crdt/flag.js';
import { Store } from '../../src/store/store.js';
import { Flag } from '../../src/store/handles/flag.js';
import { isRead, isShare, isWrite } from '../../src/sync/client-operation.js';
import { readDefinition, registerClientType, writeDefinition } from '../../src/sync/client-type.js';
import { type CompleteType, registerType } from '../../src/sync/register-type.js';

const refused = expect.objectContaining({ code: 'TYPE_TAKEN' });

/** A flag by another name: nothing is made with it here. */
function another(name: string, tag: number, code = 0): CompleteType<Flag> {
  return {
    crdt: { ...flag, name, tag },
    open: (access, key) => new Flag(access, key),
    remove: (handle) => handle.disable(),
    methods: code === 0 ? [] : [{ method: 'enable', code, shape: 'none', kind: 'write' }],
  };
}

describe('a type from outside', () => {
  it('is one like the others once it is registered', () => {
    expect(() => new Store({ node: 'n', incarnation: 1, clock: () => 0 }).open('lamp', 'k')).toThrow('no type "lamp"');
    registerType({
      ...another('lamp', 64),
      methods: [
        { method: 'enable', code: 208, shape: 'none', kind: 'write' },
        { method: 'enabled', code: 209, shape: 'none', kind: 'read' },
      ],
    });
    expect([typeOfTag(64)?.name, typeOfName('lamp')?.tag]).toEqual(['lamp', 64]);
    expect([208, 209, 3].map((code) => [isWrite(code), isRead(code), isShare(code)])).toEqual([
      [true, false, false],
      [false, true, false],
      [true, false, true],
    ]);
    expect(() => new Store({ node: 'n', incarnation: 1, clock: () => 0 }).open('lamp', 'k')).not.toThrow();
  });

  it.each([
    ['has a name that is taken', another('counter', 65)],
    ['has a tag that is taken', another('other', 64)],
    ['has a tag that is kept for types to come', another('other', 63)],
    ['has a tag that is no byte', another('other', 256)],
    ['has a method with a code that is taken', another('other', 65, 208)],
    ['has a method with a code of the types that come with the store', another('other', 65, 73)],
    ['has a method with a code that is an item of a batch', another('other', 65, 64)],
    ['has a method with a code that is no byte', another('other', 65, 256)],
  ])('that %s is refused, and nothing of it stays', (_what, type) => {
    expect(() => registerType(type)).toThrow(refused);
    expect([typeOfTag(65), typeOfName('other'), isWrite(73)]).toEqual([undefined, undefined, false]);
  });

  it('whose methods share a code is refused', () => {
    const methods = ['one', 'two'].map((method) => ({ method, code: 220, shape: 'none', kind: 'read' }) as const);
    expect(() => registerType({ ...another('other', 65), methods })).toThrow(refused);
    expect(isRead(220)).toBe(false);
  });

  it('is opened by clients with settings of any kind, which must be an object', () => {
    registerClientType({ name: 'lantern', tag: 70, methods: [] });
    const w = new Writer();
    writeDefinition(w, { type: 'lantern', key: 'k', options: { min: 0, names: ['a'] } });
    const bytes = w.finish();
    expect(readDefinition(new Reader(bytes))).toEqual({ type: 'lantern', key: 'k', options: { min: 0, names: ['a'] } });
    const wrong = new Writer();
    wrong.byte(69);
    wrong.string('k');
    wrong.any([1]);
    expect(() => readDefinition(new Reader(wrong.finish()))).toThrow(
      expect.objectContaining({ code: 'MALFORMED_MESSAGE' }),
    );
    expect(() => readDefinition(new Reader(Uint8Array.of(99, 0)))).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TYPE' }),
    );
  });
});
