/** One life of a node: the real store and the real replicator, and what is remembered about them to check them. */
import type { Lives } from '../../base/lives.js';
import type { TypeName } from '../../crdt/crdt.js';
import { VersionVector } from '../../crdt/version-vector.js';
import type { Store } from '../../store/store.js';
import type { PeerEvent } from '../../sync/ports.js';
import type { Replicator } from '../../sync/replicator.js';
import type { Random } from '../random.js';
import { CODEC } from './codec.js';
import { type Core, PRESENT } from './core.js';
import type { History } from './history.js';
import type { Plan } from './plan.js';
import type { Shadow } from './reference.js';

export const EPOCH_MS = 1_700_000_000_000;

/** By number of the node. Their order is not that of the numbers. */
export const NAMES: readonly string[] = ['n2', 'n0', 'n3', 'n1', 'n4', 'n7', 'n5', 'n6'];

/** The node's clock on the wall: it may be wrong, and jump. */
export interface WallClock {
  offset: number;
}

export interface Birth {
  readonly index: number;
  readonly incarnation: number;
  readonly plan: Plan;
  readonly clock: WallClock;
  readonly now: () => number;
  readonly history: History;
  readonly core: Core;
  readonly shadow: Shadow;
  /** It does not serve at once, and goes on with what an earlier life has left if it can. */
  readonly joining: boolean;
  /** Whether it is told that its cluster is new. */
  readonly first: (process: Process) => boolean;
}

/** How long it waits, at most, for those that do not come. */
const JOIN_MS = 400;

export class Process {
  /** Number of the node. */
  readonly index: number;
  readonly name: string;
  readonly life: number;
  readonly core: Core;
  /** The simple replica that is given the same. */
  readonly shadow: Shadow;
  readonly store: Store;
  readonly replicator: Replicator;
  alive = true;
  /** It leaves for good, by this time at the latest. */
  leavesBy: number | undefined;
  /** It heard that it was evicted. */
  fenced = false;
  /** A later life of it is known to it: it takes no writes. */
  superseded = false;
  /** It has writes in whose place others stand everywhere else. */
  orphaned = false;
  readonly #startedAt: number;
  readonly #others: number;
  /** It does nothing before this time. */
  pausedUntil = 0;
  /** Nobody reaches it before this time. */
  aloneUntil = 0;
  /** Something may have changed since the last check. */
  changed = true;
  /** The version vector as it was last seen, to notice that it moves when it must not. */
  vv: VersionVector = new VersionVector([0]);
  /** Watched keys → what the watcher was last shown. */
  readonly watched: Map<string, { value: string; told: boolean }> = new Map();
  readonly #history: History;
  /** Number of an actor in the replica → number of the life. */
  #lives: number[] = [];
  readonly #kept = new Map<string, unknown>();

  /** Whether it was told that its cluster is new. */
  first: () => boolean;

  constructor({ index, incarnation, plan, clock, now, history, core, shadow, joining, first }: Birth) {
    this.first = () => first(this);
    this.index = index;
    this.core = core;
    this.shadow = shadow;
    this.name = NAMES[index] as string;
    this.#history = history;
    this.life = history.begin(this.name, incarnation);
    const wall = (): number => EPOCH_MS + now() + clock.offset;
    this.store = core.store({ node: this.name, incarnation, clock: wall });
    this.replicator = core.replicator(this.store, {
      cluster: 'sim',
      region: plan.regions[index] as string,
      wall,
      joining,
      first: () => this.first(),
      ...plan.times,
      compression: plan.compressed ? CODEC : undefined,
    });
    this.#startedAt = now();
    this.#others = plan.nodes - 1;
  }

  /** What it reports of itself. */
  hears(event: PeerEvent, node: string): void {
    if (event === 'fenced') this.fenced = true;
    if (event === 'superseded') this.superseded = true;
    if (event === 'orphaned' && node === this.name) this.orphaned = true;
  }

  /** Some users do not wait until their node serves. */
  takesWrites(random: Random): boolean {
    return this.leavesBy === undefined && !this.superseded && (!this.joins || random.chance(3));
  }

