/**
 * Version vector: per actor, the highest n such that every dot up to n is visible. One per replica, and the causal context
 * of every cell in it (DottedDB, Gonçalves et al., SRDS 2017). Indexed by the replica's small actor integers; an actor
 * beyond the end is 0. The array is exposed because the hot path reads it.
 */
export class VersionVector {
  readonly dots: number[];

  constructor(dots: number[] = []) {
    this.dots = dots;
  }

  get(actor: number): number {
    return actor < this.dots.length ? (this.dots[actor] as number) : 0;
  }

  set(actor: number, n: number): void {
    while (this.dots.length <= actor) this.dots.push(0);
    this.dots[actor] = n;
  }

  /** Raise one entry; never lowers. */
  raise(actor: number, n: number): void {
    if (n > this.get(actor)) this.set(actor, n);
  }

  join(other: VersionVector): void {
    for (let i = 0; i < other.dots.length; i++) this.raise(i, other.dots[i] as number);
  }

  /** Whether everything in `other` is in this one: other ⊑ this. */
  covers(other: VersionVector): boolean {
    for (let i = 0; i < other.dots.length; i++) if ((other.dots[i] as number) > this.get(i)) return false;
    return true;
  }

  equals(other: VersionVector): boolean {
    return this.covers(other) && other.covers(this);
  }

  clone(): VersionVector {
    return new VersionVector(this.dots.slice());
  }

  /** Greatest lower bound, in place. */
  meet(other: VersionVector): void {
    for (let i = 0; i < this.dots.length; i++) this.dots[i] = Math.min(this.dots[i] as number, other.get(i));
  }
}
