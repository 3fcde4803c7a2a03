/**
 * Named events with typed arguments; the few lines of it that a browser lacks. A listener that throws keeps neither the others from
 * being told nor whoever tells them from going on.
 */
import { described } from '../base/argument.js';

export class Emitter<Events extends Record<string, unknown>> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #threw: (name: keyof Events, error: Error) => void;

  /** @param threw told of a listener that throws */
  constructor(threw: (name: keyof Events, error: Error) => void) {
    this.#threw = threw;
  }

  /** Returns what takes the listener off again. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whether anybody was told. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): boolean {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) return false;
    for (const listener of listeners) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#threw(name, asError(error));
      }
    }
    return true;
  }
}

/** What was thrown, which may be anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a listener threw ${described(thrown)}`);
}
