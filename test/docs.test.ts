import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BREAKS } from '../src/testing/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...pagesIn('docs'), ...pagesIn('docs/types')];

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** As a heading becomes an anchor: lower case, no punctuation, a dash for each space. */
function anchorsOf(page: string): Set<string> {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
  return new Set(headings.map(anchor));
}

describe('the documentation', () => {
  it.each(pages)('%s points at what is there', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!\w+:)([^)\s]*)\)/g)].map(([, target = '']) => target);
    const missing = targets.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const other = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, other))) return true;
      return anchor !== undefined && !anchorsOf(other).has(anchor);
    });
    expect(missing).toEqual([]);
  });

  it('shows every figure that it has', () => {
    const shown = pages.map(read).join('\n');
    const figures = readdirSync(join(root, 'docs', 'figures'));
    expect(figures.filter((figure) => !shown.includes(`figures/${figure}`))).toEqual([]);
  });

  it('names files and switches of the simulator that exist', () => {
    const [, holes = ''] = read('docs/replication.md').split('## The ten holes');
    const rows = [...holes.matchAll(/^\| H\d+ \|.*$/gm)].map(([row]) => row.split('|'));
    expect(rows).toHaveLength(10);
    for (const cells of rows) {
      const [files = '', switches = ''] = cells.slice(3);
      const named = [...files.matchAll(/`(\w+\/[\w-]+\.ts)`/g)].map(([, file = '']) => file);
      expect(named.filter((file) => !existsSync(join(root, 'src', file)))).toEqual([]);
      for (const [, name = ''] of switches.matchAll(/`([\w-]+)`/g)) expect(BREAKS).toHaveProperty(name);
    }
  });
});
