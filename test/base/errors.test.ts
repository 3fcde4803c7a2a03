import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, isErrorCode, MerganserError } from '../../src/base/error.js';

describe('error codes', () => {
  it('are documented, every one, with the very words of the table', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(?<code>[A-Z_]+)` \| (?<text>.+) \|$/gm)].map((row) => [
      row.groups?.['code'],
      row.groups?.['text'],
    ]);
    expect(rows).toEqual(Object.entries(ERRORS));
  });

  it('tell a code of ours from any other word', () => {
    expect(isErrorCode('WRONG_CLUSTER')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });

  it('come with the message of what happened here', () => {
    const error = new MerganserError('BAD_KEY', 'the key is empty');
    expect([error.name, error.code, error.message]).toEqual(['MerganserError', 'BAD_KEY', 'the key is empty']);
  });
});
