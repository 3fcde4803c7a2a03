/** How what the store does by itself changes cells: as whatever a user does (access.ts). */
export interface Changing {
  /** Whether writes are refused. */
  readonly closed: boolean;
  mutate(cell: number, change: (head: number, dot: number) => number): void;
}
