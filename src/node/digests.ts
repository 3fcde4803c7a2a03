/**
 * Digests of all that a node holds, for whoever asks: computed between other work, a few milliseconds a turn. Whoever asks while one
 * is computed has that one's result, which is of a later moment than the question.
 */
import { MerganserError } from '../base/error.js';
import { DigestRun, type ExactDigest } from '../store/exact-digest.js';
import type { Store } from '../store/store.js';

const SLICE_CELLS = 2_000;
const SLICE_MS = 5;

export class Digests {
  readonly #store: Store;
  #running: Promise<ExactDigest> | undefined;
  #stopped = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Errors: SHUTTING_DOWN. */
  compute(): Promise<ExactDigest> {
    this.#running ??= new Promise<ExactDigest>((resolve, reject) => {
      const run = new DigestRun(this.#store.replica);
      const turn = (): void => {
        if (this.#stopped) {
          run.stop();
          reject(new MerganserError('SHUTTING_DOWN', 'the node stops'));
          return;
        }
        const began = performance.now();
        do run.step(SLICE_CELLS);
        while (run.result === undefined && this.#store.replica.pending === 0 && performance.now() - began < SLICE_MS);
        if (run.result === undefined) setImmediate(turn);
        else {
          this.#running = undefined;
          resolve({ digest: run.result, vv: this.#store.vv() });
        }
      };
      setImmediate(turn);
    });
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
  }
}
