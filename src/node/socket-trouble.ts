/** What a WebSocket reports, in our codes: it closes such a connection by itself, before anything of the message reaches us. */
import type { ErrorCode } from '../base/error.js';

export interface SocketTrouble {
  readonly error: string;
  /** Absent when the connection just broke. */
  readonly code?: ErrorCode;
}

export function socketTrouble(error: Error & { readonly code?: string }): SocketTrouble {
  const { message, code } = error;
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return { error: message, code: 'MESSAGE_TOO_LARGE' };
  if (code?.startsWith('WS_ERR_') === true) return { error: message, code: 'MALFORMED_MESSAGE' };
  return { error: message };
}
