/**
 * A day of calls that never happened, in the format of the real ones, so that the replay runs where no data is.
 *
 * Calls come at random with the density of a real day; agents sit at their desks by the hour and serve who has waited
 * longest (recognised customers have a head start); callers who wait too long hang up. Waiting times, queues and
 * abandoned calls come out of that. The same seed gives the same day.
 *
 * The rows are ordered as a switch writes them: line by line, each line in order of time. Calls that begin before
 * midnight may end after it, and a few rows are odd in the ways in which real rows are.
 *
 * Cost: a day of 1,500 calls takes a few milliseconds.
 */
import { Dice } from './dice.js';
import { COLUMNS } from './record.js';
import type { CallShape } from './shapes.js';
import {
  AGENTS,
  AGENTS_PER_HOUR,
  AGENT_CLOCK_AHEAD,
  ARRIVALS_PER_HOUR,
  CALL_SHAPES,
  HEAD_START_SECONDS,
  HIGH_PRIORITY,
  LINES,
  ODDITIES,
  PAPERWORK_SECONDS,
  PATIENCE_SECONDS,
  TALK_SECONDS_MAX,
  VOICE_UNIT_SECONDS,
} from './shapes.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** As many recognised customers as a day of the real centre sees. */
const CUSTOMERS = 700;

export interface SyntheticOptions {
  readonly seed?: number;
  /** YYMMDD */
  readonly date?: string;
  /** How many times as many calls as on a real day (and as many agents). */
  readonly scale?: number;
}

/** A call as it goes through the centre; times in seconds since midnight. */
interface Caller {
  readonly line: string;
  readonly customer: string;
  readonly priority: string;
  readonly shape: CallShape;
  readonly entry: number;
  readonly vruExit: number;
  readonly patience: number;
  readonly talk: number;
  served?: { readonly agent: string; readonly start: number };
  /** Left the voice unit by hanging up. */
  readonly gone: boolean;
}

/** The file's lines, the header first. */
export function* syntheticLines(options: SyntheticOptions = {}): Generator<string, void, undefined> {
  const dice = new Dice(options.seed ?? 1);
  const scale = options.scale ?? 1;
  const callers = arrivals(dice, scale);
  serve(
    callers.filter((caller) => !caller.gone),
    new Desks(dice, scale),
  );
  yield COLUMNS.join('\t');
  const nextId = new Map<string, number>();
  for (const caller of callers.sort((one, other) =>
    one.line < other.line ? -1 : one.line > other.line ? 1 : one.entry - other.entry,
  )) {
    const id = nextId.get(caller.line) ?? 10_000 + Math.floor(dice.even() * 30_000);
    nextId.set(caller.line, id + 1);
    yield row(caller, id, options.date ?? '990301', dice).join('\t');
  }
}

function arrivals(dice: Dice, scale: number): Caller[] {
  const callers: Caller[] = [];
  const shapes = CALL_SHAPES.map((shape) => [shape, shape.share] as const);
  for (const [hour, perHour] of ARRIVALS_PER_HOUR.entries()) {
    const apart = HOUR / (perHour * scale);
    for (let at = hour * HOUR + dice.exponential(apart); at < (hour + 1) * HOUR; at += dice.exponential(apart)) {
      const shape = dice.weighted(shapes);
      const known = dice.chance(shape.known);
      const entry = Math.floor(at);
      callers.push({
        line: dice.weighted(LINES),
        // A few customers call often, most once: the square leans towards the low numbers.
        customer: known ? String(10_000_000 + Math.floor(CUSTOMERS * scale * dice.even() ** 2) * 9_973) : '0',
        priority: known ? (dice.chance(HIGH_PRIORITY) ? '2' : '1') : '0',
        shape,
        entry,
        vruExit: entry + Math.round(dice.quantile(VOICE_UNIT_SECONDS)),
        patience: Math.ceil(dice.exponential(PATIENCE_SECONDS)),
        talk: Math.min(
          TALK_SECONDS_MAX,
          Math.max(1, Math.round(dice.logNormal(shape.logTalkMean, shape.logTalkDeviation))),
        ),
        gone: dice.chance(ODDITIES.hangsUpInVoiceUnit),
      });
    }
  }
  return callers;
}

/** Who serves whom, and when. Callers nobody serves in time keep `served` undefined: they hang up. */
function serve(callers: Caller[], desks: Desks): void {
  const coming = [...callers].sort((one, other) => one.vruExit - other.vruExit);
  let waiting: Caller[] = [];
  for (let next = 0; next < coming.length || waiting.length > 0;) {
    const arriving = coming[next];
    const first = waiting.length === 0 ? arriving : earliest(waiting);
    if (first === undefined) return;
    const free = desks.nextFree(first.vruExit);
    if (arriving !== undefined && (waiting.length === 0 || arriving.vruExit <= free.at)) {
      waiting.push(arriving);
      next += 1;
      continue;
    }
    waiting = waiting.filter((caller) => caller.vruExit + caller.patience > free.at);
    const chosen = preferred(waiting);
    if (chosen === undefined) continue;
    waiting.splice(waiting.indexOf(chosen), 1);
    const start = Math.max(free.at, chosen.vruExit);
    chosen.served = { agent: free.agent, start };
    desks.take(free.agent, start + chosen.talk);
  }
}

