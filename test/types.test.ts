import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TYPE_NAMES } from '../src/crdt/registry.js';
import { blocksOf, root, run } from './example-code.js';

const pages = readdirSync(join(root, 'docs', 'types')).map((name) => `docs/types/${name}`);

describe('the pages of the types', () => {
  it('are as many as there are types', () => {
    expect(TYPE_NAMES.filter((name) => !existsSync(join(root, 'docs', 'types', `${name}.md`)))).toEqual([]);
  });

  it.each(pages)('%s shows what its example prints', (page) => {
    const [code = '', ...others] = blocksOf(page, 'js');
    expect(others).toEqual([]);
    expect(run(code)).toBe(blocksOf(page, 'text')[0]);
  });
});
