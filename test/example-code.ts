/** The code of a page of documentation, run as a reader would run it: inside the project, so that the package finds itself by its name. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('..', import.meta.url));

/** What a page shows in a language, in order. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(?<of>\w+)\n(?<code>[\s\S]*?)^```$/gm)]
    .filter(({ groups }) => groups?.['of'] === language)
    .map(({ groups }) => groups?.['code'] ?? '');
}

/** A file with this code in a folder of its own. The folder is for the caller to remove. */
export function fileWith(code: string): { readonly folder: string; readonly file: string } {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'example-'));
  const file = join(folder, 'example.mjs');
  writeFileSync(file, code);
  return { folder, file };
}

/** What it prints. */
export function run(code: string): string {
  const { folder, file } = fileWith(code);
  try {
    return execFileSync(process.execPath, [file], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
