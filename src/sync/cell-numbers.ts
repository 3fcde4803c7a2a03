/**
 * Cells travel under the sender's numbers, each defined (type, parent, key) when it is first used. Both ends of one direction
 * of a link remember which: the sender what the other side can translate, the receiver what it stands for here.
 *
 * When cells are dropped here, whatever stood for them must stand for nothing, at once, since their numbers are used again.
 * With ten million cells a walk over the receiver's table would stop the node for a second. So the dropped numbers are
 * remembered, each with the time of its drop, and a page of the table is swept before it is used; every drop sweeps some
 * more, in turn, and what all pages have seen is remembered no longer.
 *
 * Invariant: an entry of a page stands for the cell that had the number at some time after the page's last sweep.
 * Cost: one bit a cell at the sender, about 6 bytes a cell at the receiver; a drop costs what is dropped.
 */

/** Cell numbers that the other side has a definition of. */
export class KnownCells {
  #bits = new Uint32Array(16);
  readonly #before: KnownCells | undefined;

  /** @param before those of the frames before a cut, which are known as well once the cut is a frame (`join`) */
  constructor(before?: KnownCells) {
    this.#before = before;
  }

  has(cell: number): boolean {
    return (((this.#bits[cell >>> 5] ?? 0) >>> (cell & 31)) & 1) === 1;
  }

  add(cell: number): void {
    const word = cell >>> 5;
    if (word >= this.#bits.length) this.#widen(Math.max(word + 1, this.#bits.length * 2));
    this.#bits[word] = (this.#bits[word] as number) | (1 << (cell & 31));
  }

  delete(cell: number): void {
    const word = cell >>> 5;
    if (word < this.#bits.length) this.#bits[word] = (this.#bits[word] as number) & ~(1 << (cell & 31));
    this.#before?.delete(cell);
  }

  /** Those of a cut are known from now on. */
  join(cut: KnownCells): void {
    const other = cut.#bits;
    if (other.length > this.#bits.length) this.#widen(other.length);
    for (let word = 0; word < other.length; word++)
      this.#bits[word] = (this.#bits[word] as number) | (other[word] as number);
  }

  #widen(words: number): void {
    const wider = new Uint32Array(words);
    wider.set(this.#bits);
    this.#bits = wider;
  }
}

/** Small enough that numbers far apart, which only a liar sends, cost little; large enough that dense ones cost 6 bytes each. */
const PAGE_BITS = 7;
const PAGE_MASK = (1 << PAGE_BITS) - 1;
/** Pages that a drop sweeps at least, and for how many dropped cells one more. */
const SWEPT_PAGES = 64;
const CELLS_PER_PAGE = 4;

interface Page {
  readonly cells: Int32Array;
  /** The last drop that it has seen. */
  swept: number;
}

/** The sender's cell numbers → ours, in pages. */
export class CellMap {
  #pages = new Map<number, Page>();
  /** Dropped cell → which drop it was; the earliest first. */
  #gone = new Map<number, number>();
  #drop = 0;
  /** The walk over all pages, and the drop at which it began. */
  #walk = this.#pages.values();
  #walkFrom = 0;

  get(wire: number): number {
    const page = this.#pages.get(wire >>> PAGE_BITS);
    if (page === undefined) return 0;
    this.#fresh(page);
    return page.cells[wire & PAGE_MASK] as number;
  }

  set(wire: number, cell: number): void {
    let page = this.#pages.get(wire >>> PAGE_BITS);
    if (page === undefined) {
      page = { cells: new Int32Array(PAGE_MASK + 1), swept: this.#drop };
      this.#pages.set(wire >>> PAGE_BITS, page);
    } else this.#fresh(page);
    page.cells[wire & PAGE_MASK] = cell;
  }

  /** These cells are gone here: the numbers that stood for them stand for nothing. */
  forget(gone: ReadonlySet<number>): void {
    if (this.#pages.size === 0) return;
    this.#drop++;
    for (const cell of gone) {
      this.#gone.delete(cell);
      this.#gone.set(cell, this.#drop);
    }
    for (let left = SWEPT_PAGES + gone.size / CELLS_PER_PAGE; left > 0; left--) {
      const { done, value } = this.#walk.next();
      if (done === true) {
        this.#forgetSeen();
        break;
      }
      this.#sweep(value);
    }
  }

  /**
   * What stood here and what a cut told, in one of the two. A number that stands in both stands for the same: it is used again once
   * everybody has the removal of what it stood for, and so all frames before that. Cost: a look at the smaller one.
   */
  joined(cut: CellMap): CellMap {
    if (cut === this) return this;
    const [large, small] = this.#pages.size < cut.#pages.size ? [cut, this] : [this, cut];
    for (const [at, page] of small.#pages) {
      small.#fresh(page);
      const known = large.#pages.get(at);
      if (known === undefined) large.#pages.set(at, { cells: page.cells.slice(), swept: large.#drop });
      else {
        large.#fresh(known);
        page.cells.forEach((cell, i) => {
          if (cell !== 0 && (small === cut || known.cells[i] === 0)) known.cells[i] = cell;
        });
      }
    }
    return large;
  }

  clear(): void {
    this.#pages.clear();
    this.#gone.clear();
    this.#restart();
  }

  #fresh(page: Page): void {
    if (page.swept !== this.#drop) this.#sweep(page);
  }

  #sweep(page: Page): void {
    const { cells, swept } = page;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number;
      if (cell !== 0 && (this.#gone.get(cell) ?? 0) > swept) cells[i] = 0;
    }
    page.swept = this.#drop;
  }

  /** Every page has seen the drops up to where the walk began. */
  #forgetSeen(): void {
    for (const [cell, drop] of this.#gone) {
      if (drop > this.#walkFrom) break;
      this.#gone.delete(cell);
    }
    this.#restart();
  }

  #restart(): void {
    this.#walk = this.#pages.values();
    this.#walkFrom = this.#drop;
  }
}
