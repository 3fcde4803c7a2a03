/**
 * Readers of logs: one of each process, and one who goes from process to process with the cursor that the one before gave it. None is
 * given an entry twice, and each process's own is given every entry that is shown there, however late it came. (The traveller may
 * have met processes that hid already what another one still shows.)
 */
import type { Plan } from './plan.js';
import type { Process } from './process.js';

/** Per log how far it was read, and what it gave. */
type Reader = Map<string, { cursor: string | undefined; readonly entries: Set<unknown> }>;

export class Readers {
  readonly #own = new WeakMap<Process, Reader>();
  readonly #traveller: Reader | undefined;

  /** @param alike whether one process's cursor means something to the others */
  constructor(alike: boolean) {
    this.#traveller = alike ? new Map() : undefined;
  }

  check(process: Process, plan: Plan): string | undefined {
    let own = this.#own.get(process);
    if (own === undefined) this.#own.set(process, (own = new Map()));
    for (const { type, name } of plan.keys) {
      if (type !== 'log' || process.store.type(name) !== 'log') continue;
      const again = readOn(process, name, own) ?? (this.#traveller && readOn(process, name, this.#traveller));
      if (again !== undefined) return again;
      const given = own.get(name)?.entries;
      const shown = process.store.log(name).last(1000);
      const missed = shown.find(({ value }) => given?.has(value) !== true);
      if (missed !== undefined) return `since: ${process.title} was never given ${String(missed.value)} of ${name}`;
    }
    return undefined;
  }
}

function readOn({ store, title }: Process, name: string, reader: Reader): string | undefined {
  const known = reader.get(name) ?? { cursor: undefined, entries: new Set<unknown>() };
  const page = store.log(name).since(known.cursor);
  for (const { value } of page.entries) {
    if (known.entries.has(value)) return `since: ${title} gave ${String(value)} of ${name} again`;
    known.entries.add(value);
  }
  reader.set(name, { cursor: page.cursor, entries: known.entries });
  return undefined;
}
