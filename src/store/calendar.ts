/**
 * Days in a named time zone: where they begin, though some have 23 hours and some 25. What is known of zones is the platform's
 * (Intl), which tells what a clock on the wall shows at a moment; the moment at which a day begins is found from that.
 *
 * A day begins with the first moment of its date. That is midnight, or, where the clocks go forward at midnight, the moment after it.
 * Cost: nothing for the day that was asked for last, a few dozen microseconds for another one, and a millisecond for a zone's first.
 */
import { wrongArgument } from '../base/argument.js';

/** From the first moment to the one that is not in it any more, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Names of zones may be written in capitals or not: whoever tries them all fills no memory. */
const MAX_ZONES = 1000;

/** One zone's clocks. */
class Zone {
  readonly #format: Intl.DateTimeFormat;
  /** The day that was asked for last. */
  #last: Span = { from: 0, to: 0 };

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The day of a moment. */
  day(at: number): Span {
    if (at >= this.#last.from && at < this.#last.to) return this.#last;
    const date = dateOf(this.#wall(at));
    this.#last = { from: this.#begin(date), to: this.#begin(date + 1) };
    return this.#last;
  }

  /** What the clock shows, as if it showed UTC. */
  #wall(at: number): number {
    const shown: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(at)) shown[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
    return daysSince1970(year, month, day) * DAY_MS + hour * HOUR_MS + minute * 60_000 + second * 1000;
  }

  /** The first moment of a date, given in days since 1970. */
  #begin(date: number): number {
    const midnight = date * DAY_MS;
    // What the clocks were off the day before and the day after: that is what they are off at midnight, or they are changed in between.
    const before = this.#wall(midnight - DAY_MS) - (midnight - DAY_MS);
    const after = this.#wall(midnight + DAY_MS) - (midnight + DAY_MS);
    if (before === after) return midnight - before;
    let low = midnight - Math.max(before, after) - HOUR_MS;
    let high = midnight - Math.min(before, after) + HOUR_MS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (dateOf(this.#wall(middle)) < date) low = middle;
      else high = middle;
    }
    return high;
  }
}

function dateOf(wall: number): number {
  return Math.floor(wall / DAY_MS);
}

/** Of a date of the Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  // Years that begin in March: the day that is there every fourth year is their last.
  const y = month > 2 ? year : year - 1;
  const m = (month + 9) % 12;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leaps + Math.floor((153 * m + 2) / 5) + day - 719_469;
}

const ZONES = new Map<string, Zone>();

function zoneNamed(name: string): Zone {
  const known = ZONES.get(name);
  if (known !== undefined) return known;
  let zone: Zone;
  try {
    if (typeof name !== 'string') throw new TypeError('not a string');
    zone = new Zone(name);
  } catch {
    throw wrongArgument('a time zone has a name such as "Europe/Berlin"', name);
  }
  if (ZONES.size >= MAX_ZONES) ZONES.clear();
  ZONES.set(name, zone);
  return zone;
}

/**
 * The day of a moment as clocks in a time zone have it, and `count − 1` days before it, the oldest first.
 * @param timeZone of the IANA database, "Europe/Berlin"; Errors: BAD_ARGUMENT
 */
export function days(timeZone: string, at: number, count: number): Span[] {
  const zone = zoneNamed(timeZone);
  const found = [zone.day(at)];
  while (found.length < count) found.push(zone.day((found.at(-1) as Span).from - 1));
  return found.reverse();
}
