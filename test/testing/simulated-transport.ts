/** The simulator's network as a transport: a clock that only `pass` moves. */
import type { Transport, TransportEvents } from '../../src/node/transport.js';
import type { TransportPair } from '../../src/testing/contracts/transport.js';
import { type End, Network } from '../../src/testing/simulator/network.js';
import type { Process } from '../../src/testing/simulator/process.js';

class Simulated implements Transport {
  readonly process: Process;
  readonly events: TransportEvents;
  readonly #world: SimulatedPair;
  /** Links that this side has closed and was not told of yet. */
  readonly closing: number[] = [];

  constructor(world: SimulatedPair, index: number, events: TransportEvents) {
    this.process = { index, alive: true, pausedUntil: 0 } as Process;
    this.#world = world;
    this.events = events;
  }

  send(link: number, bytes: Uint8Array): void {
    const { network, now } = this.#world;
    const end = network.end(this.process, link);
    if (end !== undefined) network.send(end, bytes, now + 1 + (bytes.length % 5));
  }

  close(link: number): void {
    const { network } = this.#world;
    const end = network.end(this.process, link);
    if (end === undefined) return;
    network.close(end);
    this.closing.push(link);
  }
}

export class SimulatedPair implements TransportPair {
  readonly network: Network = new Network();
  readonly ends: readonly [Simulated, Simulated];
  now = 0;
  #dials = 0;

  constructor([first, second]: readonly [TransportEvents, TransportEvents]) {
    this.ends = [new Simulated(this, 0, first), new Simulated(this, 1, second)];
  }

  dial(): void {
    this.#dials++;
  }

  sever(): void {
    for (const { process, closing } of this.ends) {
      for (const { ends } of this.network.connections)
        for (const end of ends) if (end.process === process && !end.closed) closing.push(end.link);
    }
    this.network.abandon(this.ends[0].process, false, (most) => most >> 1);
    for (const { ends } of this.network.connections) for (const end of ends) if (!end.closed) this.network.close(end);
  }

  pass(): Promise<void> {
    this.now++;
    const [dialler, answerer] = this.ends;
    for (; this.#dials > 0; this.#dials--) {
      const { ends } = this.network.connect(dialler.process, answerer.process);
      ends.forEach(({ link }, side) => this.ends[side as 0 | 1].events.opened(link, side === 0));
    }
    for (const { closing, events } of this.ends) for (const link of closing.splice(0)) events.closed(link);
    for (const { ends } of this.network.connections) ends.forEach((end, side) => this.#deliver(end, side as 0 | 1));
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #deliver(end: End, side: 0 | 1): void {
    const { events } = this.ends[side];
    while (this.network.due(end, this.now)) {
      const bytes = this.network.take(end);
      if (bytes !== undefined) events.received(end.link, bytes);
      else {
        this.network.close(end);
        events.closed(end.link);
      }
    }
  }
}