function earliest(waiting: readonly Caller[]): Caller | undefined {
  return best(waiting, (caller) => caller.vruExit);
}

function preferred(waiting: readonly Caller[]): Caller | undefined {
  return best(waiting, (caller) => caller.vruExit - (HEAD_START_SECONDS[caller.priority] ?? 0));
}

function best(callers: readonly Caller[], rank: (caller: Caller) => number): Caller | undefined {
  let found: Caller | undefined;
  for (const caller of callers) if (found === undefined || rank(caller) < rank(found)) found = caller;
  return found;
}

/** Who sits at a desk, and from when on they are free. */
class Desks {
  readonly #dice: Dice;
  readonly #scale: number;
  readonly #team: readonly string[];
  /** In the order in which they last took a call, so that the work goes round among those who are free. */
  readonly #freeFrom: Map<string, number>;

  constructor(dice: Dice, scale: number) {
    this.#dice = dice;
    this.#scale = scale;
    this.#team = Array.from({ length: Math.max(1, Math.ceil(scale)) }, (_, team) => team).flatMap((team) =>
      AGENTS.map((name) => (team === 0 ? name : `${name}${team + 1}`)),
    );
    this.#freeFrom = new Map(this.#team.map((name) => [name, 0]));
  }

  /** The agent who is first free at `from` or later, and when. */
  nextFree(from: number): { agent: string; at: number } {
    let found = { agent: '', at: Infinity };
    for (const [agent, freeFrom] of this.#freeFrom) {
      const at = this.#atDesk(agent, Math.max(from, freeFrom));
      if (at < found.at) found = { agent, at };
    }
    return found;
  }

  take(agent: string, until: number): void {
    const free = until + Math.round(this.#dice.exponential(PAPERWORK_SECONDS));
    this.#freeFrom.delete(agent);
    this.#freeFrom.set(agent, free);
  }

  /** The next moment, from `from` on, at which this agent is on duty. */
  #atDesk(agent: string, from: number): number {
    const size = this.#team.length;
    const index = this.#team.indexOf(agent);
    for (let at = from; at <= from + DAY; at = (Math.floor(at / HOUR) + 1) * HOUR) {
      const hour = Math.floor((at % DAY) / HOUR);
      const manned = Math.ceil((AGENTS_PER_HOUR[hour] ?? 0) * this.#scale);
      // Three shifts a day, each with another third of the team; within a shift the first of it stay longest.
      const seat = (index - Math.floor(hour / 8) * Math.floor(size / 3) + size) % size;
      if (seat < manned) return at;
    }
    return Infinity;
  }
}

function row(caller: Caller, id: number, date: string, dice: Dice): string[] {
  const { line, customer, priority, shape, entry, vruExit, served, gone } = caller;
  const ahead = dice.weighted(AGENT_CLOCK_AHEAD);
  const waited = gone ? 0 : served === undefined ? caller.patience : served.start - vruExit;
  const queue = waited > 0 ? [vruExit, vruExit + waited] : [undefined, undefined];
  const phantom = dice.chance(ODDITIES.phantom);
  const named = served !== undefined && !phantom && !dice.chance(ODDITIES.unnamedAgent);
  const timed = served !== undefined && !dice.chance(ODDITIES.untimedAgent);
  const start = timed ? Math.max(0, served.start - ahead) : undefined;
  const vruEnd = waited > 0 && dice.chance(ODDITIES.clockSetBack) ? entry - 30 : vruExit;
  return [
    line,
    String(id),
    customer,
    priority,
    shape.type,
    date,
    clock(entry),
    clock(vruEnd),
    String(vruEnd - entry),
    clock(queue[0]),
    clock(queue[1]),
    String(waited),
    phantom ? 'PHANTOM' : served === undefined ? 'HANG' : 'AGENT',
    clock(start),
    clock(start === undefined ? undefined : start + caller.talk),
    String(start === undefined ? 0 : caller.talk),
    named ? served.agent : 'NO_SERVER',
  ];
}

/** H:MM:SS; what did not happen stands as midnight. */
function clock(second: number | undefined): string {
  const within = ((second ?? 0) + DAY) % DAY;
  const part = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(within / HOUR)}:${part(Math.floor((within % HOUR) / 60))}:${part(within % 60)}`;
}
