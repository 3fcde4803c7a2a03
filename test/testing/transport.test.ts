import { describe } from 'vitest';
import type { WebSocket } from 'ws';
import { DelayedLink } from '../../src/node/delayed-link.js';
import { Listener, type ListenerHandlers } from '../../src/node/listener.js';
import { silentLog } from '../../src/node/log.js';
import { PeerTransport } from '../../src/node/peer-transport.js';
import { realTimers } from '../../src/node/timers.js';
import type { TransportEvents } from '../../src/node/transport.js';
import { transportContract, type TransportMaker, type TransportPair } from '../../src/testing/index.js';
import { type Faulty, itHolds, itIsFoundOut } from './contract-tests.js';
import { SimulatedPair } from './simulated-transport.js';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** WebSockets on the loopback, maybe over a link of some length. */
function sockets(options: { readonly maxBandwidth?: number; readonly oneWayMs?: number } = {}): TransportMaker {
  return async (events): Promise<TransportPair> => {
    const ends = events.map((one) => new PeerTransport(one, realTimers, silentLog, options.maxBandwidth));
    const [first, second] = ends as [PeerTransport, PeerTransport];
    const listener = await Listener.open({ host: '127.0.0.1', port: 0 }, []);
    const accepted: WebSocket[] = [];
    listener.serve({
      peer: (socket: WebSocket, from: string) => {
        accepted.push(socket);
        second.accept(socket, from);
      },
    } as Partial<ListenerHandlers> as ListenerHandlers);
    const between = options.oneWayMs === undefined ? undefined : new DelayedLink({ oneWayMs: options.oneWayMs });
    const port = (await between?.door(listener.address.port)) ?? listener.address.port;
    let dials = 0;
    return {
      ends: [first, second],
      // A transport dials an address once, for ever.
      dial: () => first.join(`ws://127.0.0.1:${port}/peer?${++dials}`),
      sever() {
        if (between === undefined) for (const socket of accepted) socket.terminate();
        else between.cut('reset');
      },
      pass: turn,
      async dispose() {
        await Promise.all([first.stop(100), second.stop(100)]);
        await between?.close();
        await listener.close();
      },
    };
  };
}

const simulated: TransportMaker = (events) => Promise.resolve(new SimulatedPair(events));

const OURS: Record<string, TransportMaker> = {
  WebSockets: sockets(),
  'WebSockets of bounded bandwidth': sockets({ maxBandwidth: 40 << 20 }),
  'WebSockets over a long link': sockets({ oneWayMs: 3 }),
  'the simulated network': simulated,
};

for (const [name, make] of Object.entries(OURS)) {
  describe(`with ${name}`, () => {
    itHolds(transportContract(make), 120_000);
  });
}

type Events = (events: TransportEvents) => Partial<TransportEvents>;

/** The simulated network, of which an end tells something else. */
function telling(fault: Events): TransportMaker {
  const bad = (events: TransportEvents): TransportEvents => ({
    opened: (link, dialled) => events.opened(link, dialled),
    received: (link, bytes) => events.received(link, bytes),
    writable: (link, yes) => events.writable(link, yes),
    closed: (link) => events.closed(link),
    ...fault(events),
  });
  return ([first, second]) => Promise.resolve(new SimulatedPair([bad(first), bad(second)]));
}

/** The simulated network, which does something else. */
function doing(fault: (pair: SimulatedPair) => void): TransportMaker {
  return (events) => {
    const pair = new SimulatedPair(events);
    fault(pair);
    return Promise.resolve(pair);
  };
}

/** What is told of the third message instead. */
function third(instead: (events: TransportEvents, link: number, bytes: Uint8Array) => void): TransportMaker {
  return telling((events) => {
    let count = 0;
    return {
      received: (link, bytes) => (++count === 3 ? instead(events, link, bytes) : events.received(link, bytes)),
    };
  });
}

function holdingOneBack(events: TransportEvents): Partial<TransportEvents> {
  let held: Uint8Array | undefined;
  return {
    received(link, bytes) {
      if (held === undefined) held = bytes;
      else {
        events.received(link, bytes);
        events.received(link, held);
        held = undefined;
      }
    },
  };
}

