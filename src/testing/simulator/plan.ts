/**
 * What one seed is about: how many nodes, linked how, which keys, which operations and which faults. Every seed leaves some
 * operations and some faults out (swarm testing: a fault that always happens hides what happens without it), and half of the
 * worlds are small: three nodes, two keys, garbage collected all the time. One in ten is healthy: nothing goes wrong in it at all.
 */
import type { TypeName } from '../../crdt/crdt.js';
import type { Random } from '../random.js';
import { onStoreOf } from '../subjects.js';

export const FAULTS = [
  'drop',
  'duplicate',
  'replay',
  'reorder',
  'break',
  'cut',
  'one-way cut',
  'slow link',
  'pause',
  'crash',
  'half-open crash',
  'crash in a cut',
  'stop',
  'twin',
  'stale snapshot',
  'crash after snapshot',
  'nack storm',
  'clock jump',
  'clock refused',
  'rollback',
  'leave',
  'evict',
] as const;

/** With these a message is lost on a connection that lives. */
export const LOSSY = ['drop', 'nack storm'] as const;

/** With these a process goes on of which the others think that it is over. */
export const ORPHANING = ['twin', 'stale snapshot', 'crash after snapshot', 'evict', 'leave'] as const;

export type Fault = (typeof FAULTS)[number];

export interface Key {
  readonly type: TypeName;
  readonly name: string;
}

export interface Plan {
  readonly nodes: number;
  /** By node: where it is. Some worlds have several nodes in a region. */
  readonly regions: readonly string[];
  /** Who dials whom. */
  readonly edges: readonly (readonly [number, number])[];
  readonly keys: readonly Key[];
  /** How many different elements sets have. */
  readonly elements: number;
  readonly steps: number;
  readonly faults: ReadonlySet<Fault>;
  /** Kinds of operations that do not happen. */
  readonly without: ReadonlySet<string>;
  /** Chance of something being written, per node and step. */
  readonly busy: number;
  /** Chance of each enabled fault, per step. */
  readonly trouble: number;
  readonly watching: boolean;
  /** Messages between regions are compressed. */
  readonly compressed: boolean;
  readonly mesh: boolean;
  /** Each direction of a link is as often full as it is not. */
  readonly congested: boolean;
  readonly times: Times;
  /** Chance that a node that starts waits with writing until it serves, so that it can go on with what an earlier life has left. */
  readonly patient: number;
}

export interface Times {
  readonly heartbeatMs: number;
  readonly silenceMs: number;
  readonly downAfterMs: number;
  readonly retransmitMs: number;
  readonly lagMs: number;
  readonly parkMs: number;
  readonly maxInFlight: number;
  readonly maxGhosts: number;
  readonly scrubMs: number;
  readonly partBytes: number;
  readonly sliceCells: number;
  readonly keepMs: number;
  readonly maxSkewMs: number;
}

const HOUR = 3_600_000;
/** Types of one world, at most. */
const MANY_TYPES = 6;
/** Worlds in which a certain bug shows soon. */
export interface Leaning {
  readonly types: readonly TypeName[];
  readonly faults: readonly Fault[];
  readonly shape: Shape;
  /** How many; three by default. */
  readonly nodes?: number;
  /** As much as possible goes on and wrong at the same time, and garbage is collected all the while. */
  readonly hectic?: true;
  /** Links that take nothing more are the rule. */
  readonly congested?: true;
  /** As in a plan. */
  readonly steps?: number;
  readonly busy?: number;
  readonly trouble?: number;
  readonly times?: Partial<Times>;
  /** Kinds of operations that hide it. */
  readonly without?: readonly string[];
}

type Shape = 'mesh' | 'ring' | 'star' | 'line';

