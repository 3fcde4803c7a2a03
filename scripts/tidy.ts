/**
 * Tidiness that no linter knows: what a file is called, how it begins, what it must not say.
 * (Sizes of files and functions are rules of the linter.)
 *
 * With `--self-test` it checks that each rule can fail.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

interface Rule {
  readonly says: string;
  readonly where: RegExp;
  readonly broken: (path: string, text: string) => boolean;
  /** A path and a text that break the rule. */
  readonly sample: readonly [path: string, text: string];
}

const SOURCE = /^(src|test|property-tests|bench|examples|scripts)\/.*\.tsx?$/;
const TEST = /^(test|property-tests)\/.*\.tsx?$/;

const rules: readonly Rule[] = [
  {
    says: 'a file is named after a concept: there are no drawers (utils, helpers, common, misc)',
    where: /./,
    broken: (path) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.[a-z]+$)/i.test(path),
    sample: ['src/base/utils.ts', ''],
  },
  {
    says: 'a file has at most 400 lines: split it by concept',
    where: SOURCE,
    broken: (_path, text) => text.split('\n').length > 401,
    sample: ['src/base/long.ts', '/** Long. */\n'.repeat(402)],
  },
  {
    says: 'a module of src begins with a comment: the idea, the invariants, the cost',
    where: /^src\/.*\.tsx?$/,
    broken: (_path, text) => !/^(#!.*\n)?\s*\/\*\*?/.test(text),
    sample: ['src/base/bare.ts', 'export const one: number = 1;\n'],
  },
  {
    says: 'no unfinished word in the source',
    where: /^src\/.*\.tsx?$/,
    broken: (_path, text) => /\b(TODO|FIXME|XXX|not implemented|for now)\b/i.test(text),
    sample: ['src/base/later.ts', '/** TODO */\n'],
  },
  {
    says: 'every test runs',
    where: TEST,
    broken: (_path, text) =>
      /\b(it|test|describe)\.(skip|skipIf|runIf|todo|only|fails)\b|\bx(it|describe)\(/.test(text),
    sample: ['test/base/off.test.ts', "it.skip('later', () => {});"],
  },
  {
    says: 'nothing sleeps in a test: wait for the event or the condition',
    where: TEST,
    broken: (_path, text) => /\b(setTimeout|setInterval|sleep|delay)\(|timers\/promises/.test(text),
    sample: ['test/base/slow.test.ts', 'await sleep(100);'],
  },
  {
    says: 'the pure floors switch no check off: what makes them pure is checked by the linter and the compiler',
    where: /^src\/(base|crdt|store|sync)\//,
    broken: (_path, text) => /(ox|es)lint-disable|@ts-(ignore|expect-error|nocheck)/.test(text),
    sample: ['src/store/off.ts', '/** Off. */\n// oxlint-disable-next-line no-restricted-globals\n'],
  },
];

if (process.argv.includes('--self-test')) {
  const deaf = rules.filter(({ where, broken, sample: [path, text] }) => !where.test(path) || !broken(path, text));
  for (const { says } of deaf) console.error(`cannot fail: ${says}`);
  process.exitCode = deaf.length > 0 ? 1 : 0;
} else {
  // Tracked files and new ones, so that a check before a commit sees what the commit will hold.
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(path));
  let broken = 0;
  for (const path of files) {
    const text = SOURCE.test(path) ? readFileSync(path, 'utf8') : '';
    for (const rule of rules) {
      if (!rule.where.test(path) || !rule.broken(path, text)) continue;
      broken += 1;
      console.error(`${path}: ${rule.says}`);
    }
  }
  console.log(`tidy: ${files.length} files, ${rules.length} rules, ${broken} broken`);
  process.exitCode = broken > 0 || files.length === 0 ? 1 : 0;
}
