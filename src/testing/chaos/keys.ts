/** The names under which a run keeps things. Few enough that regions meet on them, many enough that frames have a size. */
export const PAIRS: readonly string[] = ['pair/1', 'pair/2', 'pair/3', 'pair/4'];
/** A set, and a counter that is raised in the turn in which an element is added: size and count are always equal. */
export const CROWD = { set: 'crowd/members', count: 'crowd/count' } as const;
export const COUNTERS = 400;
export const SETS = 5;
export const GAUGES = 3;
/** What belongs to one session. */
export const OWN_COUNTERS = 6;
export const OWN_REGISTERS = 8;

/** Two large registers of one writer that are always written with the same value in one turn. */
export function twinsOf(writer: string): readonly [string, string] {
  return [`twin/${writer}/a`, `twin/${writer}/b`];
}
export function counterOf(n: number): string {
  return `count/${n}`;
}
export function setOf(n: number): string {
  return `set/${n}`;
}
export function gaugeOf(n: number): string {
  return `gauge/${n}`;
}

/** Who is there. */
export const ROOM = 'presence';
