/**
 * The refused writes of a session that its client has not acknowledged: their numbers and codes, as runs, because what is
 * refused once is mostly refused a thousand times in a row. The runs are part of the session's replicated result window.
 */
export type FailureRun = readonly [from: number, to: number, code: string];

/** More runs than this, and the client must acknowledge before it writes on. */
const MAX_RUNS = 1024;

export class FailureRuns {
  #runs: [from: number, to: number, code: string][];

  constructor(runs: readonly FailureRun[] = []) {
    this.#runs = runs.map(([from, to, code]) => [from, to, code]);
  }

  get full(): boolean {
    return this.#runs.length >= MAX_RUNS;
  }

  /** Numbers are added in rising order. */
  add(seq: number, code: string): void {
    this.#add(seq, seq, code);
  }

  /** Takes in what another copy of the window knows. */
  join(others: readonly FailureRun[]): void {
    if (others.length === 0) return;
    const all = [...this.#runs, ...others].sort((a, b) => a[0] - b[0]);
    this.#runs = [];
    for (const [from, to, code] of all) {
      const next = Math.max(from, (this.#runs.at(-1)?.[1] ?? 0) + 1);
      if (next > to) continue;
      this.#add(next, to, code);
    }
  }

  /** The client knows everything up to `acked`. */
  forget(acked: number): void {
    if (this.#runs.length > 0) this.#runs = this.#runs.filter(([, to]) => to > acked);
  }

  codeOf(seq: number): string | undefined {
    return this.#runs.find(([from, to]) => from <= seq && seq <= to)?.[2];
  }

  /** A copy, to be stored. */
  toRuns(): FailureRun[] {
    return this.#runs.map(([from, to, code]) => [from, to, code]);
  }

  #add(from: number, to: number, code: string): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last[1] === from - 1 && last[2] === code) last[1] = to;
    else this.#runs.push([from, to, code]);
  }
}
