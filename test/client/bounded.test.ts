import { describe, expect, it, vi } from 'vitest';
import { MAX_ELEMENT_BYTES, MAX_KEY_BYTES } from '../../src/base/limits.js';
import { code } from '../error-code.js';
import { aClient, aCluster, aNode, urlOf } from '../node/nodes.js';

const TRUNK = { min: 0, max: 480 };
const ACCOUNT = { min: 0 };
const PATIENT = { timeoutMs: 20_000 };

describe('a bounded counter', () => {
  it('is seized in one region, released in another, and followed in both', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const [here, there] = [await aClient(urlOf(us!)), await aClient(urlOf(eu!))];
    const seen: { value?: number; free?: number; busy?: number } = {};
    there.bounded('trunk', TRUNK).subscribe((value) => (seen.value = value));
    there.bounded('trunk', TRUNK).subscribeAvailable((busy) => (seen.busy = busy));
    there.bounded('trunk', TRUNK).subscribeAvailableUp((free) => (seen.free = free));
    await here.bounded('trunk', TRUNK).increment(40, PATIENT);
    await vi.waitFor(() => expect(seen.value).toBe(40));
    await there.bounded('trunk', TRUNK).decrement(10, PATIENT);
    await vi.waitFor(async () => expect(await here.bounded('trunk').value()).toBe(30));
    await vi.waitFor(async () => {
      expect([seen.value, seen.free, seen.busy]).toEqual([
        30,
        await there.bounded('trunk').availableUp(),
        await there.bounded('trunk').available(),
      ]);
    });
  });

  it('is waited for as long as one likes', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const [here, there] = [await aClient(urlOf(us!)), await aClient(urlOf(eu!))];
    await here.bounded('account', ACCOUNT).increment(10_000);
    await there.bounded('account', ACCOUNT).decrement(2_500, PATIENT);
    const tooMuch = there.bounded('account', ACCOUNT).decrement(7_501, { timeoutMs: 0 });
    await expect(tooMuch).rejects.toMatchObject({
      code: 'INSUFFICIENT_RIGHTS',
      message: expect.stringContaining('its value is 7500, its bounds min 0, initial 0') as string,
    });
    for (const timeoutMs of [-1, Number.NaN, '100', 2 ** 31]) {
      const asked = there.bounded('account', ACCOUNT).decrement(1, { timeoutMs: timeoutMs as number });
      await expect(asked).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    expect(await there.bounded('account').value()).toBe(7_500);
  });

  it('is handed over by hand, and begun anew', async () => {
    const [us, eu] = await aCluster('us', 'eu');
    const [here, there] = [await aClient(urlOf(us!)), await aClient(urlOf(eu!))];
    await there.counter('started').increment();
    await here.bounded('account', ACCOUNT).increment(1_000);
    await vi.waitFor(() => here.bounded('account').transfer(eu!.name, 1_000));
    await expect(here.bounded('account').decrement(1, { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'INSUFFICIENT_RIGHTS',
    });
    await vi.waitFor(async () => expect(await there.bounded('account').available()).toBeGreaterThan(0));
    expect(await here.bounded('account').lost()).toEqual({ down: 0, up: 0 });
    await here.bounded('account').delete();
    await here.bounded('account', { max: 3 }).increment(3, PATIENT);
    expect(await here.bounded('account').value()).toBe(3);
  });
});

describe('what no bounded counter takes is refused, and leaves nothing behind:', () => {
  it('bounds', async () => {
    const db = await aClient(urlOf(await aNode()));
    const wrong = [
      { min: 1.5 },
      { min: '0' },
      { min: 5, max: 4 },
      { max: 5, initial: 6 },
      { initial: 3 },
      { max: 2 ** 53 },
    ];
    const refused = expect.objectContaining({ code: 'BAD_ARGUMENT' });
    for (const options of [...wrong, { max: 5n }]) expect(() => db.bounded('k', options as never)).toThrow(refused);
    await expect(db.bounded('none').increment()).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await db.bounded('k', TRUNK).increment();
    await expect(db.bounded('k', ACCOUNT).increment()).rejects.toMatchObject({ code: 'CONFIG_CONFLICT' });
    expect(await db.keys()).toEqual(['k']);
  });

  it('amounts', async () => {
    const db = await aClient(urlOf(await aNode()));
    const counter = db.bounded('k', { min: -Number.MAX_SAFE_INTEGER });
    for (const n of [0, -1, 1.5, Number.NaN, '1', null, 2 ** 53, 1n] as never[]) {
      const deeds = [counter.increment(n), counter.decrement(n), counter.recover(n), counter.recoverUp(n)];
      for (const asked of [...deeds, counter.transfer('b', n), counter.transferUp('b', n)])
        await expect(asked).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    await expect(counter.recover(1)).rejects.toMatchObject({ code: 'INSUFFICIENT_RIGHTS' });
    expect(await db.keys()).toEqual([]);
    await counter.increment(Number.MAX_SAFE_INTEGER);
    await expect(counter.increment()).rejects.toMatchObject({ code: 'COUNTER_OVERFLOW' });
    expect(await counter.value()).toBe(0);
  });

  it('names', async () => {
    const db = await aClient(urlOf(await aNode()));
    const counter = db.bounded('k', { min: 0, initial: 9 });
    for (const node of ['', 'nobody', 7, undefined] as string[]) {
      for (const asked of [counter.transfer(node, 1), counter.transferUp(node, 1)])
        await expect(asked).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    const tooLong = counter.transfer('x'.repeat(MAX_ELEMENT_BYTES + 1), 1);
    await expect(tooLong).rejects.toMatchObject({ code: 'KEY_TOO_LONG' });
    expect(code(() => db.bounded('ü'.repeat(MAX_KEY_BYTES / 2 + 1), { min: 0 }))).toBe('KEY_TOO_LONG');
    await db.counter('calls').increment();
    await expect(db.bounded('calls', { min: 0 }).increment()).rejects.toMatchObject({ code: 'TYPE_CONFLICT' });
    expect(await db.keys()).toEqual(['calls']);
  });
});
