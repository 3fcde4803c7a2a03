import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Writer } from '../../src/base/bytes.js';
import { MAX_DOT } from '../../src/base/limits.js';
import { append, checkUpdate, clear, doc, generation } from '../../src/crdt/doc.js';
import { Cell } from './bytes.js';

/** Deleted once, then written to again. */
function written(): Cell {
  const cell = new Cell(doc);
  const page = new Y.Doc();
  page.getText('t').insert(0, 'kept');
  const update = Y.encodeStateAsUpdate(page);
  cell.head = append(cell.slots, cell.head, 0, 1, update);
  cell.head = clear(cell.slots, cell.head, 0, 2);
  cell.head = append(cell.slots, cell.head, 0, 3, update);
  return cell;
}

/** A document of that generation with nothing in it. */
function emptyOf(number: number): Uint8Array {
  const w = new Writer();
  for (const n of [0, 1, number, 0]) w.uint(n);
  return w.finish();
}

/** Two letters, the second before the first, of which one is deleted again, as client 1. */
function edited(deleted: boolean): number[] {
  const page = new Y.Doc();
  page.clientID = 1;
  const text = page.getText('t');
  text.insert(0, 'a');
  text.insert(0, 'b');
  if (deleted) text.delete(0, 1);
  return [...Y.encodeStateAsUpdate(page)];
}

describe('an update of a document', () => {
  it('deletes something', () => {
    const update = edited(true);
    expect(() => checkUpdate(Uint8Array.from(update))).not.toThrow();
    expect(update.pop()).toBe(1);
    const nothing = Uint8Array.from([...update, 0]);
    expect(() => checkUpdate(nothing)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('stands beside what was made before', () => {
    const update = edited(false);
    const at = update.length - 5;
    // Client 1, operation 0; the letter; nothing deleted.
    expect(update.slice(at)).toEqual([1, 0, 1, 98, 0]);
    expect(() => checkUpdate(Uint8Array.from(update))).not.toThrow();
    const later = Uint8Array.from(update.with(at + 1, 5));
    expect(() => checkUpdate(later)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('a document on the wire', () => {
  it('is what it was', () => {
    const cell = written();
    const read = new Cell(doc).read(cell.bytes());
    expect([read.hex(), read.canonical()]).toEqual([cell.hex(), cell.canonical()]);
  });

  it('has a generation that deletions can have begun', () => {
    const last = new Cell(doc).read(emptyOf(MAX_DOT));
    expect(generation(last.slots, last.head)).toBe(MAX_DOT);
    const malformed = expect.objectContaining({ code: 'MALFORMED_MESSAGE' });
    expect(() => new Cell(doc).read(emptyOf(MAX_DOT + 1))).toThrow(malformed);
    expect(() => new Cell(doc).read(emptyOf(Number.MAX_SAFE_INTEGER))).toThrow(malformed);
  });
});
