/**
 * What a port promises, as a list of checks for whatever implements it. A check makes what it needs, throws `LawBroken`, and needs no test
 * framework: `for (const { law, check } of transportContract(make)) it(law, check)`.
 */
export interface Clause {
  /** What holds, as a sentence. */
  readonly law: string;
  /** Rejects with LawBroken, or with what the implementation throws. */
  readonly check: () => Promise<void>;
}

/** Something to be checked, and given back whatever comes of it. */
interface Disposable {
  dispose(): Promise<void>;
}

/** A clause whose check has something fresh to work on. */
export function clause<T extends Disposable>(
  law: string,
  make: () => Promise<T>,
  check: (on: T) => Promise<void>,
): Clause {
  return {
    law,
    check: async () => {
      const on = await make();
      try {
        await check(on);
      } finally {
        await on.dispose();
      }
    },
  };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
