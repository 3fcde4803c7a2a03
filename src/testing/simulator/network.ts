/**
 * Connections between processes: two queues of messages under way. Each message arrives after a delay, in order unless a fault
 * says otherwise. A cut holds messages back until it heals; a broken connection loses what was under way from some point on.
 */
import type { Process } from './process.js';

interface Message {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** One end of a connection: where messages of the other end arrive. */
export interface End {
  readonly link: number;
  readonly process: Process;
  readonly connection: Connection;
  readonly incoming: Message[];
  /** The other side sends nothing any more: after what is under way comes the end. */
  ended: boolean;
  /** This side is through with the connection. */
  closed: boolean;
  /** Messages that arrived, the newest last: they may come once more. */
  readonly arrived: Uint8Array[];
  sent: number;
}

export interface Connection {
  readonly dialled: readonly [number, number];
  readonly ends: readonly [End, End];
}

const KEPT = 8;

export class Network {
  readonly connections: Connection[] = [];
  #links = 0;
  readonly #cuts = new Set<string>();

  /** Messages from one node to another are held back. */
  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
  }

  heal(from: number, to: number): void {
    this.#cuts.delete(`${from}>${to}`);
  }

  healAll(): void {
    this.#cuts.clear();
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(`${from}>${to}`);
  }

  connect(dialler: Process, answerer: Process): Connection {
    const ends: End[] = [];
    const connection: Connection = {
      dialled: [dialler.index, answerer.index],
      ends: ends as unknown as [End, End],
    };
    for (const process of [dialler, answerer]) {
      ends.push({
        link: ++this.#links,
        process,
        connection,
        incoming: [],
        ended: false,
        closed: false,
        arrived: [],
        sent: 0,
      });
    }
    this.connections.push(connection);
    return connection;
  }

  /** Whether a connection from one process to the other stands, as far as the dialler knows. */
  linked(dialler: Process, answerer: Process): boolean {
    return this.connections.some(
      ({ ends: [one, two] }) => one.process === dialler && two.process === answerer && !one.closed,
    );
  }

  /** The end with this link number at a process, if it still stands. */
  end(process: Process, link: number): End | undefined {
    for (const { ends } of this.connections) {
      for (const end of ends) if (end.process === process && end.link === link && !end.closed) return end;
    }
    return undefined;
  }

  other(end: End): End {
    const [one, two] = end.connection.ends;
    return end === one ? two : one;
  }

  send(end: End, bytes: Uint8Array, at: number): void {
    end.sent++;
    const { incoming, closed, ended } = this.other(end);
    if (closed || ended) return;
    const last = incoming.at(-1);
    incoming.push({ at: last === undefined ? at : Math.max(at, last.at), bytes });
  }

  /** Whether the next message has arrived, or the end of the connection has. */
  due(end: End, now: number): boolean {
    if (end.closed || !end.process.alive || end.process.pausedUntil > now) return false;
    if (this.isCut(this.other(end).process.index, end.process.index)) return false;
    const next = end.incoming[0];
    return next === undefined ? end.ended : next.at <= now;
  }

  /** Take the next message; undefined: the connection has ended. */
  take(end: End): Uint8Array | undefined {
    const next = end.incoming.shift();
    if (next === undefined) return undefined;
    end.arrived.push(next.bytes);
    if (end.arrived.length > KEPT) end.arrived.shift();
    return next.bytes;
  }

  /** This side closes: what it sent before is still delivered. */
  close(end: End): void {
    end.closed = true;
    end.incoming.length = 0;
    this.other(end).ended = true;
  }

  /** Every connection of a process breaks, and both sides hear of it; some of what is under way still arrives. */
  breakAll(process: Process, some: (most: number) => number): void {
    const own = this.connections.filter(({ ends }) => ends.some((end) => end.process === process));
    for (const end of own.flatMap(({ ends }) => ends)) {
      end.incoming.length = some(end.incoming.length);
      end.ended = true;
    }
  }

  /**
   * A process is gone. Of what it had sent some may still arrive.
   * @param halfOpen nobody hears that the connections ended
   * @param some how many of so many messages
   */
  abandon(process: Process, halfOpen: boolean, some: (most: number) => number): void {
    for (const end of this.connections.flatMap(({ ends }) => ends)) {
      if (end.process !== process || end.closed) continue;
      const other = this.other(end);
      other.incoming.length = some(other.incoming.length);
      this.close(end);
      other.ended = !halfOpen;
    }
  }

  /** Forget connections that nobody holds. */
  sweep(): void {
    for (let i = this.connections.length - 1; i >= 0; i--) {
      const { ends } = this.connections[i] as Connection;
      if (ends.every(({ closed, process }) => closed || !process.alive)) this.connections.splice(i, 1);
    }
  }

  /** Whether nothing is under way that is not a heartbeat. */
  idle(isHeartbeat: (bytes: Uint8Array) => boolean): boolean {
    return this.connections.every(({ ends }) =>
      ends.every(
        ({ incoming, ended, closed }) => closed || (!ended && incoming.every(({ bytes }) => isHeartbeat(bytes))),
      ),
    );
  }
}
