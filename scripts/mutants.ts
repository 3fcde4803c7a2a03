/**
 * Known bugs, put back one at a time; each must be caught by the laws or by the simulator:
 *
 *   npm run --silent mutants
 *
 * Prints which check caught it and after how many runs. Exit status 1 if one survives.
 */
import { huntAll } from '../src/testing/mutants/hunt.js';

const survivors: string[] = [];
let count = 0;
for (const [name, bug, by, caught] of huntAll()) {
  count++;
  if (caught === undefined) survivors.push(`${name}: ${bug}`);
  const verdict = caught === undefined ? 'SURVIVES' : `run ${String(caught.runs).padStart(4)}  ${by}: ${caught.check}`;
  console.log(`${name.padEnd(38)} ${verdict}`);
}
console.log(`${count} known bugs, ${count - survivors.length} caught`);
for (const survivor of survivors) console.error(`survives: ${survivor}`);
process.exitCode = survivors.length > 0 ? 1 : 0;
