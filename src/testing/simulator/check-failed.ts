/** What a world throws when a check fails. Every check has a name, so that a crash of the program is never taken for one. */
import { assert } from '../../base/assert.js';

export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
  /** The check's name, with which the message begins: `P1: …`. */
  readonly check: string;

  constructor(message: string) {
    super(message);
    const named = /^(\S+): /.exec(message);
    assert(named !== null, `a check has no name: ${message}`);
    this.check = named[1] as string;
  }
}
