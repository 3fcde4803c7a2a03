/**
 * The floors, enforced. `base < crdt < store < sync < { node | client } < cli`: a file imports its own floor or a lower
 * one, node and client never meet below the command line, and nothing goes round in a circle.
 *
 * dependency-cruiser reads nothing, and is content, when it cannot find a compiler it knows. So the run also counts:
 * every source file on disk must have been read.
 */
import { readdirSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import type { IForbiddenRuleType, ICruiseResult } from 'dependency-cruiser';

/** What each folder of src may import besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  crdt: ['base'],
  store: ['base', 'crdt'],
  sync: ['base', 'crdt', 'store'],
  node: ['base', 'crdt', 'store', 'sync'],
  client: ['base', 'crdt', 'store', 'sync'],
  cli: ['base', 'crdt', 'store', 'sync', 'node', 'client'],
  // The page shows what nodes and the demo tell.
  console: ['base', 'crdt', 'store', 'sync', 'client', 'cli/demo/demo-state.ts'],
  testing: ['base', 'crdt', 'store', 'sync', 'node', 'client'],
};
const PURE = '^src/(base|crdt|store|sync)/';
const BROWSER = '^src/(client|console)/';

const floors = Object.entries(MAY_IMPORT).map(([floor, lower]): IForbiddenRuleType => ({
  name: `floor-${floor}`,
  comment: `${floor} imports only itself${lower.length === 0 ? '' : ` and ${lower.join(', ')}`}`,
  severity: 'error',
  from: { path: `^src/${floor}/` },
  to: { path: '^src/', pathNot: `^src/(${[floor, ...lower].join('|')})(/|$)` },
}));

const forbidden: IForbiddenRuleType[] = [
  ...floors,
  { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'pure-documents',
    comment: 'Yjs is known where documents are, and nowhere else',
    severity: 'error',
    from: { path: PURE, pathNot: '/(doc|live-doc)\\.ts$' },
    to: { path: 'node_modules/yjs/' },
  },
  {
    name: 'pure-packages',
    comment: 'the pure floors use the codec of lib0, documents use Yjs, and nothing else is from outside',
    severity: 'error',
    from: { path: PURE },
    to: {
      dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown', 'core'],
      pathNot: 'node_modules/(lib0/(src/)?(encoding|decoding|binary|string|math|number)\\.(js|d\\.ts)$|yjs/)',
    },
  },
  {
    name: 'pure-loading',
    comment: 'an import that is a promise has no place in a pure floor',
    severity: 'error',
    from: { path: PURE },
    to: { dynamic: true },
  },
  {
    name: 'browser-safe',
    comment: 'the SDK and the console run in a browser',
    severity: 'error',
    from: { path: BROWSER },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'shipped-packages',
    comment: 'what is shipped imports what is installed with it (the console is bundled)',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/console/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'shipped-only',
    comment: 'src does not lean on what is not shipped',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(test|property-tests|bench|examples|scripts)/' },
  },
];

const folders = ['src', 'test', 'property-tests', 'bench', 'examples', 'scripts'];
const onDisk = folders.flatMap((folder) => {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${folder}/${name}`);
  } catch {
    return []; // a folder that does not exist has no files
  }
});

const { output } = await cruise(
  folders.filter((folder) => onDisk.some((file) => file.startsWith(`${folder}/`))),
  {
    validate: true,
    ruleSet: { forbidden },
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
  },
  {
    exportsFields: ['exports'],
    extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    conditionNames: ['import', 'types', 'node', 'default'],
  },
);

const result = output as ICruiseResult;
const read = new Set(result.modules.map((module) => module.source));
const unread = onDisk.filter((file) => !read.has(file));
for (const { from, to, rule } of result.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
for (const file of unread) console.error(`not read: ${file}`);
const floorless = onDisk.filter((file) => file.startsWith('src/') && !((file.split('/')[1] ?? '') in MAY_IMPORT));
for (const file of floorless) console.error(`stands on no floor listed in scripts/floors.ts: ${file}`);
const edges = result.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
const broken = result.summary.violations.length + unread.length + floorless.length;
console.log(`floors: ${onDisk.length} files, ${edges} imports, ${broken} violations`);
if (edges === 0) console.error('no import was read: is the TypeScript 6 alias installed?');
process.exitCode = broken > 0 || edges === 0 ? 1 : 0;
