import { describe, expect, it } from 'vitest';
import { ActorTable } from '../src/base/actor.js';
import { Reader, Writer } from '../src/base/bytes.js';
import { MerganserError } from '../src/base/error.js';
import { Slots } from '../src/crdt/slots.js';
import { VersionVector } from '../src/crdt/version-vector.js';
import { Random } from '../src/testing/random.js';
import type { Subject } from '../src/testing/subject.js';
import { SUBJECTS } from '../src/testing/subjects.js';

/** How many for each type, and the first: another night, other cases. */
const CASES = Number(process.env['FUZZ'] ?? 3_000);
const FIRST = Number(process.env['FUZZ_FIRST'] ?? 1);
/** Far more than they take. */
const TIMEOUT_MS = 30_000 + 20 * CASES;
const NOTHING = new VersionVector();
/** Numbered alike on both sides; the first is the reader's own. */
const NODES = ['here', 'x', 'y', 'z'];

/** A state that came about, on the wire. */
function bytesOf(subject: Subject<unknown>, random: Random): Uint8Array {
  const actors = new ActorTable();
  for (const node of NODES) actors.intern(node, 1);
  const slots = new Slots(actors);
  const vv = new VersionVector();
  let head = 0;
  for (let i = random.between(0, 12); i > 0; i--) {
    const self = actors.intern(random.pick(NODES.slice(1)), 1);
    const dot = vv.get(self) + 1;
    const after = subject.perform(slots, head, self, dot, subject.draw(random));
    if (after === undefined) continue;
    head = after;
    vv.set(self, dot);
  }
  const w = new Writer();
  subject.crdt.write(slots, head, w, vv, undefined);
  return w.finish();
}

function spoilt(bytes: Uint8Array, random: Random): Uint8Array {
  const what = random.below(4);
  if (what === 0) return Uint8Array.from({ length: random.below(30) }, () => random.below(256));
  if (what === 1) return bytes.slice(0, random.below(bytes.length + 1));
  const changed = Uint8Array.from(bytes);
  for (let i = random.between(1, 3); i > 0 && changed.length > 0; i--) {
    const at = random.below(changed.length);
    // A bit flipped, or a length that promises everything.
    changed[at] = what === 2 ? (changed[at] as number) ^ (1 << random.below(8)) : 255;
  }
  return changed;
}

/** Take it in as a peer's state, and look at what came of it. Returns whether it was one. */
function taken(subject: Subject<unknown>, bytes: Uint8Array): boolean {
  const { crdt } = subject;
  const actors = new ActorTable();
  for (const node of NODES) actors.intern(node, 1);
  const top = new VersionVector([20, 20, 20, 20]);
  const actor = (wire: number): number => {
    if (wire < 4) return wire;
    throw new MerganserError('MALFORMED_MESSAGE', `actor ${wire} was not defined`);
  };
  const staging = new Slots(actors);
  let other: number;
  try {
    other = crdt.read(staging, new Reader(bytes), { actor, top });
  } catch (error) {
    if (error instanceof MerganserError) return false;
    throw error;
  }
  const slots = new Slots(actors);
  const head = crdt.merge(slots, 0, NOTHING, staging, other, top);
  subject.value(slots, head);
  crdt.canonical(slots, head, new Writer());
  const again = crdt.merge(slots, head, top, staging, other, top);
  crdt.free(slots, crdt.forget(slots, again, top));
  return true;
}

/** One case. Returns whether what was spoilt was refused. */
function refuses(subject: Subject<unknown>, seed: number): boolean {
  const random = Random.seeded(seed);
  const bytes = bytesOf(subject, random);
  try {
    expect(taken(subject, bytes)).toBe(true);
    return !taken(subject, spoilt(bytes, random));
  } catch (cause) {
    throw new Error(`again: FUZZ_FIRST=${seed} FUZZ=1`, { cause });
  }
}

describe.each(Object.entries(SUBJECTS))('the decoder of a %s', (_name, subject) => {
  it(
    'takes what follows the protocol, refuses all else with a code, and survives both',
    () => {
      let refused = 0;
      for (let seed = FIRST; seed < FIRST + CASES; seed++) if (refuses(subject, seed)) refused++;
      expect(refused).toBeGreaterThan(CASES / 10);
    },
    TIMEOUT_MS,
  );
});
