import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Writer } from '../../src/base/bytes.js';
import { MAX_DOT } from '../../src/base/limits.js';
import { append, clear, doc, generation } from '../../src/crdt/doc.js';
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
