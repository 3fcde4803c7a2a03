/** The last things that happened, one line each, kept only when somebody wants to read them. */
import { Reader } from '../../base/bytes.js';
import type { Lives } from '../../base/lives.js';
import type { Replica } from '../../store/replica.js';
import { DIGEST_KINDS } from '../../sync/digest-message.js';
import * as wire from '../../sync/message.js';
import { plain } from './codec.js';
import { describeFrame } from './described-frame.js';
import { readTable, TABLE_MESSAGE } from '../../sync/table-message.js';
import { readWant } from '../../sync/want.js';
import { readDefinitions } from '../../sync/wire-actors.js';

export class Transcript {
  readonly #lines: string[] = [];
  readonly #length: number;
  /** Parts that were sent of a frame. */
  #parts: Uint8Array[] = [];

  /** @param length how many lines to keep; 0: none are even made */
  constructor(length: number) {
    this.#length = length;
  }

  note(line: () => string): void {
    if (this.#length === 0) return;
    this.#lines.push(line());
    if (this.#lines.length > this.#length) this.#lines.shift();
  }

  /** A message as its sender describes it: of a frame with its cells, of one in parts when the last of them goes. */
  sent(carried: Uint8Array, replica: Replica, lives: boolean): string {
    const bytes = plain(carried);
    const whole = bytes[0] === wire.PART ? this.#joined(bytes) : bytes;
    const line = describeMessage(bytes, lives);
    if (whole?.[0] !== wire.FRAME) return line;
    const r = new Reader(whole);
    r.byte();
    try {
      const frame = describeFrame(r, replica, lives);
      return bytes === whole ? frame : `${line}, the last: ${frame}`;
    } catch {
      return line; // of another version, or cut before its sender went on
    }
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  #joined(bytes: Uint8Array): Uint8Array | undefined {
    const r = new Reader(bytes);
    r.byte();
    const part = wire.readPart(r);
    if (part.index === 0) this.#parts = [];
    this.#parts.push(part.bytes);
    const whole = Uint8Array.from(this.#parts.flatMap((piece) => [...piece]));
    return whole.length === part.length ? whole : undefined;
  }
}

/**
 * A message between nodes, in one line. Actors are numbers of the sender's.
 * @param lives whether they are told with their lives
 */
export function describeMessage(carried: Uint8Array, lives: boolean): string {
  const bytes = plain(carried);
  const r = new Reader(bytes);
  const kind = r.byte();
  switch (kind) {
    case wire.HELLO: {
      const hello = wire.readHello(r);
      const vv =
        hello.partitions[0]?.vv.map((has) => `${has.node}@${has.incarnation}${told(has.lives ?? [])}:${has.n}`) ?? [];
      return `HELLO ${hello.node}@${hello.incarnation} has ${vv.join(' ') || 'nothing'}`;
    }
    case wire.FRAME: {
      r.uint();
      const frame = `epoch ${r.uint()} seq ${r.uint()}`;
      r.uint();
      return `FRAME ${frame}${(r.byte() & 1) === 1 ? ' full' : ''}${actors(r, lives)} top ${top(r)} (${bytes.length} bytes)`;
    }
    case wire.ACK: {
      const defined = actors(r, lives);
      return `ACK${defined} knows ${r.uint()} actors, epoch ${r.uint()} next ${r.uint()}, has ${pairs(r)}`;
    }
    case wire.NACK: {
      const defined = actors(r, lives);
      return `NACK${defined} epoch ${r.uint()}, has ${pairs(r)}`;
    }
    case wire.HEARTBEAT:
      return 'HEARTBEAT';
    case wire.DIGEST:
      return `DIGEST ${DIGEST_KINDS[r.byte()]} of comparison ${r.uint()}`;
    case wire.GOODBYE: {
      const { code, message } = wire.readGoodbye(r);
      return `GOODBYE ${code}: ${message}`;
    }
    case wire.WANT: {
      const { hold, lazy } = readWant(r);
      return hold ? 'WANT nothing' : `WANT all${lazy.size === 0 ? '' : ` but ${[...lazy].join(' ')}`}`;
    }
    case wire.BARRIER:
      return `BARRIER ${r.byte() === 0 ? 'question' : 'answer'} ${r.uint()}`;
    case wire.PART: {
      const part = wire.readPart(r);
      return `PART ${part.index} of epoch ${part.epoch} seq ${part.seq}`;
    }
    case TABLE_MESSAGE: {
      const rows = readTable(r).rows.map(
        ({ node, incarnation, version, state, succeeds }) =>
          `${node}@${incarnation} ${state} ${version}${succeeds ? ` after ${succeeds.actor}:${succeeds.since}` : ''}`,
      );
      return `TABLE ${rows.join(', ')}`;
    }
    case wire.BEGIN: {
      r.uint();
      const place = `epoch ${r.uint()} seq ${r.uint()}`;
      const full = r.byte() === 1 ? ' full' : '';
      return `BEGIN ${place}${full}${actors(r, lives)} cut ${r.uint()}, ${r.uint()} chunks kept, ${r.uint()} cells`;
    }
    case wire.CHUNK:
      return `CHUNK epoch ${r.uint()} seq ${r.uint()} index ${r.uint()} (${bytes.length} bytes)`;
    case wire.COMMIT: {
      const chunks = r.uint();
      r.uint();
      return `COMMIT of ${chunks} chunks, epoch ${r.uint()} seq ${r.uint()} (${bytes.length} bytes)`;
    }
    case wire.RESUME:
      return `RESUME cut ${r.uint()}, has ${r.uint()} chunks`;
    default:
      return `kind ${kind}`;
  }
}

/** Definitions of actors, if there are any. */
function actors(r: Reader, lives: boolean): string {
  const defined = readDefinitions(r, lives).definitions.map(
    (one) => `${one.wire}=${one.actor.node}@${one.actor.incarnation}${told(one.lives)}`,
  );
  return defined.length === 0 ? '' : ` (${defined.join(' ')})`;
}

/** The lives of an actor, if there are several. */
function told(lives: Lives): string {
  return lives.length < 2 ? '' : `[${lives.map(({ incarnation, since }) => `${incarnation}>${since}`).join(' ')}]`;
}

function top(r: Reader): string {
  const entries: string[] = [];
  for (let left = r.uint(); left > 0; left--) entries.push(`${r.uint()}:+${r.uint()}(-${r.uint()})`);
  return entries.join(' ');
}

function pairs(r: Reader): string {
  const entries: string[] = [];
  for (let left = r.uint(); left > 0; left--) entries.push(`${r.uint()}:${r.uint()}`);
  return entries.join(' ') || 'nothing new';
}
