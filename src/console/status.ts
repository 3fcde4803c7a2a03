/** What the node says of itself at `/status`, asked for again and again. */
import type { PeerStatus } from '../sync/ports.js';

/** What it says of a peer. */
export type Peer = PeerStatus;

/** A row of the table of members. */
export interface Member {
  readonly node: string;
  readonly region: string;
  readonly state: string;
  readonly silentMs: number;
}

/** The part of the node's status that the page shows. */
export interface Status {
  readonly node: string;
  readonly region: string;
  readonly cluster: string;
  readonly incarnation: number;
  readonly uptimeSeconds: number;
  readonly keys: number;
  readonly keysByType: Readonly<Record<string, number>>;
  readonly memory: { readonly rssBytes: number; readonly storeBytes: number };
  readonly clients: { readonly connections: number };
  readonly peers: readonly Peer[];
  readonly members: readonly Member[];
  readonly problems: readonly string[];
  readonly digest?: string;
}

const LIMIT_MS = 2_000;

/** JSON from an address, or undefined where nobody answers. */
export async function askFor<T>(url: string, method: 'GET' | 'POST' = 'GET'): Promise<T | undefined> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(LIMIT_MS) });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined; // the node is away: the page says so
  }
}

/** Tells what `ask` answers, over and over. The next question waits for the answer to the last; one that fails is asked again. */
export function every<T>(ms: number, ask: () => Promise<T>, tell: (answer: T) => void): void {
  const turn = async (): Promise<void> => {
    try {
      tell(await ask());
    } finally {
      setTimeout(() => void turn(), ms);
    }
  };
  void turn();
}
