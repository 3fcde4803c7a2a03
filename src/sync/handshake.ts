/**
 * HELLO: what a node says of itself, and on what grounds another one refuses to link with it. Refusals come before anything
 * of the peer is taken in, and each names both sides, so that the operator of either can see what to mend.
 */
import { MerganserError } from '../base/error.js';
import { VersionVector } from '../crdt/version-vector.js';
import type { Replica } from '../store/replica.js';
import type { Compression } from './compression.js';
import { DEFLATE, FEATURES, type Hello, OLDEST_PROTOCOL, PROTOCOL } from './message.js';
import { checkClaim } from './orphans.js';
import { soleLife } from './wire-actors.js';

export interface HandshakeOptions {
  readonly cluster: string;
  readonly region: string;
  /** Wall clock, milliseconds since 1970. */
  readonly wall: () => number;
  /** Clocks further apart than this are refused, once, when a link is made. */
  readonly maxSkewMs: number;
  readonly compression?: Compression | undefined;
}

/** What this node can do. */
export function ownFeatures({ compression }: Pick<HandshakeOptions, 'compression'>): number {
  return compression === undefined ? FEATURES & ~DEFLATE : FEATURES;
}

export function makeHello(replica: Replica, options: HandshakeOptions): Hello {
  const vv = replica.vv.dots
    .map((n, i) => ({ ...replica.actors.get(i), lives: replica.actors.lives(i), n }))
    .filter((entry) => entry.n > 0);
  return {
    protocol: PROTOCOL,
    oldest: OLDEST_PROTOCOL,
    cluster: options.cluster,
    node: replica.node,
    incarnation: replica.incarnation,
    region: options.region,
    features: ownFeatures(options),
    wall: Math.max(0, Math.floor(options.wall())),
    hlc: replica.clock.last,
    partitions: [{ id: 0, vv }],
  };
}

/** Errors: WRONG_CLUSTER, SELF_LINK, DUPLICATE_NODE, CLOCK_SKEW, STALE_INCARNATION. */
export function checkHello(hello: Hello, replica: Replica, options: HandshakeOptions): void {
  const { cluster, maxSkewMs, wall } = options;
  if (hello.cluster !== cluster) {
    const clusters = `${hello.node} is in cluster "${hello.cluster}", ${replica.node} in "${cluster}"`;
    throw new MerganserError('WRONG_CLUSTER', clusters);
  }
  if (hello.node === replica.node) {
    const self = hello.incarnation === replica.incarnation;
    throw new MerganserError(self ? 'SELF_LINK' : 'DUPLICATE_NODE', `both ends are called ${hello.node}`);
  }
  if (Math.abs(hello.wall - wall()) > maxSkewMs) {
    const clocks = `${hello.node} has ${hello.wall}, ${replica.node} has ${wall()} milliseconds since 1970`;
    const apart = Math.round(Math.abs(hello.wall - wall()) / 1000);
    throw new MerganserError('CLOCK_SKEW', `the clocks are ${apart} s apart: ${clocks}; the bound is ${maxSkewMs} ms`);
  }
  const newest = replica.actors.newest(hello.node);
  if (newest !== undefined && hello.incarnation < newest) {
    const lives = `incarnation ${newest} of ${hello.node} is known; ${hello.incarnation} is closed`;
    throw new MerganserError('STALE_INCARNATION', lives);
  }
}

/**
 * Two links to one peer: whether the older one stays. Of two that different sides opened, the one opened by the smaller name
 * stays, and both sides see it so; of two that the same side opened, the newer, since it would not have dialled for nothing.
 */
export function keepsOld(oldDialled: boolean, newDialled: boolean, own: string, peer: string): boolean {
  if (oldDialled === newDialled) return false;
  return oldDialled ? own < peer : peer < own;
}

/** What the peer says it has, in our numbers. Errors: DUPLICATE_NODE, TOO_MANY_ACTORS, ORPHANED_WRITES; MALFORMED_MESSAGE as `checkOwn`. */
export function versionVectorOf(hello: Hello, replica: Replica): VersionVector {
  const vv = new VersionVector();
  const { actors } = replica;
  const said = hello.partitions[0]?.vv ?? [];
  const claims = said.map(({ lives, n, ...actor }) => ({ actor, lives: lives ?? soleLife(actor), n }));
  for (const claim of claims) checkClaim(replica, hello.node, claim);
  const strange = said.filter((actor) => actors.named(actor) === undefined).length;
  // Of what is free nobody takes more than half, or the first liar would take all.
  if (strange > 1 + actors.room / 2)
    throw new MerganserError('TOO_MANY_ACTORS', `${hello.node} names ${strange} lives that are not known here`);
  for (const { actor, lives, n } of claims) {
    const { node, incarnation } = actor;
    const number = actors.intern(node, incarnation, node === hello.node && incarnation === hello.incarnation);
    actors.extend(number, lives);
    vv.set(number, n);
  }
  checkOwn(vv, replica);
  return vv;
}

/** HELLO may come twice, but not from two. Errors: MALFORMED_MESSAGE. */
export function checkSame(hello: Hello, member: Pick<Hello, 'node' | 'incarnation'>): void {
  if (hello.node === member.node && hello.incarnation === member.incarnation) return;
  throw new MerganserError('MALFORMED_MESSAGE', `${member.node} now calls itself ${hello.node}`);
}

/** Nobody can have more of this node's dots than it gave out; whoever says so must not be believed in anything else. */
export function checkOwn(vv: VersionVector, replica: Replica): void {
  const mine = [0, replica.self];
  if (mine.every((actor) => vv.get(actor) <= replica.vv.get(actor))) return;
  throw new MerganserError('MALFORMED_MESSAGE', 'the peer claims dots of this node that were never given out');
}
