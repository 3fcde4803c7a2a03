/** Asking a node over HTTP, from the command line. Errors: CONNECT_FAILED, BAD_ARGUMENT, and the code that the node answers. */
import { isErrorCode, MerganserError } from '../base/error.js';
import { DEFAULT_HOST, DEFAULT_PORT } from '../node/config.js';

export const DEFAULT_URL: string = `http://${DEFAULT_HOST}:${DEFAULT_PORT}`;
const TIMEOUT_MS = 5_000;

/** @param body what is posted; without one the node is only asked */
export async function ask<T>(node: string, path: string, body?: object, timeoutMs: number = TIMEOUT_MS): Promise<T> {
  const url = address(node, path);
  let response: Response;
  try {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), ...(body !== undefined && post) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new MerganserError('CONNECT_FAILED', `${url.origin} does not answer (${cause}); is the node running?`);
  }
  if (response.ok) return (await response.json()) as T;
  const { code, detail } = await problemOf(response);
  if (isErrorCode(code) && body !== undefined) throw new MerganserError(code, detail);
  throw new MerganserError('CONNECT_FAILED', `${url.origin} answered ${response.status}; is it a merganser node?`);
}

async function problemOf(response: Response): Promise<{ readonly code: string; readonly detail: string }> {
  try {
    return (await response.json()) as { code: string; detail: string };
  } catch {
    return { code: '', detail: '' };
  }
}

function address(text: string, path: string): URL {
  const full = text.includes('://') ? text.replace(/^ws/, 'http') : `http://${text}`;
  if (!URL.canParse(full))
    throw new MerganserError('BAD_ARGUMENT', `"${text}" is not an address; it looks like ${DEFAULT_URL}`);
  return new URL(path, full);
}
