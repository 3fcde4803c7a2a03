/**
 * Digest of a whole replica: two replicas whose version vectors are equal must have equal digests; anything else is a bug or
 * corruption. A 64-bit hash of each cell's canonical bytes (type, name, state), combined by XOR, so that order does not matter.
 * Cost: encodes every cell; for checks, not for the hot path.
 */
import { Writer } from '../base/bytes.js';
import { hashBytes } from './key-index.js';
import type { Replica } from './replica.js';

/** 16 hexadecimal digits. */
export function digest(replica: Replica): string {
  const { cells, slots } = replica;
  replica.finish();
  let high = 0;
  let low = 0;
  cells.forEach((cell) => {
    const head = cells.head(cell);
    if (head === 0) return;
    const state = new Writer();
    replica.type(cell).canonical(slots, head, state);
    if (state.length === 0) return;
    const w = new Writer();
    w.byte(cells.tag(cell));
    const parent = cells.parent(cell);
    w.bytes(parent === 0 ? new Uint8Array(0) : cells.keyBytes(parent));
    w.bytes(cells.keyBytes(cell));
    w.bytes(state.finish());
    const bytes = w.finish();
    high ^= hashBytes(bytes, 0, bytes.length, 0x6d657267);
    low ^= hashBytes(bytes, 0, bytes.length, 0x616e7365);
  });
  return hex(high) + hex(low);
}

function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}
