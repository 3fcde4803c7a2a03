/** Settings that a key keeps for ever (the cap of a log, the keep of a window): declaring another one must be refused. */

/** The setting if it may be declared; undefined if the key has another one, and then `write`, which declares it, must throw. */
export function configured(
  wanted: number | undefined,
  existing: number | undefined,
  write: (declared: number | undefined) => void,
): number | undefined {
  if (wanted === undefined || existing === undefined || existing === wanted) return wanted;
  try {
    write(wanted);
  } catch (error) {
    if (errorCode(error) === 'CONFIG_CONFLICT') return undefined;
    throw error;
  }
  throw new Error(`a setting of ${wanted} was taken where ${existing} stands`);
}

/** The code of an error of the store, whichever version threw it. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'MerganserError' && 'code' in error ? String(error.code) : undefined;
}
