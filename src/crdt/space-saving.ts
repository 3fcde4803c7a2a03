/**
 * SpaceSaving: the items that are counted most often, without counting all of them. So many items are watched; when another one comes,
 * the one with the least count gives way, and what it had counts as what the new one might have had before: its error. So a
 * count is never too low, and too high by no more than its error, which is at most (all that was counted) ÷ (items watched).
 *
 * One writer. What gives way is the least by (count, item), and that pair only rises: the `floor`. Everything watched lies above it,
 * so of two versions of a table the counts are joined by maximum, the floors by maximum, and what is not above the floor goes. That
 * is a lattice, as in the capped log, and a part of the table is as good as the whole.
 *
 * Source: Metwally, Agrawal, El Abbadi (ICDT 2005). Cost: some 100 bytes an item; a count is a look-up and a few moves in a heap, which
 * only the writer has.
 */

export interface Watched {
  readonly item: string;
  /** At most so often. */
  count: number;
  /** And by so much less, perhaps. */
  error: number;
  /** A dot at or behind the one that last changed it. */
  dot: number;
  /** Its place in the heap, if there is one. */
  at: number;
}

/** Least first. */
function compare(count: number, item: string, other: Watched): number {
  return count - other.count || (item < other.item ? -1 : item > other.item ? 1 : 0);
}

export class Table {
  /** The last dot that changed something. */
  dot = 0;
  /** All that was ever counted. */
  total = 0;
  /** What gave way last: nobody who is not watched was counted more often. */
  floorCount = 0;
  floorItem = '';
  readonly #items = new Map<string, Watched>();
  /** The least first; undefined until something has to give way. */
  #heap: Watched[] | undefined;

  get size(): number {
    return this.#items.size;
  }

  get(item: string): Watched | undefined {
    return this.#items.get(item);
  }

  values(): IterableIterator<Watched> {
    return this.#items.values();
  }

  /** Count an item `n` times more, and watch no more than `capacity` of them. */
  add(item: string, n: number, capacity: number, dot: number): void {
    this.total += n;
    this.dot = dot;
    const known = this.#items.get(item);
    if (known !== undefined) {
      known.count += n;
      known.dot = dot;
      if (this.#heap !== undefined) sink(this.#heap, known.at);
      if (this.#items.size > capacity) this.#giveWay(capacity);
      return;
    }
    if (this.#items.size >= capacity) this.#giveWay(capacity - 1);
    const watched: Watched = { item, count: this.floorCount + n, error: this.floorCount, dot, at: 0 };
    this.#items.set(item, watched);
    if (this.#heap === undefined) return;
    this.#heap.push(watched);
    rise(this.#heap, this.#heap.length - 1);
  }

  /** What another version of the table says of an item. */
  raise(other: Watched): void {
    if (compare(this.floorCount, this.floorItem, other) >= 0) return;
    const mine = this.#items.get(other.item);
    if (mine !== undefined && other.count <= mine.count) return;
    this.#items.set(other.item, { ...other });
    this.#heap = undefined;
  }

  /** What gave way elsewhere gives way here. */
  lift(count: number, item: string): void {
    const lower = this.floorCount - count || (this.floorItem < item ? -1 : 0);
    if (lower >= 0) return;
    this.floorCount = count;
    this.floorItem = item;
    for (const watched of this.#items.values())
      if (compare(count, item, watched) >= 0) this.#items.delete(watched.item);
    this.#heap = undefined;
  }

  join(other: Table): void {
    this.lift(other.floorCount, other.floorItem);
    for (const watched of other.values()) this.raise(watched);
    this.total = Math.max(this.total, other.total);
    this.dot = Math.max(this.dot, other.dot);
  }

  copy(): Table {
    const copy = new Table();
    copy.dot = this.dot;
    copy.total = this.total;
    copy.floorCount = this.floorCount;
    copy.floorItem = this.floorItem;
    for (const watched of this.#items.values()) copy.#items.set(watched.item, { ...watched });
    return copy;
  }

  #giveWay(left: number): void {
    const heap = this.#heaped();
    while (heap.length > left) {
      const least = heap[0] as Watched;
      const last = heap.pop() as Watched;
      this.#items.delete(least.item);
      this.floorCount = least.count;
      this.floorItem = least.item;
      if (last === least) return;
      heap[0] = last;
      sink(heap, 0);
    }
  }

  #heaped(): Watched[] {
    if (this.#heap !== undefined) return this.#heap;
    const heap = [...this.#items.values()].sort((a, b) => compare(a.count, a.item, b));
    heap.forEach((watched, at) => {
      watched.at = at;
    });
    this.#heap = heap;
    return heap;
  }
}

function put(heap: Watched[], watched: Watched, at: number): void {
  heap[at] = watched;
  watched.at = at;
}

function rise(heap: Watched[], from: number): void {
  const watched = heap[from] as Watched;
  let at = from;
  while (at > 0) {
    const above = (at - 1) >>> 1;
    const parent = heap[above] as Watched;
    if (compare(watched.count, watched.item, parent) > 0) break;
    put(heap, parent, at);
    at = above;
  }
  put(heap, watched, at);
}

function sink(heap: Watched[], from: number): void {
  const watched = heap[from] as Watched;
  let at = from;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    const right = heap[below + 1];
    if (right !== undefined && compare(right.count, right.item, heap[below] as Watched) < 0) below++;
    const child = heap[below] as Watched;
    if (compare(watched.count, watched.item, child) < 0) break;
    put(heap, child, at);
    at = below;
  }
  put(heap, watched, at);
}

/** An item over several tables: counted between count − error and count times. */
export interface Counted {
  readonly item: string;
  readonly count: number;
  readonly error: number;
}

/**
 * The `n` largest of several tables as one, the largest first, of equal ones the surer and then by name. An item that a table
 * does not watch may have been counted there as often as what gave way last. Errors add up.
 */
export function largest(tables: readonly Table[], n: number): Counted[] {
  let floors = 0;
  for (const { floorCount } of tables) floors += floorCount;
  const found = new Map<string, { item: string; count: number; error: number }>();
  for (const table of tables) {
    for (const { item, count, error } of table.values()) {
      const sum = found.get(item);
      if (sum === undefined) {
        const elsewhere = floors - table.floorCount;
        found.set(item, { item, count: count + elsewhere, error: error + elsewhere });
      } else {
        sum.count += count - table.floorCount;
        sum.error += error - table.floorCount;
      }
    }
  }
  const order = (a: Counted, b: Counted): number =>
    b.count - a.count || a.error - b.error || (a.item < b.item ? -1 : 1);
  return [...found.values()].sort(order).slice(0, n);
}
