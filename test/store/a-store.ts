import { Store } from '../../src/store/store.js';

/** Of a node whose clock stands still. */
export function store(node = 'a'): Store {
  return new Store({ node, incarnation: 1, clock: () => 1_700_000_000_000 });
}
