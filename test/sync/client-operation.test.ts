import { describe, expect, it } from 'vitest';
import { TYPE_NAMES, typeOfName } from '../../src/crdt/registry.js';
import { Store } from '../../src/store/store.js';
import { Reader, Writer } from '../../src/base/bytes.js';
import {
  isRead,
  isShare,
  isWrite,
  Op,
  perform,
  readOperands,
  takeOperands,
  typeOf,
  writeOperands,
} from '../../src/sync/client-operation.js';
import { blankOperation, type Operation } from '../../src/sync/client-shape.js';
import { tagOf } from '../../src/sync/client-type.js';

const CODES = Object.values(Op);

/** The method that the table names, and with what it is called. */
function called(operation: Operation): [method: string, ...operands: unknown[]] {
  const handle = new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...operands: unknown[]) => [method, ...operands],
    },
  );
  return perform(handle, operation) as [string, ...unknown[]];
}

function asked(code: number, ...operands: unknown[]): Operation {
  const operation = { ...blankOperation(), code };
  takeOperands(operation, operands);
  return operation;
}

describe('the table of methods', () => {
  it('names methods that the handles of the store have', () => {
    const store = new Store({ node: 'n', incarnation: 1, clock: () => 0 });
    for (const code of CODES.filter((one) => one !== Op.delete)) {
      const type = typeOf(code);
      const handle = type === undefined ? store : store.open(type, `a ${type}`);
      const [method] = called({ ...blankOperation(), code });
      expect([code, method, typeof (handle as Record<string, unknown>)[method]]).toEqual([code, method, 'function']);
    }
  });

  it('gives each code to one method, and none to an item of a batch', () => {
    expect(new Set(CODES).size).toBe(CODES.length);
    expect(CODES.filter((code) => code < 1 || code > 207 || (code >= 64 && code <= 69))).toEqual([]);
  });

  // What was given out stands in messages of clients that are not updated with their nodes.
  it('has the codes of the first six types as they always were', () => {
    const codes = Object.entries(Op).filter(([, code]) => code < 64);
    expect(codes.map(([name, code]) => `${code} ${name}`)).toEqual([
      '1 counterAdd',
      '2 counterReset',
      '3 gaugeAdd',
      '4 gaugeSet',
      '5 registerSet',
      '6 setAdd',
      '7 setDelete',
      '8 setClear',
      '9 logAppend',
      '10 logClear',
      '11 windowAdd',
      '12 delete',
      '32 counterValue',
      '33 gaugeValue',
      '34 registerGet',
      '35 registerValues',
      '36 setHas',
      '37 setValues',
      '38 setSize',
      '39 logLast',
      '40 logSince',
      '41 logSize',
      '42 windowSum',
      '43 windowSeries',
      '44 keys',
      '45 windowToday',
      '46 windowDays',
      '47 windowRecent',
    ]);
  });

  it('knows reads, writes and shares apart, and what is neither', () => {
    expect(
      [Op.counterAdd, Op.gaugeAdd, Op.keys, 0, 31, 63, 69, 255].map((code) => [isWrite(code), isRead(code)]),
    ).toEqual([[true, false], [true, false], [false, true], ...Array.from({ length: 5 }, () => [false, false])]);
    expect(CODES.filter(isShare)).toEqual([Op.gaugeAdd, Op.gaugeSet, Op.presenceJoin, Op.presenceLeave]);
  });
});

describe('operands', () => {
  it.each([
    [Op.counterAdd, [-5]],
    [Op.counterReset, []],
    [Op.registerSet, [{ a: [1, null, 'é'] }]],
    [Op.setAdd, ['x']],
    [Op.logAppend, ['call', { at: 1.5 }]],
    [Op.logAppend, ['call', {}]],
    [Op.windowAdd, [3, 60_000]],
    [Op.logLast, [10]],
    [Op.logSince, ['n@1:5']],
    [Op.windowSum, [0, 0.5]],
    [Op.windowSeries, [0, 60_000, 1_000]],
  ])('of operation %i reach the method as they were handed in, over the wire', (code, operands) => {
    const operation = { ...asked(code, ...operands), slot: 300 };
    const w = new Writer();
    writeOperands(w, operation);
    const read = { ...asked(Op.registerSet, 'left over'), name: 'left over', step: 7, code };
    const r = new Reader(w.finish());
    readOperands(r, read);
    expect(r.done).toBe(true);
    expect(called(read).slice(1)).toEqual(operands);
    expect(read).toEqual(operation);
  });

  it.each([
    [Op.counterAdd, [0.5]],
    [Op.gaugeSet, [undefined]],
    [Op.logLast, [-1]],
    [Op.setAdd, [7]],
    [Op.logAppend, ['x', { at: Number.NaN }]],
    [Op.windowSum, [0, Number.POSITIVE_INFINITY]],
    [Op.windowSeries, [0, 1, '2']],
    [Op.keys, [null]],
  ])('of operation %i that cannot be meant are refused before they are sent', (code, operands) => {
    expect(() => asked(code, ...operands)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('the names of types', () => {
  it('stand for the tags that nodes know them by', () => {
    expect(TYPE_NAMES.map(tagOf)).toEqual(TYPE_NAMES.map((name) => typeOfName(name)?.tag));
  });
});
