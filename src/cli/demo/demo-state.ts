/** What the demo tells its pages, as JSON: the shapes that both know, and where a page finds it. */

/** The register that tells the pages where the demo listens. */
export const CONTROL_KEY = 'demo/control';

export interface RegionState {
  readonly region: string;
  readonly url: string;
  readonly running: boolean;
  readonly incarnation: number | undefined;
  /** Writes that another region has and this one not yet; undefined while it is away. */
  readonly lacks: number | undefined;
  readonly digest: string | undefined;
  /** All calls so far, as this region says. */
  readonly calls: number | undefined;
}

export interface LinkState {
  readonly name: string;
  readonly ends: readonly [string, string];
  readonly roundTripMs: number;
  readonly cut: boolean;
}

export interface Apart {
  readonly forMs: number;
  /** Per region what its clients have written since. */
  readonly writes: Readonly<Record<string, number>>;
}

/** What crossed from one region to another in a heal. */
export interface Way {
  readonly from: string;
  readonly to: string;
  /** Writes of `from` that `to` lacked at the heal. */
  readonly lacked: number;
  readonly bytes: number;
  readonly frames: number;
  readonly cells: number;
  /** What the writes that it lacked would cost one by one. */
  readonly singlyBytes: number;
}

export interface HealReport {
  /** When it was over, milliseconds since 1970. */
  readonly at: number;
  readonly apartMs: number;
  /** From the heal until everybody had everything; undefined: not within the time that was waited. */
  readonly tookMs: number | undefined;
  /** Per region what its clients wrote while apart. */
  readonly writes: Readonly<Record<string, number>>;
  readonly ways: readonly Way[];
  /** Of all ways. */
  readonly bytes: number;
  readonly singlyBytes: number;
}

export interface DemoState {
  /** Milliseconds since 1970 on the centre's clock. */
  readonly clock: number;
  readonly speed: number;
  /** Writes given up, because too many waited for a region that was away. */
  readonly refused: number;
  /** same: equal vectors, equal digests. apart: somebody lacks writes. different: what must never be. */
  readonly verdict: 'same' | 'apart' | 'different';
  readonly regions: readonly RegionState[];
  readonly links: readonly LinkState[];
  /** While a link is cut. */
  readonly apart: Apart | undefined;
  /** The last heal that had anything to bring. */
  readonly healed: HealReport | undefined;
}