function inOneBuffer(events: TransportEvents): Partial<TransportEvents> {
  const buffer = new Uint8Array(4 << 20);
  return {
    received(link, bytes) {
      buffer.set(bytes);
      events.received(link, buffer.subarray(0, bytes.length));
    },
  };
}

function overTheFirst(events: TransportEvents): Partial<TransportEvents> {
  let first: number | undefined;
  return {
    opened(link, dialled) {
      first ??= link;
      events.opened(link, dialled);
    },
    received: (_link, bytes) => events.received(first as number, bytes),
  };
}

/** The transports of both ends with another way to do one thing. */
function each(pair: SimulatedPair, change: (end: SimulatedPair['ends'][0]) => void): void {
  for (const end of pair.ends) change(end);
}

const WHOLE = 'messages arrive whole, once and in order, both ways, and stay as they came';
const OPENED = 'a link is opened at both ends, and was dialled by one of them';
const APART = 'links between the same ends have nothing to do with each other';
const LAST = 'what was sent before the dialler ends a link arrives, then its end';
const OVER = 'of a link that is over nothing comes, and whatever is done with it does nothing';
const LOST = 'a lost connection is noticed, and what had arrived is the beginning of what was sent';
const FLOOD = 'a flood arrives, and who was told to wait is told to go on';

const FAULTY: Faulty<TransportMaker> = {
  'loses a message': [WHOLE, third(() => undefined)],
  'loses a message of a flood': [FLOOD, third(() => undefined)],
  'brings a message twice': [
    WHOLE,
    third((events, link, bytes) => {
      events.received(link, bytes);
      events.received(link, bytes.slice());
    }),
  ],
  'cuts a message short': [
    WHOLE,
    third((events, link, bytes) => events.received(link, bytes.subarray(0, bytes.length - 1))),
  ],
  'brings messages out of order': [WHOLE, telling(holdingOneBack)],
  'uses a buffer again': [WHOLE, telling(inOneBuffer)],
  'calls both ends the dialler': [OPENED, telling((events) => ({ opened: (link) => events.opened(link, true) }))],
  'opens a link twice': [
    OPENED,
    telling((events) => ({
      opened(link, dialled) {
        events.opened(link, dialled);
        events.opened(link, dialled);
      },
    })),
  ],
  'mixes links up': [APART, telling(overTheFirst)],
  'ends all links with one': [
    APART,
    doing((pair) =>
      each(pair, (end) => {
        end.close = () => pair.sever();
      }),
    ),
  ],
  'loses what was sent before the end': [
    LAST,
    doing((pair) =>
      each(pair, (end) => {
        const close = end.close.bind(end);
        end.close = (link) => {
          for (const { ends } of pair.network.connections) for (const one of ends) one.incoming.length >>= 1;
          close(link);
        };
      }),
    ),
  ],
  'does not tell of the end': [LAST, telling(() => ({ closed: () => undefined }))],
  'tells of the end twice': [
    LAST,
    telling((events) => ({
      closed(link) {
        events.closed(link);
        events.closed(link);
      },
    })),
  ],
  'goes on after the end': [
    LAST,
    telling((events) => ({
      closed(link) {
        events.closed(link);
        events.received(link, Uint8Array.of(1));
      },
    })),
  ],
  'throws at what is over': [
    OVER,
    doing((pair) =>
      each(pair, (end) => {
        end.send = () => {
          throw new Error('there is no such link');
        };
      }),
    ),
    'Error',
  ],
  'brings messages from inside of a call': [
    WHOLE,
    doing((pair) =>
      each(pair, (end) => {
        const send = end.send.bind(end);
        end.send = (link, bytes) => {
          send(link, bytes);
          for (let i = 0; i < 9; i++) void pair.pass();
        };
      }),
    ),
  ],
  'does not notice that the connection is lost': [
    LOST,
    doing((pair) => {
      pair.sever = () => undefined;
    }),
  ],
  'loses something in the middle and then the connection': [LOST, third(() => undefined)],
  'tells nobody to go on': [
    FLOOD,
    telling((events) => ({
      opened(link, dialled) {
        events.opened(link, dialled);
        events.writable(link, false);
      },
    })),
  ],
};

describe('a transport that', () => {
  itIsFoundOut(FAULTY, (make) => transportContract(make, { limitMs: 300 }));
});
