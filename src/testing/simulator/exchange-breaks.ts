/**
 * Known bugs of the exchange between nodes, put back from outside: who is sent what, when a frame may be applied, what counts as
 * seen by all. Those of merging are in breaks.ts.
 */
import { Reader } from '../../base/bytes.js';
import { VersionVector } from '../../crdt/version-vector.js';
import type { Output } from '../../sync/ports.js';
import { FRAME, NACK, WANT } from '../../sync/message.js';
import { readWant, writeWant } from '../../sync/want.js';
import type { Break } from './break.js';
import type { Leaning } from './plan.js';
import type { Process } from './process.js';

/** Nodes that defer to each other, and links of which some are late. */
const DEFERRING: Leaning = {
  types: ['set', 'register', 'counter'],
  faults: ['slow link', 'pause'],
  shape: 'mesh',
  nodes: 4,
};

/** Nodes that come back with what they had once, little being written, so that everything is forgotten as soon as it may be. */
const OFTEN_REBORN = {
  faults: ['crash', 'stale snapshot'],
  shape: 'mesh',
  hectic: true,
  busy: 10,
  trouble: 8,
  times: { maxGhosts: 1000, maxInFlight: 256, lagMs: 200, parkMs: 200 },
} as const;

/** Change what a process sends; undefined: it is not sent. */
function sending(change: (bytes: Uint8Array) => Uint8Array | undefined): (process: Process) => void {
  return ({ replicator }) => {
    const outputs = replicator.outputs.bind(replicator);
    replicator.outputs = () =>
      outputs().flatMap((output): Output[] => {
        if (output.kind !== 'send') return [output];
        const bytes = change(output.bytes);
        return bytes === undefined ? [] : [{ ...output, bytes }];
      });
  };
}

/** What a node had counts for every life of it, also while nothing is known of the present one. */
function remembering({ replicator }: Process): void {
  const { members } = replicator.membership;
  const rows = new Map<string, VersionVector>();
  const receive = replicator.receive.bind(replicator);
  replicator.receive = (...heard) => {
    receive(...heard);
    for (const { node, row } of members.all()) {
      const remembered = rows.get(node) ?? new VersionVector();
      remembered.join(row);
      row.join(remembered);
      rows.set(node, remembered);
    }
  };
}

export const EXCHANGE_BREAKS: Readonly<Record<string, Break>> = {
  'forward-everything': {
    hole: 'H2',
    bug: 'everybody is asked for everything: each change crosses the mesh several times',
    leaning: { types: ['counter', 'window'], faults: [], shape: 'mesh', nodes: 5 },
    wrap: sending((bytes) => {
      if (bytes[0] !== WANT) return bytes;
      const r = new Reader(bytes);
      r.byte();
      return writeWant({ ...readWant(r), hold: false, lazy: new Set() });
    }),
  },
  'never-together': {
    hole: 'H3',
    bug: 'frames that wait for each other are neither applied together nor refused: all of them wait for ever',
    leaning: DEFERRING,
    wrap(process) {
      process.replicator.incoming.cover = (queues) => queues.map(() => 0);
      sending((bytes) => (bytes[0] === NACK ? undefined : bytes))(process);
    },
  },
  'no-gate': {
    hole: 'H3',
    bug: 'a frame is applied though what it takes for granted is not here',
    leaning: DEFERRING,
    wrap({ replicator }) {
      replicator.incoming.cover = (queues) => queues.map((queue) => queue.length);
    },
  },
  'one-after-the-other': {
    hole: 'H4',
    bug: 'of frames that wait for each other one is applied after the other: what is in none of them yet counts as removed',
    leaning: DEFERRING,
    wrap({ store: { replica } }) {
      const apply = replica.apply.bind(replica);
      replica.apply = (frames) => {
        for (const staged of frames) apply([staged]);
      };
    },
  },
  'justifies-itself': {
    hole: 'H5',
    bug: 'what a waiting frame brings counts as covered, though nobody has what is between',
    leaning: DEFERRING,
    wrap({ replicator }) {
      replicator.incoming.cover = (queues, vv) => {
        const taken = queues.map((queue) => queue.length);
        for (let cut = true; cut;) {
          cut = false;
          const cover = vv.clone();
          const frames = queues.map((queue, i) => queue.slice(0, taken[i]));
          for (const { entries } of frames.flat()) for (const { actor, top } of entries) cover.raise(actor, top);
          for (const [i, queue] of frames.entries()) {
            const stuck = queue.findIndex(({ entries }) => entries.some(({ actor, base }) => base > cover.get(actor)));
            if (stuck === -1) continue;
            taken[i] = stuck;
            cut = true;
          }
        }
        return taken;
      };
    },
  },
  'rows-of-the-dead': {
    hole: 'H9',
    bug: 'what a node had before it crashed still counts as seen by it',
    leaning: { ...OFTEN_REBORN, types: ['set'], trouble: 3, congested: true },
    wrap: remembering,
  },
  'rows-by-hearsay': {
    hole: 'H9',
    bug: 'what nobody can lack any more is reckoned without asking whether their own writes are here',
    leaning: {
      ...OFTEN_REBORN,
      types: ['counter'],
      faults: ['slow link', 'crash', 'stale snapshot'],
      nodes: 5,
      steps: 400,
    },
    from: 200,
    wrap({ replicator }) {
      const { members } = replicator.membership;
      members.stable = (vv) => members.seenByAll(vv, false);
    },
  },
  'answer-with-nothing': {
    hole: 'H10',
    bug: 'a frame is answered with a frame, whether or not there is anything to say: two nodes do so for ever',
    wrap({ replicator }) {
      const last = new Map<number, Uint8Array>();
      const due = new Set<number>();
      const receive = replicator.receive.bind(replicator);
      replicator.receive = (link, bytes, now) => {
        receive(link, bytes, now);
        if (bytes[0] === FRAME) due.add(link);
      };
      const outputs = replicator.outputs.bind(replicator);
      replicator.outputs = () => {
        const said = outputs();
        for (const output of said)
          if (output.kind === 'send' && output.bytes[0] === FRAME) last.set(output.link, output.bytes);
        for (const link of due) {
          const bytes = last.get(link);
          if (bytes !== undefined) said.push({ kind: 'send', link, bytes });
        }
        due.clear();
        return said;
      };
    },
  },
};
