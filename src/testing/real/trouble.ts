/** The first thing that goes wrong anywhere ends a run, whatever it is waiting for. */
export class Trouble {
  readonly #raised: Promise<never>;
  #reject: (reason: Error) => void = () => {};

  constructor() {
    this.#raised = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    // It may come when nobody waits for it any more.
    this.#raised.catch(() => {});
  }

  raise(reason: Error): void {
    this.#reject(reason);
  }

  unless<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#raised]);
  }
}
