import { describe, expect, it } from 'vitest';
import { blocksOf, run } from './example-code.js';

describe.each(['docs/tutorial-new-type.md', 'docs/testing.md'])('%s', (page) => {
  it('is a program that prints what it says', () => {
    expect(run(blocksOf(page, 'js').join('\n'))).toBe(blocksOf(page, 'text')[0]);
  }, 300_000);
});
