/**
 * The command line of the replay. What is wrong with it is said in one line that names the option.
 */
import { parseArgs } from 'node:util';
import { REGIONS } from './record.js';
import type { Region } from './record.js';

export const HELP = `usage: npm run --silent replay -- FILE [options]
       npm run --silent replay -- --synthetic [options]

Replays a file of telephone calls (.txt or .txt.gz, see examples/call-centre/README.md) into three regions, each a
process of its own, over links with real delays, and compares what each region says at the end.

  --cut           cut and heal links while it runs
  --kill          kill one region's process (SIGKILL) while it runs and start it again empty
  --victim REGION which region is killed: us, eu or ap (default eu)
  --json          print one JSON object and nothing else
  --rate N        begin at most N calls a second (default: as fast as it goes)
  --synthetic     replay a made-up day instead of a file
  --seed N        which day (default 1)
  --scale N       how many times as many calls as on a real day (default 1)
  --save FILE     write the made-up day to FILE in the format of the real ones, and replay nothing
  --help          print this

exit status: 0 all three regions agree with each other and with the file; 1 they do not, or something failed;
             2 the command line is wrong`;

export interface Options {
  readonly help: boolean;
  readonly file: string | undefined;
  readonly cut: boolean;
  readonly kill: boolean;
  readonly victim: Region;
  readonly json: boolean;
  readonly rate: number | undefined;
  readonly seed: number;
  readonly scale: number;
  readonly save: string | undefined;
}

/** Something the person at the keyboard can mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  const synthetic = values.synthetic === true || values.save !== undefined;
  if (values.help !== true) {
    if (positionals.length > 1) throw new UsageError(`one file is expected, not ${positionals.length}`);
    if (synthetic && positionals.length > 0) throw new UsageError('give either FILE or --synthetic, not both');
    if (!synthetic && positionals.length === 0) throw new UsageError('FILE or --synthetic is missing');
  }
  if (!synthetic && (values.seed !== undefined || values.scale !== undefined)) {
    throw new UsageError('--seed and --scale belong to --synthetic');
  }
  return {
    help: values.help === true,
    file: positionals[0],
    cut: values.cut === true,
    kill: values.kill === true,
    victim: regionOf(values.victim ?? 'eu'),
    json: values.json === true,
    rate: values.rate === undefined ? undefined : positive('--rate', values.rate),
    seed: values.seed === undefined ? 1 : whole('--seed', values.seed),
    scale: values.scale === undefined ? 1 : positive('--scale', values.scale),
    save: values.save,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        cut: { type: 'boolean' },
        kill: { type: 'boolean' },
        victim: { type: 'string' },
        json: { type: 'boolean' },
        rate: { type: 'string' },
        synthetic: { type: 'boolean' },
        seed: { type: 'string' },
        scale: { type: 'string' },
        save: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Node goes on to explain how to pass a dash; the first sentence says it all.
    throw new UsageError((error instanceof Error ? error.message : String(error)).split('. ')[0] ?? '');
  }
}

function regionOf(text: string): Region {
  const region = REGIONS.find((name) => name === text);
  if (region === undefined) throw new UsageError(`--victim is one of ${REGIONS.join(', ')}, not ${text}`);
  return region;
}

function positive(option: string, text: string): number {
  const n = Number(text);
  if (!(n > 0 && n <= 1e6)) throw new UsageError(`${option} is a number above 0 and up to 1000000, not ${text}`);
  return n;
}

function whole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} is a whole number of up to 9 digits, not ${text}`);
  return Number(text);
}
