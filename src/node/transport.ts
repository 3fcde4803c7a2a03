/**
 * What carries the messages between nodes, and what it is told apart from the driver that gives it work. A link is one connection to
 * one peer, known by a number that its own end gave it. What must hold stands as a contract in merganser/testing
 * (testing/contracts/transport.ts), which every transport here passes.
 */

/** What a transport tells. None of it is told from inside of `send` or `close`, but that a link is not writable. */
export interface TransportEvents {
  /** Comes first, once. `dialled`: this side opened the connection. */
  opened(link: number, dialled: boolean): void;
  /** A message as it was sent. The bytes are the receiver's from now on. */
  received(link: number, bytes: Uint8Array): void;
  /** False: enough waits to be sent, no more frames should be cut for it. What is sent nevertheless goes. */
  writable(link: number, yes: boolean): void;
  /** Comes last, once, whoever ended it. */
  closed(link: number): void;
}

/** Of links that are gone or never were it does nothing. */
export interface Transport {
  /** The bytes are the transport's from now on. */
  send(link: number, bytes: Uint8Array): void;
  /** Ends a link, after all that was sent over it. `code` and `message` say why, to whoever looks. */
  close(link: number, code: string, message: string): void;
}
