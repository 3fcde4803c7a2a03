/**
 * An earlier version as a fixture, to be run beside the present one:
 *
 *   tsx scripts/previous.ts COMMIT FOLDER
 *
 * takes the sources as of COMMIT out of the history and writes two bundles that need nothing but Node: `core.js`, what the
 * simulator runs of a node, and `server.js`, the server process. They are made once per protocol version and never edited.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

/** How the simulator looks into a version: in its own sources, except of the first one. */
const ADAPTER = 'src/testing/simulator/core.ts';
const CORE = `export { PRESENT as CORE } from './${ADAPTER}';`;

const SERVER = `
import { parseArgs } from 'node:util';
import { createNode } from './src/node/create-node.js';
import { readSettings } from './src/node/config.js';
const text = { type: 'string' };
const options = { region: text, node: text, cluster: text, listen: text, flush: text, join: { type: 'string', multiple: true } };
const settings = readSettings(parseArgs({ options, allowPositionals: true }).values, {});
const say = (about, message) => console.error(message ?? '', JSON.stringify(about));
const node = await createNode({ ...settings, eager: true, log: { debug() {}, info: say, warn: say, error: say } });
const stop = () => node.close().then(() => process.exit(0));
process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
`;

/** Bundled with it, each under the MIT licence, whose text goes along. */
const PACKAGES = ['@hono/node-server', 'hono', 'lib0', 'ws'];

const [commit, folder] = process.argv.slice(2);
if (commit === undefined || folder === undefined) throw new Error('which commit, and where to?');
const target = resolve(folder);
const sources = mkdtempSync(join(tmpdir(), 'previous-'));
const archive = execFileSync('git', ['archive', commit, 'src', 'tsconfig.base.json'], { maxBuffer: 1 << 28 });
execFileSync('tar', ['-x', '-C', sources], { input: archive });
if (!existsSync(join(sources, ADAPTER))) copyFileSync(ADAPTER, join(sources, ADAPTER));
symlinkSync(resolve('node_modules'), join(sources, 'node_modules'));
writeFileSync(join(sources, 'package.json'), '{"type":"module"}');
mkdirSync(target, { recursive: true });
for (const [name, text] of Object.entries({ core: CORE, server: SERVER })) {
  const entry = join(sources, `${name}.ts`);
  writeFileSync(entry, text);
  await build({
    root: sources,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: entry,
      outDir: target,
      emptyOutDir: false,
      minify: true,
      target: 'node20',
      rolldownOptions: {
        output: { format: 'es', entryFileNames: '[name].js', codeSplitting: false },
      },
    },
  });
  const made = join(target, `${name}.js`);
  const header = `// Merganser as of ${commit}, bundled by scripts/previous.ts; never edited.`;
  writeFileSync(made, `${header}\n${readFileSync(made, 'utf8')}`);
}
const licences = PACKAGES.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`);
writeFileSync(join(target, 'LICENCES.txt'), licences.join('\n\n'));
rmSync(sources, { recursive: true });
