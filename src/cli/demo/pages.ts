/** Opens pages in the user's browser, where there is one. Where there is none nothing happens: the addresses are printed anyway. */
import { spawn } from 'node:child_process';

export function openPages(urls: readonly string[]): void {
  const opener = openerOf(process.platform, process.env);
  if (opener === undefined) return;
  const [command, ...first] = opener;
  for (const url of urls) {
    const child = spawn(command, [...first, url], { stdio: 'ignore', detached: true });
    child.on('error', () => undefined); // no such program: there is no browser to be had
    child.unref();
  }
}

export function openerOf(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): readonly [command: string, ...first: string[]] | undefined {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['cmd', '/c', 'start', ''];
  const screen = environment.DISPLAY ?? environment.WAYLAND_DISPLAY ?? '';
  return screen === '' ? undefined : ['xdg-open'];
}
