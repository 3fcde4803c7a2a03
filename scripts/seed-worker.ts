/** Runs the seeds that it is given, one after the other, in a process of its own (seeds.ts). */
import { breakNamed, newStatistics, runSeed } from '../src/testing/index.js';
import { CORE as PROTOCOL_1 } from '../test/previous/protocol-1/core.js';
import type { Ran, Worlds } from './seeds.js';

const { breakage, mixed, lines } = JSON.parse(process.argv[2] as string) as Worlds;
const options = {
  breakage: breakage === undefined ? undefined : breakNamed(breakage),
  previous: mixed ? PROTOCOL_1 : undefined,
  lines,
};

process.on('message', (seed: number) => {
  const statistics = newStatistics();
  const failure = runSeed(seed, statistics, options);
  process.send?.({ seed, statistics, failure } satisfies Ran);
});

process.on('disconnect', () => process.exit());
