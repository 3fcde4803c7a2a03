/** What a check throws when what it checks does not hold: the laws of types, and the contracts of ports. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
}

/** @param what the law, or what is wrong if it does not hold */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(what);
}