  /** It does what a store does by itself. */
  get tends(): boolean {
    return this.leavesBy === undefined && !this.superseded;
  }

  /** It does not serve yet. */
  get joins(): boolean {
    return this.core === PRESENT && this.replicator.membership.own.state === 'joining';
  }

  /** It serves, if there is nothing more to wait for. */
  serve(now: number): void {
    const { membership, succession } = this.replicator;
    const live = this.replicator.peers(now).filter(({ state }) => state === 'live').length;
    const hears = live < this.#others && now - this.#startedAt < JOIN_MS;
    if (!hears && !succession.waits(now)) membership.serve();
  }

  /** It may have gone on with an actor of an earlier life. Returns whether it just has. */
  succeeds(): boolean {
    const { self, vv } = this.store.replica;
    const actor = this.lifeOf(self);
    if (self === 0 || actor === undefined || this.#history.lives[this.life]?.actor === actor) return false;
    this.#history.succeed(this.life, actor, vv.get(self));
    return true;
  }

  get title(): string {
    return `${this.name}@${this.store.replica.incarnation}${this.core === PRESENT ? '' : ' (previous)'}`;
  }

  /** What a key shows as this type, whatever else stands under the name. */
  shown(type: TypeName, name: string): unknown {
    return this.core.shown(this.store, type, name);
  }

  /** Something may have arrived. False: the version vector went back. */
  movesOn(): boolean {
    const { vv } = this.store.replica;
    const onward = vv.covers(this.vv);
    this.changed = true;
    this.vv = vv.clone();
    return onward;
  }

  /** What is kept for as long as the process lives, by name. */
  kept<Handle>(name: string, open: () => Handle): Handle {
    const kept = (this.#kept.get(name) as Handle | undefined) ?? open();
    this.#kept.set(name, kept);
    return kept;
  }

  /** Watch every key, so that each change of what readers see must be told. */
  watch({ keys }: Plan): void {
    for (const { type, name } of keys) {
      const watched = { value: '', told: true };
      this.watched.set(`${type} ${name}`, watched);
      this.store.watch(type, name, () => {
        watched.told = true;
      });
    }
  }

  /** After `deliver`: was everybody told whose value is another one now? */
  checkWatchers(): string | undefined {
    // What is not merged is told later.
    if ((this.core.pending?.(this.store) ?? 0) > 0) return undefined;
    for (const [key, watched] of this.watched) {
      const [type, name] = key.split(' ') as [TypeName, string];
      const value = JSON.stringify(this.shown(type, name));
      if (value !== watched.value && !watched.told) {
        return `watch: nobody at ${this.title} is told that ${key} is ${value}, no longer ${watched.value}`;
      }
      watched.value = value;
      watched.told = false;
    }
    return undefined;
  }

  /** By life: what this replica has seen. Undefined if it has dots of a life that never was. */
  seen(): number[] | undefined {
    const { vv } = this.store.replica;
    const seen = this.#history.lives.map(() => 0);
    for (let actor = 0; actor < vv.dots.length; actor++) {
      const n = vv.get(actor);
      if (n === 0) continue;
      const first = this.lifeOf(actor);
      const givers = first === undefined ? undefined : this.#history.givers(first, this.livesOf(actor), n);
      if (givers === undefined) return undefined;
      for (const [life, last] of givers) seen[life] = last;
    }
    return seen;
  }

  /** Who gave out an actor's dots, as far as it is known here. */
  livesOf(actor: number): Lives {
    const { incarnation } = this.store.replica.actors.get(actor);
    return this.core.lives?.(this.store, actor) ?? [{ incarnation, since: 0 }];
  }

  /** The life that began the actor that the replica's small integer stands for. */
  lifeOf(actor: number): number | undefined {
    const known = this.#lives[actor];
    if (known !== undefined) return known;
    const { node, incarnation } = this.store.replica.actors.get(actor);
    const life = this.#history.find(node, incarnation);
    if (life !== undefined) this.#lives[actor] = life;
    return life;
  }
}
