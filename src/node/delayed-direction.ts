/**
 * One direction of a connection over a delayed link: bytes from one socket to another, each chunk handed on when its
 * time has come and the pace allows.
 *
 * A throttled direction hands on slices of a fiftieth of a second each, so that a large chunk trickles instead of
 * arriving at once, late.
 */
import type { Socket } from 'node:net';

/** What the link does to every byte. */
export interface Path {
  oneWayMs: number;
  bytesPerSecond: number | undefined;
}

export interface DirectionReports {
  /** So many bytes are about to come out: how many of them may. Fewer than all means that the link breaks there. */
  readonly carry: (bytes: number) => number;
  readonly broken: () => void;
}

/** Bytes under way in one direction of one connection: 16 MiB is 200 ms at 80 MB/s. */
const BUFFERED_BYTES_MAX = 16 * 1024 * 1024;
/** On a throttled link a second's worth, but at least what a small window holds. */
const BUFFERED_BYTES_MIN = 64 * 1024;
const SLICES_PER_SECOND = 50;

type Parcel = { readonly due: number } & (
  | { readonly what: 'bytes'; bytes: Buffer }
  | { readonly what: 'end' }
  | { readonly what: 'loss' }
);

export class Direction {
  bufferedBytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #path: Path;
  readonly #reports: DirectionReports;
  #parcels: Parcel[] = [];
  /** The parcels before this one are delivered; they leave the array together, so that none costs a shift. */
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastDue = 0;
  /** When the throttle lets the next slice out. */
  #paceFree = 0;
  #held = false;
  #blocked = false;
  #dropped = false;

  constructor(from: Socket, to: Socket, path: Path, reports: DirectionReports) {
    this.#from = from;
    this.#to = to;
    this.#path = path;
    this.#reports = reports;
    from.on('data', (bytes: Buffer) => this.#take({ due: this.#due(), what: 'bytes', bytes }));
    from.once('end', () => this.#take({ due: this.#due(), what: 'end' }));
    from.once('close', (lost) => {
      if (lost) this.#take({ due: this.#due(), what: 'loss' });
    });
    to.on('drain', () => {
      this.#blocked = false;
      this.#deliver();
    });
    from.resume();
  }

  hold(): void {
    this.#held = true;
    this.#from.pause();
    this.#disarm();
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#deliver();
    this.#readOn();
  }

  /** The pace has changed: what waits goes by the new one. */
  repace(): void {
    if (this.#held) return;
    this.#paceFree = 0;
    this.#disarm();
    this.#deliver();
  }

  /** Forgets what is under way, for good. */
  drop(): void {
    this.#dropped = true;
    this.#parcels = [];
    this.#next = 0;
    this.bufferedBytes = 0;
    this.#disarm();
  }

  get #room(): number {
    const pace = this.#path.bytesPerSecond;
    return pace === undefined ? BUFFERED_BYTES_MAX : Math.max(BUFFERED_BYTES_MIN, pace);
  }

  /** Never before what came earlier, whatever the delay is by now. */
  #due(): number {
    this.#lastDue = Math.max(this.#lastDue, performance.now() + this.#path.oneWayMs);
    return this.#lastDue;
  }

  #take(parcel: Parcel): void {
    if (this.#dropped) return;
    this.#parcels.push(parcel);
    if (parcel.what === 'bytes') this.bufferedBytes += parcel.bytes.length;
    if (this.bufferedBytes > this.#room) this.#from.pause();
    this.#arm();
  }

  #readOn(): void {
    if (!this.#held && this.#from.isPaused() && this.bufferedBytes <= this.#room / 2) this.#from.resume();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const first = this.#parcels[this.#next];
    if (first === undefined || this.#timer !== undefined || this.#held || this.#blocked) return;
    // Rounded up: a timer that fires early would only have to be set again.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#deliver();
      },
      Math.max(0, Math.ceil(Math.max(first.due, this.#paceFree) - performance.now())),
    );
  }

  #deliver(): void {
    const now = performance.now();
    while (!this.#held && !this.#blocked) {
      const parcel = this.#parcels[this.#next];
      if (parcel === undefined || parcel.due > now || this.#paceFree > now) break;
      if (parcel.what !== 'bytes') {
        this.#next += 1;
        if (parcel.what === 'end') this.#to.end();
        else resetSocket(this.#to);
      } else if (!this.#hand(parcel, now)) return;
    }
    if (this.#next > 0 && (this.#next === this.#parcels.length || this.#next >= 1024)) {
      this.#parcels.splice(0, this.#next);
      this.#next = 0;
    }
    this.#readOn();
    this.#arm();
  }

  /** Hands on a parcel, or the slice of it that the pace allows. Whether the link still stands. */
  #hand(parcel: Extract<Parcel, { what: 'bytes' }>, now: number): boolean {
    const slice = this.#slice(parcel.bytes, now);
    if (slice === parcel.bytes) this.#next += 1;
    else parcel.bytes = parcel.bytes.subarray(slice.length);
    this.bufferedBytes -= slice.length;
    const carried = this.#reports.carry(slice.length);
    const whole = carried === slice.length;
    if (!this.#to.destroyed && !this.#to.write(whole ? slice : slice.subarray(0, carried))) this.#blocked = true;
    if (!whole) this.#reports.broken();
    return whole;
  }

  #slice(bytes: Buffer, now: number): Buffer {
    const pace = this.#path.bytesPerSecond;
    if (pace === undefined) return bytes;
    const slice = bytes.subarray(0, Math.max(1, Math.floor(pace / SLICES_PER_SECOND)));
    this.#paceFree = Math.max(this.#paceFree, now - 1000 / SLICES_PER_SECOND) + (slice.length * 1000) / pace;
    return slice.length === bytes.length ? bytes : slice;
  }
}

/** Ends a socket so that the other side notices a loss. A half-closed one cannot be reset: asked to, it would never close. */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
