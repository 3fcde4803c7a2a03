/**
 * A long-distance link on one machine: a TCP proxy between two regions that holds every byte back for the one-way
 * delay of the distance, and that can be cut and healed, slowed, throttled and broken in the middle of a message. For
 * demonstrations and tests; it understands nothing of what passes through.
 *
 * A link has a door at each end: whoever connects to a door reaches that door's target over the link. A cut concerns
 * all its doors at once. Two headings tell the directions apart: `there` is the way in which the first door leads,
 * `back` the opposite one.
 *
 * Invariants:
 * - In each direction bytes leave in the order in which they came, never earlier than the delay after they came, and
 *   no faster than the throttle allows.
 * - What one side closes is closed on the other side after the bytes before it, with the same delay.
 * - A cut by `reset` loses what is under way and refuses connections: both sides learn of it at once.
 * - A cut by `silence` loses nothing and tells nobody, as TCP behaves over a cable that is unplugged: bytes and closes
 *   wait until the link heals. It may concern one heading only: then each side hears the other or is heard, not both.
 * - A break lets so many bytes more come out and resets every connection in the middle of whatever that is; the link
 *   stays up.
 *
 * Cost: one timer per direction of a connection whatever the number of chunks; what is held back is bounded
 * (delayed-direction.ts), after which the sender feels it, as on a real link with a full window.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Direction, type Path, resetSocket } from './delayed-direction.js';

export type CutMode = 'reset' | 'silence';
export type LinkState = 'up' | CutMode;
export type Heading = 'there' | 'back';

export interface DelayedLinkOptions {
  /** Milliseconds from one end to the other. */
  readonly oneWayMs: number;
}

export interface DelayedLinkStatus {
  readonly state: LinkState;
  /** The only direction that is silent; undefined: both, or none. */
  readonly heading: Heading | undefined;
  readonly oneWayMs: number;
  /** Undefined: as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  readonly connections: number;
  /** Bytes that came out at the far ends so far, both directions together. */
  readonly carriedBytes: number;
  /** Bytes under way. */
  readonly bufferedBytes: number;
}

interface Door {
  readonly targetPort: number;
  /** Where bytes go that come in by this door. */
  readonly heading: Heading;
}

export class DelayedLink {
  /** What every connection goes by; it may change while bytes are under way. */
  readonly #path: Path;
  readonly #doors: Server[] = [];
  readonly #connections = new Set<Connection>();
  /** Accepted while the link is silent: they have not reached the far end yet. */
  readonly #knocking = new Map<Socket, Door>();
  #state: LinkState = 'up';
  #heading: Heading | undefined;
  #carriedBytes = 0;
  /** `carriedBytes` at which the next break comes. */
  #breakAt = Number.POSITIVE_INFINITY;

  constructor(options: DelayedLinkOptions) {
    this.#path = { oneWayMs: options.oneWayMs, bytesPerSecond: undefined };
  }

  get oneWayMs(): number {
    return this.#path.oneWayMs;
  }