/** @param known types that every node knows */
export function drawPlan(random: Random, known: readonly TypeName[], leaning?: Leaning): Plan {
  const small = random.chance(50) || leaning !== undefined;
  const wide = leaning?.nodes !== undefined || (!small && random.chance(30));
  const nodes = leaning?.nodes ?? (small ? 3 : wide ? random.between(4, 8) : random.between(3, 5));
  const drawn: Shape = small || wide ? 'mesh' : random.pick(['mesh', 'mesh', 'ring', 'star', 'line']);
  const shape = leaning?.shape ?? drawn;
  const spared = leaning === undefined && random.chance(10);
  const faults = new Set(spared ? [] : (leaning?.faults ?? FAULTS.filter(() => random.chance(40))));
  const healthy = faults.size === 0;
  const hectic = leaning?.hectic === true;
  if (faults.has('clock refused')) faults.delete('clock jump');
  const regions = random.chance(75) ? nodes : random.between(2, nodes);
  const keys = drawKeys(random, small, leaning?.types ?? known);
  const kinds = new Set([...keys.flatMap(({ type }) => onStoreOf(type).kinds), 'delete', 'transaction']);
  const left = [...kinds].filter(() => random.chance(leaning === undefined ? 20 : 0));
  return {
    nodes,
    regions: Array.from({ length: nodes }, (_, i) => `r${i % regions}`),
    edges: drawEdges(random, nodes, shape),
    keys,
    elements: small ? 2 : 4,
    steps: leaning?.steps ?? (small ? random.between(60, 200) : random.between(60, 160)),
    faults,
    without: new Set([...left, ...(leaning?.without ?? [])]),
    busy: leaning?.busy ?? random.pick(hectic ? [40, 70] : [5, 15, 40]),
    trouble: leaning?.trouble ?? random.pick(hectic ? [8, 15] : [1, 3, 8]),
    watching: random.chance(30),
    compressed: leaning === undefined && !healthy && random.chance(40),
    mesh: shape === 'mesh',
    congested: leaning?.congested === true,
    times: {
      heartbeatMs: hectic ? 1 : small ? random.pick([1, 10, 40]) : random.pick([10, 50, 200]),
      silenceMs: 300,
      downAfterMs: 150,
      retransmitMs:
        LOSSY.some((fault) => faults.has(fault)) || faults.has('reorder') ? random.pick([60, 120]) : Infinity,
      lagMs: healthy ? 400 : random.pick([20, 60, 200]),
      parkMs: healthy ? 400 : random.pick([50, 200]),
      maxInFlight: healthy ? 256 : random.pick([1, 2, 256]),
      maxGhosts: random.pick([0, 2, 1000]),
      scrubMs: random.pick([40, 200, Infinity, Infinity]),
      partBytes: random.pick([healthy ? 100 : 30, 100, 10_000]),
      sliceCells: healthy ? random.pick([50, 2000]) : random.pick([1, 2, 2000]),
      keepMs: random.pick([50, 500]),
      maxSkewMs: faults.has('clock refused') ? 30_000 : 24 * HOUR,
      ...leaning?.times,
    },
    patient: hectic ? 0 : random.pick([0, 90, 90]),
  };
}

function drawKeys(random: Random, small: boolean, allowed: readonly TypeName[]): Key[] {
  const types = small ? [random.pick(allowed), random.pick(allowed)] : drawTypes(random, allowed);
  const shared = random.chance(25);
  const keys: Key[] = [];
  types.forEach((type, i) => {
    const name = shared ? `k${i % 2}` : `${type}:${i}`;
    if (!keys.some((key) => key.type === type && key.name === name)) keys.push({ type, name });
  });
  const kept = small ? keys : keys.filter(() => random.chance(70));
  return kept.length > 0 ? kept : keys;
}

/** Of a few types two keys each. */
function drawTypes(random: Random, allowed: readonly TypeName[]): TypeName[] {
  const left = [...allowed];
  while (left.length > MANY_TYPES) left.splice(random.below(left.length), 1);
  return [...left, ...left];
}

function drawEdges(random: Random, nodes: number, shape: Shape): [number, number][] {
  const edges: [number, number][] = [];
  for (let i = 0; i < nodes; i++) {
    for (let j = i + 1; j < nodes; j++) {
      const next = j === i + 1;
      const linked =
        shape === 'mesh' ||
        (shape === 'ring' && (next || (i === 0 && j === nodes - 1))) ||
        (shape === 'line' && next) ||
        (shape === 'star' && i === 0);
      if (!linked) continue;
      edges.push(random.chance(50) ? [i, j] : [j, i]);
      // Both may dial: then two connections meet.
      if (random.chance(20)) edges.push([j, i], [i, j]);
    }
  }
  return edges;
}

/** For people, in a few lines. */
export function describePlan(plan: Plan): string[] {
  const { nodes, regions, edges, keys, elements, steps, faults, without, busy, trouble, times } = plan;
  const { watching, compressed, congested } = plan;
  const list = (words: Iterable<string>): string => [...words].join(', ') || 'none';
  return [
    `${nodes} nodes in regions ${list(regions)}; dialled: ${list(edges.map(([from, to]) => `${from}→${to}`))}`,
    `keys: ${list(keys.map(({ type, name }) => `${type} ${name}`))}; up to ${elements} elements; operations left out: ${list(without)}`,
    `${steps} steps, each node writes in ${busy}% of them; faults, each in ${trouble}%: ${list(faults)}`,
    `${watching ? 'watched; ' : ''}${compressed ? 'compressed; ' : ''}${congested ? 'congested; ' : ''}${list(Object.entries(times).map(([name, value]) => `${name} ${value}`))}`,
  ];
}
