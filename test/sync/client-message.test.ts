import { describe, expect, it } from 'vitest';
import { AnswerWriter, encodeValue, type NodeMessageHandler, readNodeMessage } from '../../src/sync/client-answer.js';
import {
  BatchWriter,
  type ClientMessageHandler,
  encodeBye,
  encodeHello,
  readClientMessage,
} from '../../src/sync/client-message.js';
import { Op } from '../../src/sync/client-operation.js';
import { blankOperation, type Operation } from '../../src/sync/client-shape.js';

/** Remembers every call by name and arguments. */
function recorder<Handler extends object>(): { readonly handler: Handler; readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const copy = (value: unknown): unknown => (typeof value === 'object' && value !== null ? { ...value } : value);
  const handler = new Proxy({} as Handler, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        name === 'more' || calls.push([name, ...args.map(copy)]),
  });
  return { handler, calls };
}

function operation(code: number, operands: Partial<Operation> = {}): Operation {
  return { ...blankOperation(), code, slot: 3, ...operands };
}

describe('what a client sends', () => {
  it('is a hello that says who it is and what it knows', () => {
    const { handler, calls } = recorder<ClientMessageHandler>();
    const hello = { version: 1, session: 'a-session-of-length', acked: 70_000, resumed: true };
    readClientMessage(encodeHello(hello), handler);
    expect(calls).toEqual([['hello', hello]]);
  });

  it('is refused with a code when it speaks another version', () => {
    const { handler } = recorder<ClientMessageHandler>();
    const bytes = encodeHello({ version: 9, session: 'a-session-of-length', acked: 0, resumed: false });
    expect(() => readClientMessage(bytes, handler)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }));
  });

  it('keeps every item of a batch, in order, with its operands', () => {
    const { handler, calls } = recorder<ClientMessageHandler>();
    const batch = new BatchWriter(100, 90, 2);
    batch.define(3, 'log', 'calls', { cap: 100 });
    batch.write(operation(Op.counterAdd, { n: -5 }));
    batch.write(operation(Op.logAppend, { value: { a: [1, 'x', null] }, at: 1_700_000_000_000 }));
    batch.write(operation(Op.windowAdd, { n: Number.MAX_SAFE_INTEGER, at: undefined }));
    batch.read(7, operation(Op.windowSeries, { n: 0, at: 60_000.5, step: 1_000 }));
    batch.subscribe(8, operation(Op.logLast, { n: 10 }));
    batch.unsubscribe(8);
    batch.confirm(5, 9);
    batch.restate(operation(Op.gaugeSet, { n: -4 }));
    batch.restate(operation(Op.presenceJoin, { name: 'ann', value: 7 }));
    batch.ping();
    readClientMessage(batch.finish(), handler);
    expect(calls.map(([name]) => name)).toEqual([
      'batch',
      'define',
      'write',
      'write',
      'write',
      'read',
      'subscribe',
      'unsubscribe',
      'confirm',
      'restate',
      'restate',
      'ping',
    ]);
    expect(calls[0]).toEqual(['batch', 100, 90, 2]);
    expect(calls[1]?.slice(0, 4)).toEqual(['define', 3, 'log', 'calls']);
    expect(calls[2]?.[1]).toMatchObject({ code: Op.counterAdd, slot: 3, n: -5 });
    expect(calls[3]?.[1]).toMatchObject({ value: { a: [1, 'x', null] }, at: 1_700_000_000_000 });
    expect(calls[4]?.[1]).toMatchObject({ n: Number.MAX_SAFE_INTEGER, at: undefined });
    expect(calls[5]).toEqual(['read', 7, expect.objectContaining({ n: 0, at: 60_000.5, step: 1_000 })]);
    expect(calls[8]).toEqual(['confirm', 5, 9]);
    expect(calls[9]?.[1]).toMatchObject({ code: Op.gaugeSet, slot: 3, n: -4 });
    expect(calls[10]?.[1]).toMatchObject({ code: Op.presenceJoin, slot: 3, name: 'ann', value: 7 });
  });

  it('is a bye without anything after it', () => {
    const { handler, calls } = recorder<ClientMessageHandler>();
    readClientMessage(encodeBye(), handler);
    expect(calls).toEqual([['bye']]);
    expect(() => readClientMessage(Uint8Array.of(...encodeBye(), 1), handler)).toThrow('after the end');
  });

  it('is refused at the first wrong byte: a kind, an item, a type or an operation that does not exist', () => {
    const { handler } = recorder<ClientMessageHandler>();
    for (const bytes of [[], [99], [2, 1, 0, 0, 31], [2, 1, 0, 0, 63], [2, 1, 0, 0, 200], [2, 1, 0, 0, 65, 1, 1]]) {
      expect(() => readClientMessage(Uint8Array.from(bytes), handler)).toThrow(
        expect.objectContaining({ code: 'MALFORMED_MESSAGE' }),
      );
    }
    expect(() => readClientMessage(Uint8Array.of(2, 1, 0, 0, 64, 0, 99, 1, 65, 0, 0), handler)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TYPE' }),
    );
  });

  it('costs three bytes per increment once the key is known', () => {
    const batch = new BatchWriter(1, 0, 0);
    const before = batch.size;
    for (let i = 0; i < 1_000; i += 1) batch.write(operation(Op.counterAdd, { n: 1 }));
    expect(batch.size - before).toBe(3_000);
  });
});

describe('what a node answers', () => {
  it('keeps every answer of a message, in order', () => {
    const { handler, calls } = recorder<NodeMessageHandler>();
    const answers = new AnswerWriter();
    const welcome = {
      node: 'us-1',
      region: 'us',
      incarnation: 1_795_000_000_000,
      done: 41,
      known: false,
      failures: [{ from: 3, to: 9, code: 'BAD_KEY', message: 'no' }],
    };
    answers.welcome(welcome);
    answers.failed(42, 'TYPE_CONFLICT', 'a set');
    answers.result(42, 90);
    answers.reply(7, [1, 2, 3]);
    answers.refused(8, 'BAD_ARGUMENT', 'why');
    answers.value(1, { open: true });
    answers.encoded(2, encodeValue('shared'));
    answers.ended(3, 'TYPE_CONFLICT', 'a log');
    answers.pong();
    answers.error('SHUTTING_DOWN', 'bye');
    readNodeMessage(answers.take(), handler);
    expect(calls).toEqual([
      ['welcome', welcome],
      ['failed', 42, 'TYPE_CONFLICT', 'a set'],
      ['result', 42, 90],
      ['reply', 7, { 0: 1, 1: 2, 2: 3 }],
      ['refused', 8, 'BAD_ARGUMENT', 'why'],
      ['value', 1, { open: true }],
      ['value', 2, 'shared'],
      ['ended', 3, 'TYPE_CONFLICT', 'a log'],
      ['pong'],
      ['error', 'SHUTTING_DOWN', 'bye'],
    ]);
    expect(answers.size).toBe(0);
  });
});
