/**
 * The demo behind the page, where there is one: how the regions compare, and the links that can be cut.
 *
 * The demo listens on a port of this machine which it writes into a register that every region holds. So a page of any node
 * finds it, and a node knows nothing of demos.
 */
import { CONTROL_KEY, type DemoState, type LinkState } from '../cli/demo/demo-state.js';
import type { Database } from '../client/index.js';
import { askFor, every } from './status.js';

const ASK_MS = 500;

export class Demo {
  readonly #tell: (state: DemoState | undefined) => void;
  #port: number | undefined;

  /** `tell` gets every new state, and undefined when the demo does not answer. */
  constructor(db: Database, tell: (state: DemoState | undefined) => void) {
    this.#tell = tell;
    db.register<{ port?: unknown }>(CONTROL_KEY).subscribe((control) => this.#found(control?.port));
  }

  async toggle(link: LinkState): Promise<void> {
    await this.#do(`links/${link.name}/${link.cut ? 'heal' : 'cut'}`);
  }

  async play(): Promise<void> {
    await this.#do('play');
  }

  async kill(region: string): Promise<void> {
    await this.#do(`regions/${region}/kill`);
  }

  /** Only a port is taken from the store, never an address: the page talks to nobody but this machine. */
  #found(port: unknown): void {
    if (!Number.isInteger(port)) return;
    const isFirst = this.#port === undefined;
    this.#port = port as number;
    if (isFirst) every(ASK_MS, () => askFor<DemoState>(this.#url('state')), this.#tell);
  }

  async #do(what: string): Promise<void> {
    const state = await askFor<DemoState>(this.#url(what), 'POST');
    if (state !== undefined) this.#tell(state);
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#port}/${path}`;
  }
}
