/** What goes wrong on the way: each function draws where, and does one thing. Which of them happen at all is the plan's business. */
import { CHUNK, COMMIT, FRAME } from '../../sync/message.js';
import type { Random } from '../random.js';
import { plain } from './codec.js';
import type { End, Network } from './network.js';
import type { Fault } from './plan.js';

/** What faults may touch of the simulation. */
export interface Troubled {
  readonly network: Network;
  readonly random: Random;
  readonly now: number;
  readonly nodes: number;
  /** `halfOpen`: nobody hears that its connections ended. */
  crash(node: number, halfOpen: boolean): boolean;
  /** It says goodbye and ends. */
  stop(node: number): boolean;
  /** It is started once more while it runs: the earlier life goes on until everything heals, at first for so long without a link. */
  twin(node: number, alone: number): boolean;
  /** It begins to leave for good; when all have what it wrote, or at `deadline`, it is gone. */
  leave(node: number, deadline: number): boolean;
  /** An operator at one node evicts another, whether that lives or not. */
  evict(by: number, node: number): boolean;
  /** What it has now is what its later lives begin with, after so many that begin with nothing. */
  keepImage(node: number, lives: number): boolean;
  pause(node: number, until: number): boolean;
  jumpClock(node: number, offset: number): void;
  setWritable(end: End, yes: boolean): void;
}

const HOUR = 3_600_000;

/** Let it happen once. Returns whether there was anything for it to happen to. */
export function cause(fault: Fault, world: Troubled): boolean {
  const { random } = world;
  switch (fault) {
    case 'drop':
    case 'duplicate':
    case 'replay':
    case 'reorder':
      return disturb(fault, world);
    case 'break':
      return breakConnection(world);
    case 'cut':
    case 'one-way cut':
      return cut(world, fault === 'cut');
    case 'slow link': {
      const end = anEnd(world);
      if (end === undefined) return false;
      world.setWritable(end, random.chance(50));
      return true;
    }
    case 'pause':
      return world.pause(random.below(world.nodes), world.now + random.between(20, 400));
    case 'crash':
    case 'half-open crash':
      return world.crash(random.below(world.nodes), fault === 'half-open crash');
    case 'crash in a cut':
      return crashInACut(world);
    case 'stop':
      return world.stop(random.below(world.nodes));
    case 'twin':
      return world.twin(random.below(world.nodes), random.chance(50) ? random.between(100, 1500) : 0);
    case 'leave':
      return world.leave(random.below(world.nodes), world.now + random.between(50, 1000));
    case 'evict':
      return world.evict(random.below(world.nodes), random.below(world.nodes));
    case 'stale snapshot':
      return world.keepImage(random.below(world.nodes), 0);
    case 'crash after snapshot':
      return crashAfterSnapshot(world);
    case 'nack storm':
      return loseFrames(world);
    case 'clock jump':
    case 'clock refused':
      world.jumpClock(random.below(world.nodes), random.pick([-HOUR, HOUR, 0]));
      return true;
    case 'rollback':
      return false; // the workload does it
  }
}

function anEnd({ network, random }: Troubled): End | undefined {
  const ends = network.connections.flatMap((connection) => connection.ends).filter((end) => !end.closed);
  return ends.length === 0 ? undefined : random.pick(ends);
}

/** So many of a hundred links, in each direction, take no more, or take more again. */
export function congest(world: Troubled, percent: number): void {
  const { network, random } = world;
  for (const end of network.connections.flatMap(({ ends }) => ends))
    if (random.chance(percent)) world.setWritable(end, random.chance(50));
}

/** One message is lost, comes twice, comes again much later, or overtakes another. The first of a connection is spared. */
function disturb(fault: Fault, world: Troubled): boolean {
  const { random, now } = world;
  const end = anEnd(world);
  if (end === undefined) return false;
  const { incoming, arrived } = end;
  const spared = arrived.length === 0 ? 1 : 0;
  if (fault === 'replay') {
    if (arrived.length === 0) return false;
    incoming.push({ at: now, bytes: random.pick(arrived) });
    return true;
  }
  if (incoming.length <= spared) return false;
  const at = random.between(spared, incoming.length - 1);
  if (fault === 'drop') incoming.splice(at, 1);
  else if (fault === 'duplicate') incoming.splice(at, 0, incoming[at] as never);
  else {
    const [message] = incoming.splice(at, 1);
    incoming.splice(random.between(spared, incoming.length), 0, message as never);
  }
  return true;
}

/** Of everything that is under way to one node one frame is lost on each link: it refuses them all at once. */
function loseFrames({ network, random, nodes }: Troubled): boolean {
  const node = random.below(nodes);
  let lost = false;
  for (const { incoming, process } of network.connections.flatMap(({ ends }) => ends)) {
    const at = process.index === node ? incoming.findIndex(({ bytes }) => plain(bytes)[0] === FRAME) : -1;
    if (at === -1) continue;
    incoming.splice(at, 1);
    lost = true;
  }
  return lost;
}

/** What a node has is kept, and it goes together with another one: of that one's writes some may be nowhere else. */
function crashAfterSnapshot(world: Troubled): boolean {
  const { random, nodes } = world;
  const kept = random.below(nodes);
  if (!world.keepImage(kept, 1)) return false;
  const other = (kept + random.between(1, nodes - 1)) % nodes;
  world.crash(other, false);
  return world.crash(kept, false);
}

/** Either end of a link goes while a frame in slices is on it. */
function crashInACut(world: Troubled): boolean {
  const { network, random } = world;
  const cutting = network.connections
    .flatMap(({ ends }) => ends)
    .filter(({ incoming }) => incoming.some(({ bytes }) => [CHUNK, COMMIT].includes(plain(bytes)[0] as number)));
  if (cutting.length === 0) return false;
  const end = random.pick(cutting);
  return world.crash((random.chance(50) ? end : network.other(end)).process.index, random.chance(20));
}

/** What is under way is lost from some point on, in each direction. */
function breakConnection({ network, random }: Troubled): boolean {
  if (network.connections.length === 0) return false;
  for (const end of random.pick(network.connections).ends) {
    end.incoming.length = random.between(0, end.incoming.length);
    end.ended = true;
  }
  return true;
}

function cut({ network, random, nodes }: Troubled, both: boolean): boolean {
  const from = random.below(nodes);
  const to = random.below(nodes);
  if (from === to) return false;
  const heal = network.isCut(from, to) || random.chance(40);
  const change = (a: number, b: number): void => (heal ? network.heal(a, b) : network.cut(a, b));
  change(from, to);
  if (both || heal) change(to, from);
  return true;
}
