import { describe, expect, it } from 'vitest';
import { ProgressLine } from '../../src/cli/progress-line.js';

function terminal(isTTY: boolean): { out: ConstructorParameters<typeof ProgressLine>[0]; written: string[] } {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  return { out: { isTTY, columns: 20, write }, written };
}

describe('a progress line', () => {
  it('is written over itself, within the width, and makes room', () => {
    const { out, written } = terminal(true);
    const line = new ProgressLine(out);
    line.clear();
    line.show('one');
    line.show('one');
    line.show('receiving 34 % (340,000 of 1,000,000 keys)');
    line.clear();
    line.clear();
    const erase = '\r\u001b[2K';
    expect(written).toEqual([`${erase}one`, `${erase}receiving 34 % (340`, erase]);
  });

  it('is nothing where nobody looks', () => {
    const { out, written } = terminal(false);
    const line = new ProgressLine(out);
    line.show('one');
    line.clear();
    expect(written).toEqual([]);
  });
});
