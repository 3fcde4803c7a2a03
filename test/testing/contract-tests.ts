/** Tests of a contract: what is ours passes, and what is faulty is found out by the clause that is there for it. */
import { expect, it } from 'vitest';
import type { Clause } from '../../src/testing/index.js';

export function itHolds(clauses: readonly Clause[], timeoutMs?: number): void {
  for (const { law, check } of clauses) it(`holds: ${law}`, () => expect(check()).resolves.toBeUndefined(), timeoutMs);
}

/** What is wrong, which clause must find it, and, if that is not LawBroken, what it throws. */
export type Faulty<Fault> = Record<string, readonly [law: string, fault: Fault, error?: string]>;

export function itIsFoundOut<Fault>(faulty: Faulty<Fault>, contractOf: (fault: Fault) => readonly Clause[]): void {
  for (const [what, [law, fault, name = 'LawBroken']] of Object.entries(faulty)) {
    it(`${what} is found out`, async () => {
      const { check } = contractOf(fault).find((clause) => clause.law === law) as Clause;
      await expect(check()).rejects.toMatchObject({ name });
    });
  }
}
