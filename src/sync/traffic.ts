/** What has crossed the links to a peer, in each direction. */

export interface Traffic {
  /** Bytes of messages as they cross the link, compressed where that pays; the framing of WebSocket, TLS and TCP apart. */
  sentBytes: number;
  receivedBytes: number;
  /** The same messages before they were compressed. */
  sentPlainBytes: number;
  receivedPlainBytes: number;
  /** Frames of the peer that were applied here, and the cells that they listed. */
  receivedFrames: number;
  receivedCells: number;
}

export function noTraffic(): Traffic {
  return {
    sentBytes: 0,
    receivedBytes: 0,
    sentPlainBytes: 0,
    receivedPlainBytes: 0,
    receivedFrames: 0,
    receivedCells: 0,
  };
}

export function sumOf(one: Traffic, other: Traffic = noTraffic()): Traffic {
  return {
    sentBytes: one.sentBytes + other.sentBytes,
    receivedBytes: one.receivedBytes + other.receivedBytes,
    sentPlainBytes: one.sentPlainBytes + other.sentPlainBytes,
    receivedPlainBytes: one.receivedPlainBytes + other.receivedPlainBytes,
    receivedFrames: one.receivedFrames + other.receivedFrames,
    receivedCells: one.receivedCells + other.receivedCells,
  };
}