  /** Opens a door on the loopback that leads to `targetPort` there, and answers the door's port. */
  async door(targetPort: number, heading: Heading = this.#doors.length === 0 ? 'there' : 'back'): Promise<number> {
    const door: Door = { targetPort, heading };
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket, door),
    );
    this.#doors.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /**
   * Cuts the link; silence may concern one `heading` only. Cutting a link that is cut changes how: a silent link that is
   * reset loses what waited in it.
   */
  cut(mode: CutMode = 'reset', heading?: Heading): void {
    this.#state = mode;
    this.#heading = mode === 'silence' ? heading : undefined;
    if (mode === 'reset') this.#reset();
    else for (const connection of this.#connections) this.#holdSilent(connection);
    this.#letIn();
  }

  /** The link is whole again: no cut, no throttle, no break to come. A changed delay stays. */
  heal(): void {
    this.#state = 'up';
    this.#heading = undefined;
    this.#breakAt = Number.POSITIVE_INFINITY;
    this.throttle(undefined);
    for (const connection of this.#connections) this.#holdSilent(connection);
    this.#letIn();
  }

  /** From now on bytes take so long from one end to the other; they never overtake those before them. */
  slow(oneWayMs: number): void {
    this.#path.oneWayMs = oneWayMs;
  }

  /** At most so many bytes per second come out per direction of a connection; undefined: as many as there are. */
  throttle(bytesPerSecond: number | undefined): void {
    this.#path.bytesPerSecond = bytesPerSecond;
    for (const connection of this.#connections) connection.repace();
  }

  /** So many bytes more come out, then every connection is reset. */
  breakAfter(bytes: number): void {
    this.#breakAt = this.#carriedBytes + bytes;
  }

  status(): DelayedLinkStatus {
    let bufferedBytes = 0;
    for (const connection of this.#connections) bufferedBytes += connection.bufferedBytes;
    return {
      state: this.#state,
      heading: this.#heading,
      oneWayMs: this.#path.oneWayMs,
      bytesPerSecond: this.#path.bytesPerSecond,
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

  #isSilent(heading: Heading): boolean {
    return this.#state === 'silence' && (this.#heading ?? heading) === heading;
  }

  #accept(socket: Socket, door: Door): void {
    // The other side may vanish at any moment; what to do then is decided where the socket is used.
    socket.on('error', ignore);
    if (this.#state === 'reset') resetSocket(socket);
    else if (this.#isSilent(door.heading)) this.#knocking.set(socket, door);
    else this.#join(socket, door);
  }

  /** Those who knocked and whose way is no longer silent. */
  #letIn(): void {
    for (const [socket, door] of this.#knocking) {
      if (this.#isSilent(door.heading)) continue;
      this.#knocking.delete(socket);
      this.#join(socket, door);
    }
  }

  #join(near: Socket, door: Door): void {
    const far = connect({ host: '127.0.0.1', port: door.targetPort, allowHalfOpen: true, noDelay: true });
    far.on('error', ignore);
    const connection = new Connection(near, far, door.heading, this.#path, {
      carry: (bytes) => this.#carry(bytes),
      broken: () => this.#reset(),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    this.#holdSilent(connection);
  }

  /** How many of so many bytes come out before the break, if one is to come. */
  #carry(bytes: number): number {
    const carried = Math.min(bytes, this.#breakAt - this.#carriedBytes);
    this.#carriedBytes += carried;
    return carried;
  }

  #holdSilent(connection: Connection): void {
    for (const heading of ['there', 'back'] as const) connection.hold(heading, this.#isSilent(heading));
  }

  #reset(): void {
    this.#breakAt = Number.POSITIVE_INFINITY;
    for (const connection of this.#connections) connection.reset();
    for (const socket of this.#knocking.keys()) resetSocket(socket);
    this.#knocking.clear();
  }
}

interface ConnectionReports {
  readonly carry: (bytes: number) => number;
  readonly broken: () => void;
  readonly closed: () => void;
}

/** Two sockets and a direction each way between them. */
class Connection {
  readonly #sockets: readonly [Socket, Socket];
  readonly #directions: Readonly<Record<Heading, Direction>>;

  constructor(near: Socket, far: Socket, heading: Heading, path: Path, reports: ConnectionReports) {
    this.#sockets = [near, far];
    const inwards = new Direction(near, far, path, reports);
    const outwards = new Direction(far, near, path, reports);
    this.#directions = heading === 'there' ? { there: inwards, back: outwards } : { there: outwards, back: inwards };
    let open = this.#sockets.length;
    for (const socket of this.#sockets) {
      socket.once('close', () => {
        open -= 1;
        if (open === 0) reports.closed();
      });
    }
  }

  get bufferedBytes(): number {
    return this.#directions.there.bufferedBytes + this.#directions.back.bufferedBytes;
  }

  hold(heading: Heading, held: boolean): void {
    if (held) this.#directions[heading].hold();
    else this.#directions[heading].release();
  }

  /** The pace has changed. */
  repace(): void {
    for (const direction of Object.values(this.#directions)) direction.repace();
  }

  reset(): void {
    for (const direction of Object.values(this.#directions)) direction.drop();
    for (const socket of this.#sockets) resetSocket(socket);
  }
}

function ignore(): void {}
