/**
 * The console: the page that every node serves at `/`.
 *
 * It is a client like any other: it connects to the node it came from with the SDK, and what it shows of the data are live
 * subscriptions. What it shows of the node comes from `/status`. Where the demo runs, it also asks the demo.
 */
import { connect, type Database } from '../client/index.js';
import { CallCentre, hasCalls } from './call-centre.js';
import type { DemoState } from '../cli/demo/demo-state.js';
import { Demo } from './demo.js';
import { h } from './dom.js';
import { Head } from './head.js';
import { HealCard } from './heal-card.js';
import { KeysCard } from './keys-card.js';
import { PeersCard } from './peers-card.js';
import { RegionsCard } from './regions-card.js';
import { askFor, every, type Status } from './status.js';

const STATUS_MS = 500;
const LOOK_AGAIN_MS = 1_000;
const CONNECT_MS = 60_000;

class Page {
  readonly #head = new Head();
  readonly #peers = new PeersCard();
  readonly #body: HTMLElement = h('div', { class: 'body' });
  #regions: RegionsCard | undefined;
  #heal: HealCard | undefined;
  #keys: KeysCard | undefined;
  #status: Status | undefined;

  constructor(root: Element) {
    this.#body.append(this.#peers.element);
    root.append(this.#head.element, this.#body);
    every(
      STATUS_MS,
      () => askFor<Status>('./status'),
      (status) => this.#showStatus(status),
    );
  }

  async fill(): Promise<void> {
    const db = await connect(location.origin, { connectTimeout: CONNECT_MS });
    db.on('error', (error) => console.warn(error.message));
    const demo: Demo = new Demo(db, (state) => this.#showDemo(demo, state));
    this.#keys = new KeysCard(db);
    this.#body.append(this.#keys.element);
    this.#lookForCalls(db);
  }

  /** The board of the call centre takes the place of the keys as soon as there are calls. */
  #lookForCalls(db: Database): void {
    const look = async (): Promise<void> => {
      if (await hasCalls(db)) {
        this.#keys?.element.remove();
        this.#body.prepend(new CallCentre(db).element);
      } else setTimeout(() => void look(), LOOK_AGAIN_MS);
    };
    void look();
  }

  #showStatus(status: Status | undefined): void {
    this.#status = status;
    this.#head.show(status);
    if (status === undefined) return;
    this.#peers.show(status);
    this.#keys?.show(status);
  }

  #showDemo(demo: Demo, state: DemoState | undefined): void {
    this.#head.showDemo(state);
    if (state === undefined || this.#status === undefined) return;
    if (this.#regions === undefined) {
      this.#regions = new RegionsCard(demo, this.#status.region);
      this.#heal = new HealCard(demo);
      this.#peers.element.before(this.#regions.element, this.#heal.element);
    }
    this.#regions.show(state);
    this.#heal?.show(state);
  }
}

const root = document.querySelector('#page');
if (root !== null) void new Page(root).fill();
