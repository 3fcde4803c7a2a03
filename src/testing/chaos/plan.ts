/**
 * What goes wrong in a run, and when, all of it drawn from the seed: two tracks that go on beside each other, one of links
 * that are cut, slowed or broken, one of processes that are killed or stopped.
 *
 * Each seed leaves some kinds of faults out (swarm testing: a run with fewer kinds has more of each, and reaches states that
 * a run with all of them is always thrown out of).
 */
import type { CutMode, Heading } from '../../node/delayed-link.js';
import type { Random } from '../random.js';

export const LINK_FAULTS = ['reset', 'silence', 'one-way', 'throttle', 'slow', 'break'] as const;
export type LinkFaultKind = (typeof LINK_FAULTS)[number];
export const PROCESS_FAULTS = ['kill', 'kill while cut off', 'pause'] as const;
export type ProcessFaultKind = (typeof PROCESS_FAULTS)[number];

export interface LinkStep {
  /** Milliseconds after the start. */
  readonly at: number;
  readonly kind: LinkFaultKind;
  readonly link: string;
  /** Until it is healed. */
  readonly ms: number;
  readonly heading: Heading;
  readonly bytesPerSecond: number;
  readonly oneWayMs: number;
  /** A break: so many bytes later. */
  readonly afterBytes: number;
}

export interface ProcessStep {
  readonly at: number;
  readonly kind: ProcessFaultKind;
  readonly victims: readonly string[];
  /** How long it stands still, or stays away. */
  readonly ms: number;
  /** How it is cut off before it is killed, and for how long. */
  readonly cut: CutMode;
  readonly cutMs: number;
}

export interface Plan {
  readonly durable: 1 | 2;
  readonly links: readonly LinkStep[];
  readonly processes: readonly ProcessStep[];
  /** The kinds that this seed leaves out. */
  readonly without: readonly string[];
}

/** The replicator gives a link up after five seconds of silence: some silences are longer, most are not. */
const LONG_MS: readonly [number, number] = [5_500, 7_000];
const SHORT_MS: readonly [number, number] = [100, 2_500];
/** The first faults come when the writers are at work. */
const WARM_UP_MS = 300;

/** @param links the names of all links */
export function makePlan(random: Random, ms: number, regions: readonly string[], links: readonly string[]): Plan {
  const durable = regions.length > 3 && random.chance(35) ? 2 : 1;
  const linkKinds = some(random, LINK_FAULTS, 2);
  const processKinds = some(random, PROCESS_FAULTS, 1);
  return {
    durable,
    links: linkSteps(random, ms, links, linkKinds),
    processes: processSteps(random, ms, regions, processKinds, durable),
    without: [...LINK_FAULTS, ...PROCESS_FAULTS].filter(
      (kind) => !(linkKinds as readonly string[]).includes(kind) && !(processKinds as readonly string[]).includes(kind),
    ),
  };
}

/** Most of them, at least `least`. */
function some<T>(random: Random, all: readonly T[], least: number): T[] {
  const chosen = all.filter(() => random.chance(75));
  while (chosen.length < least) {
    const one = random.pick(all);
    if (!chosen.includes(one)) chosen.push(one);
  }
  return chosen;
}

function linkSteps(random: Random, ms: number, links: readonly string[], kinds: readonly LinkFaultKind[]): LinkStep[] {
  const steps: LinkStep[] = [];
  // On a triangle a fault every half a second is plenty; ten links take more.
  const gapMs = Math.round(2_400 / links.length) + 150;
  for (let at = WARM_UP_MS; at < ms; at += random.between(gapMs / 4, gapMs * 2)) {
    const [low, high] = random.chance(6) ? LONG_MS : SHORT_MS;
    steps.push({
      at: Math.round(at),
      kind: random.pick(kinds),
      link: random.pick(links),
      ms: random.between(low, high),
      heading: random.pick(['there', 'back']),
      bytesPerSecond: random.pick([1_000, 5_000, 20_000, 100_000]),
      oneWayMs: random.pick([1, 100, 400, 1_000]),
      afterBytes: random.between(1, random.pick([200, 3_000, 40_000])),
    });
  }
  return steps;
}

function processSteps(
  random: Random,
  ms: number,
  regions: readonly string[],
  kinds: readonly ProcessFaultKind[],
  durable: 1 | 2,
): ProcessStep[] {
  const steps: ProcessStep[] = [];
  for (let at = 3 * WARM_UP_MS; at < ms; at += random.between(800, 3_000)) {
    const kind = random.pick(kinds);
    const first = random.pick(regions);
    const second = random.pick(regions);
    // What two others hold survives two deaths.
    const both = kind !== 'pause' && durable === 2 && first !== second && random.chance(50);
    const [low, high] = kind === 'pause' && random.chance(25) ? LONG_MS : [200, 1_500];
    steps.push({
      at,
      kind,
      victims: both ? [first, second] : [first],
      ms: random.between(low, high),
      cut: random.pick(['reset', 'silence']),
      cutMs: random.between(50, 900),
    });
  }
  return steps;
}
