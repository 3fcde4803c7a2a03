/**
 * Whether the regions agree, from what each says of itself at `/status?digest`.
 *
 * A digest is one number for the whole state, and says something only where the version vectors are equal: the regions have
 * then seen the same, and must hold the same. Where they differ, the vectors tell how many writes each still lacks.
 */
import type { DetailedStatus } from '../../node/status.js';
import type { DemoState } from './demo-state.js';

export interface View {
  readonly region: string;
  /** Writes that another region has and this one not yet. */
  readonly lacks: number;
  readonly digest: string;
}

export interface Verdict {
  readonly state: DemoState['verdict'];
  readonly digest: string | undefined;
  readonly views: readonly View[];
}

type Answer = Pick<DetailedStatus, 'region' | 'vv' | 'digest'>;

export function compare(answers: readonly Answer[]): Verdict {
  const known = new Map<string, number>();
  for (const { vv = {} } of answers) {
    for (const [actor, n] of Object.entries(vv)) known.set(actor, Math.max(n, known.get(actor) ?? 0));
  }
  const views = answers.map(({ region, vv = {}, digest = '' }) => {
    let lacks = 0;
    for (const [actor, n] of known) lacks += n - (vv[actor] ?? 0);
    return { region, lacks, digest };
  });
  if (views.some(({ lacks }) => lacks > 0)) return { state: 'apart', digest: undefined, views };
  const digests = new Set(views.map(({ digest }) => digest));
  return digests.size > 1
    ? { state: 'different', digest: undefined, views }
    : { state: 'same', digest: views[0]?.digest, views };
}

/** What a node says of itself, or undefined when it says nothing in time. */
export async function ask(url: string, withinMs: number): Promise<DetailedStatus | undefined> {
  try {
    const response = await fetch(`${url}/status?digest`, { signal: AbortSignal.timeout(withinMs) });
    return response.ok ? ((await response.json()) as DetailedStatus) : undefined;
  } catch {
    return undefined; // it is away: that is what the demo is about
  }
}
