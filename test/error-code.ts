import { MerganserError } from '../src/base/error.js';

/** Why it was refused; undefined: it was not. */
export function code(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof MerganserError) return error.code;
    throw error;
  }
  return undefined;
}
