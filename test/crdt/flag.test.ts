import { describe, expect, it } from 'vitest';
import { pair } from '../sync/lab.js';

describe('a flag', () => {
  it('is off until somebody enables it, and then on everywhere', () => {
    const { lab, a, b } = pair();
    expect(a.store.flag('closed').enabled()).toBe(false);
    a.store.flag('closed').enable();
    lab.run(50);
    expect([a, b].map(({ store }) => store.flag('closed').enabled())).toEqual([true, true]);
    expect(b.store.type('closed')).toBe('flag');
  });

  it('stays on if it was enabled while somebody else disabled it', () => {
    const { lab, a, b } = pair();
    a.store.flag('closed').enable();
    lab.run(50);
    lab.cut(a, b);
    a.store.flag('closed').enable();
    b.store.flag('closed').disable();
    expect(b.store.flag('closed').enabled()).toBe(false);
    lab.link(a, b);
    lab.run(50);
    expect([a, b].map(({ store }) => store.flag('closed').enabled())).toEqual([true, true]);
  });

  it('does not exist once it is off, and leaves nothing behind', () => {
    const { lab, a, b } = pair();
    a.store.flag('closed').enable();
    lab.run(50);
    b.store.flag('closed').disable();
    lab.run(2000);
    expect([a, b].map(({ store }) => [store.keys(), store.replica.ghosts])).toEqual([
      [[], 0],
      [[], 0],
    ]);
    expect(a.store.digest()).toBe(b.store.digest());
  });

  it('takes no dot for being disabled while it is off', () => {
    const { a } = pair();
    a.store.flag('closed').disable();
    expect([a.store.dot, a.store.keys()]).toEqual([0, []]);
  });

  it('is removed like any other key, and is restored when a transaction throws', () => {
    const { a } = pair();
    const flag = a.store.flag('closed');
    flag.enable();
    expect(() =>
      a.store.transaction(() => {
        expect(a.store.delete('closed')).toBe(true);
        expect(flag.enabled()).toBe(false);
        throw new Error('back');
      }),
    ).toThrow('back');
    expect(flag.enabled()).toBe(true);
  });

  it('is no other type, nor another type a flag', () => {
    const { a } = pair();
    a.store.increment('calls');
    a.store.flag('closed').enable();
    expect(() => a.store.flag('calls').enable()).toThrow(expect.objectContaining({ code: 'TYPE_CONFLICT' }));
    expect(() => a.store.set('closed').add('x')).toThrow('"closed" is a flag, not a set');
  });
});
