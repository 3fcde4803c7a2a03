/**
 * A long-distance link on one machine: a TCP proxy between two regions that holds every byte back for the one-way
 * delay of the distance, and that can be cut and healed. For demonstrations and tests; it understands nothing of what
 * passes through.
 *
 * A link has a door at each end: whoever connects to a door reaches that door's target over the link. A cut concerns
 * all its doors at once.
 *
 * Invariants:
 * - In each direction bytes leave in the order in which they came, never earlier than the delay after they came.
 * - What one side closes is closed on the other side after the bytes before it, with the same delay.
 * - A cut by `reset` loses what is under way and refuses connections: both sides learn of it at once.
 * - A cut by `silence` loses nothing and tells nobody, as TCP behaves over a cable that is unplugged: bytes and closes
 *   wait until the link heals.
 *
 * Cost: one timer per direction of a connection whatever the number of chunks; at most BUFFERED_BYTES_MAX held back per
 * direction, after which the sender feels it, as on a real link with a full window.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Bytes under way in one direction of one connection: 16 MiB is 200 ms at 80 MB/s. */
const BUFFERED_BYTES_MAX = 16 * 1024 * 1024;

export type CutMode = 'reset' | 'silence';
export type LinkState = 'up' | CutMode;

export interface DelayedLinkOptions {
  /** Milliseconds from one end to the other. */
  readonly oneWayMs: number;
}

export interface DelayedLinkStatus {
  readonly state: LinkState;
  readonly oneWayMs: number;
  readonly connections: number;
  /** Bytes that came out at the far ends so far, both directions together. */
  readonly carriedBytes: number;
  /** Bytes under way. */
  readonly bufferedBytes: number;
}

export class DelayedLink {
  readonly oneWayMs: number;
  readonly #doors: Server[] = [];
  readonly #connections = new Set<Connection>();
  /** Accepted while the link is silent: they have not reached the far end yet. */
  readonly #knocking = new Map<Socket, number>();
  #state: LinkState = 'up';
  #carriedBytes = 0;

  constructor(options: DelayedLinkOptions) {
    this.oneWayMs = options.oneWayMs;
  }

  /** Opens a door on the loopback that leads to `targetPort` there, and answers the door's port. */
  async door(targetPort: number): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket, targetPort),
    );
    this.#doors.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Cuts the link. Cutting a link that is cut changes how: a silent link that is reset loses what waited in it. */
  cut(mode: CutMode = 'reset'): void {
    this.#state = mode;
    if (mode === 'silence') {
      for (const connection of this.#connections) connection.hold();
    } else this.#reset();
  }

  heal(): void {
    this.#state = 'up';
    for (const connection of this.#connections) connection.release();
    for (const [socket, targetPort] of this.#knocking) this.#join(socket, targetPort);
    this.#knocking.clear();
  }

  status(): DelayedLinkStatus {
    let bufferedBytes = 0;
    for (const connection of this.#connections) bufferedBytes += connection.bufferedBytes;
    return {
      state: this.#state,
      oneWayMs: this.oneWayMs,
      connections: this.#connections.size,
      carriedBytes: this.#carriedBytes,
      bufferedBytes,
    };
  }

  /** Ends everything: doors, connections, timers. */
  async close(): Promise<void> {
    const closed = this.#doors.map((door) => new Promise<void>((resolve) => door.close(() => resolve())));
    this.#reset();
    await Promise.all(closed);
  }

  #accept(socket: Socket, targetPort: number): void {
    // The other side may vanish at any moment; what to do then is decided where the socket is used.
    socket.on('error', ignore);
    if (this.#state === 'reset') socket.resetAndDestroy();
    else if (this.#state === 'silence') {
      this.#knocking.set(socket, targetPort);
    } else this.#join(socket, targetPort);
  }

  #join(near: Socket, targetPort: number): void {
    const far = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    far.on('error', ignore);
    const connection = new Connection(near, far, this.oneWayMs, {
      carried: (bytes) => (this.#carriedBytes += bytes),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }

  #reset(): void {
    for (const connection of this.#connections) connection.reset();
    for (const socket of this.#knocking.keys()) socket.resetAndDestroy();
    this.#knocking.clear();
  }
}

interface ConnectionReports {
  readonly carried: (bytes: number) => void;
  readonly closed: () => void;
}

/** Two sockets and a direction each way between them. */
class Connection {
  readonly #sockets: readonly [Socket, Socket];
  readonly #directions: readonly [Direction, Direction];

  constructor(near: Socket, far: Socket, delayMs: number, reports: ConnectionReports) {
    this.#sockets = [near, far];
    this.#directions = [
      new Direction(near, far, delayMs, reports.carried),
      new Direction(far, near, delayMs, reports.carried),
    ];
    let open = this.#sockets.length;
    for (const socket of this.#sockets) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) reports.closed();
      });
    }
  }

  get bufferedBytes(): number {
    return this.#directions[0].bufferedBytes + this.#directions[1].bufferedBytes;
  }

  hold(): void {
    for (const direction of this.#directions) direction.hold();
  }

  release(): void {
    for (const direction of this.#directions) direction.release();
  }

  reset(): void {
    for (const direction of this.#directions) direction.drop();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

type Parcel = { readonly due: number } & (
  | { readonly what: 'bytes'; readonly bytes: Buffer }
  | { readonly what: 'end' }
  | { readonly what: 'loss' }
);

/** Bytes from one socket to another, each chunk delivered when its time has come. */
class Direction {
  bufferedBytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: number;
  readonly #carried: (bytes: number) => void;
  #parcels: Parcel[] = [];
  /** The parcels before this one are delivered; they leave the array together, so that none costs a shift. */
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  #blocked = false;
  #dropped = false;

  constructor(from: Socket, to: Socket, delayMs: number, carried: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    this.#carried = carried;
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#deliver();
    this.#readOn();
  }

  /** Forgets what is under way, for good. */
  drop(): void {
    this.#dropped = true;
    this.#parcels = [];
    this.#next = 0;
    this.bufferedBytes = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #due(): number {
    return performance.now() + this.#delayMs;
  }

  #take(parcel: Parcel): void {
    if (this.#dropped) return;
    this.#parcels.push(parcel);
    if (parcel.what === 'bytes') this.bufferedBytes += parcel.bytes.length;
    if (this.bufferedBytes > BUFFERED_BYTES_MAX) this.#from.pause();
    this.#arm();
  }

  #readOn(): void {
    if (!this.#held && this.#from.isPaused() && this.bufferedBytes <= BUFFERED_BYTES_MAX / 2)
      this.#from.resume();
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
      Math.max(0, Math.ceil(first.due - performance.now())),
    );
  }

  #deliver(): void {
    const now = performance.now();
    while (!this.#held && !this.#blocked) {
      const parcel = this.#parcels[this.#next];
      if (parcel === undefined || parcel.due > now) break;
      this.#next += 1;
      this.#hand(parcel);
    }
    if (this.#next > 0 && (this.#next === this.#parcels.length || this.#next >= 1024)) {
      this.#parcels.splice(0, this.#next);
      this.#next = 0;
    }
    this.#readOn();
    this.#arm();
  }

  #hand(parcel: Parcel): void {
    if (parcel.what === 'end') this.#to.end();
    else if (parcel.what === 'loss') this.#to.resetAndDestroy();
    else {
      this.bufferedBytes -= parcel.bytes.length;
      this.#carried(parcel.bytes.length);
      if (!this.#to.destroyed && !this.#to.write(parcel.bytes)) this.#blocked = true;
    }
  }
}

function ignore(): void {}
