/**
 * The demo by itself: scene after scene, each said before it begins, each waiting for what it shows. `--script` plays all of
 * them and ends; the key `p`, or the button on a page, plays the first.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Demo } from './demo.js';
import type { HealReport } from './demo-state.js';

const LOOK_MS = 100;
const TOGETHER_LIMIT_MS = 30_000;

/** What a play needs of the demo. */
export type Stage = Pick<Demo, 'regions' | 'divide' | 'cut' | 'heal' | 'burst' | 'kill' | 'state'>;

export interface PlayOptions {
  readonly stage: Stage;
  readonly say: (what: string) => void;
  /** How long the two halves stay apart. */
  readonly apartMs: number;
  readonly signal: AbortSignal;
}

/** Cut in two, write on both sides, heal: what it cost is told as it is for any heal. */
export async function playHeal({ stage, say, apartMs, signal }: PlayOptions): Promise<HealReport | undefined> {
  const links = stage.divide();
  const half = Math.floor(stage.regions.length / 2);
  const [here, there] = [stage.regions.slice(0, half).join(', '), stage.regions.slice(half).join(', ')];
  say(`cut ${links.join(' and ')}: ${here} and ${there} cannot hear each other, and both go on`);
  await stage.cut(links);
  await pause(apartMs / 2, undefined, { signal });
  const written = stage.burst();
  say(
    `in every region ${written.increments.toLocaleString('en-US')} more increments, over ${written.keys.toLocaleString('en-US')} keys`,
  );
  await pause(apartMs / 2, undefined, { signal });
  say('heal');
  return stage.heal(links);
}

/** Everything; resolves when all regions hold the same at the end. Errors: Error where they do not. */
export async function playAll(options: PlayOptions): Promise<void> {
  const { stage, say, signal } = options;
  await together(stage, signal);
  say(`all ${stage.regions.length} regions hold the same`);
  const report = await playHeal(options);
  if (report?.tookMs === undefined) throw new Error('after the heal the regions did not get what they lacked');
  await together(stage, signal);
  say(`all the same again: digest ${digestOf(stage)}`);
  const victim = stage.regions[1] as string;
  const { incarnation } = regionOf(stage, victim);
  say(`kill ${victim}: it comes back empty, as a new incarnation`);
  stage.kill(victim);
  await until(
    () => (regionOf(stage, victim).incarnation ?? 0) > (incarnation ?? 0),
    signal,
    `${victim} did not come back`,
  );
  await together(stage, signal);
  say(`all the same, ${victim} too: digest ${digestOf(stage)}`);
}

function regionOf(stage: Stage, name: string): { readonly incarnation: number | undefined } {
  return stage.state().regions.find(({ region }) => region === name) ?? { incarnation: undefined };
}

function digestOf(stage: Stage): string {
  return stage.state().regions[0]?.digest ?? '?';
}

function together(stage: Stage, signal: AbortSignal): Promise<void> {
  const same = (): boolean => {
    const { verdict, regions } = stage.state();
    return verdict === 'same' && regions.every(({ running, digest }) => running && digest !== undefined);
  };
  return until(same, signal, 'the regions do not agree');
}

async function until(condition: () => boolean, signal: AbortSignal, otherwise: string): Promise<void> {
  const deadline = performance.now() + TOGETHER_LIMIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(otherwise);
    await pause(LOOK_MS, undefined, { signal });
  }
}
