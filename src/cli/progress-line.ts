/** A line that says how far something is, written over itself. On a terminal only: a file gets none of it. */

type Terminal = Pick<NodeJS.WriteStream, 'isTTY' | 'write' | 'columns'>;

const ERASE = '\r\u001b[2K';
const WIDTH = 80;
const REFRESH_MS = 250;

export class ProgressLine {
  readonly #out: Terminal;
  #shown = '';

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** Shows what it says, again and again; undefined is the end. */
  follow(doing: () => string | undefined): void {
    if (!this.#out.isTTY) return;
    const timer = setInterval(() => {
      const text = doing();
      if (text === undefined) clearInterval(timer);
      this.show(text ?? '');
    }, REFRESH_MS);
    timer.unref();
  }

  show(text: string): void {
    const line = text.slice(0, (this.#out.columns ?? WIDTH) - 1);
    if (!this.#out.isTTY || line === this.#shown) return;
    this.#out.write(ERASE + line);
    this.#shown = line;
  }

  /** Something else is about to be written. */
  clear(): void {
    this.show('');
  }
}
