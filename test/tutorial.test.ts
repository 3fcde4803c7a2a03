import { describe, expect, it } from 'vitest';
import { blocksOf, run } from './example-code.js';

describe('the tutorial that writes a type', () => {
  it('is a program that prints what it says', () => {
    const page = 'docs/tutorial-new-type.md';
    expect(run(blocksOf(page, 'js').join('\n'))).toBe(blocksOf(page, 'text')[0]);
  }, 300_000);
});
