/** Rows of the table of calls, for tests: a plain call, and whatever is to be different about it. */
import type { Column } from '../../examples/call-centre/record.js';
import { COLUMNS } from '../../examples/call-centre/record.js';

const PLAIN: Readonly<Record<Column, string>> = {
  'vru+line': 'AA0101',
  call_id: '1',
  customer_id: '1234567',
  priority: '1',
  type: 'PS',
  date: '990105',
  vru_entry: '10:00:00',
  vru_exit: '10:00:10',
  vru_time: '10',
  q_start: '10:00:10',
  q_exit: '10:01:10',
  q_time: '60',
  outcome: 'AGENT',
  ser_start: '10:01:09',
  ser_exit: '10:03:09',
  ser_time: '120',
  server: 'ADA',
};

export function rowOf(cells: Partial<Record<Column, string>>): string {
  return COLUMNS.map((column) => cells[column] ?? PLAIN[column]).join('\t');
}

export function tableOf(...rows: readonly string[]): string[] {
  return [COLUMNS.join('\t'), ...rows];
}
