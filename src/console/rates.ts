/** How fast totals grow, from looking at them now and then: over the last three seconds, so that a figure can be read. */

const SPAN_MS = 3_000;

interface Look {
  readonly at: number;
  readonly total: number;
}

export class Rates {
  readonly #looks = new Map<string, Look[]>();

  /** Per second; undefined at the first look. A total that has become smaller began anew. */
  of(name: string, total: number, now: number): number | undefined {
    let looks = this.#looks.get(name) ?? [];
    if (total < (looks.at(-1)?.total ?? 0)) looks = [];
    looks.push({ at: now, total });
    while (looks.length > 2 && now - (looks[1] as Look).at >= SPAN_MS) looks.shift();
    this.#looks.set(name, looks);
    const first = looks[0] as Look;
    return now > first.at ? ((total - first.total) / (now - first.at)) * 1_000 : undefined;
  }
}
