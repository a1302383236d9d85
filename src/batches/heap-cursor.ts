/** Pages from `from` up to, not including, `to`. */
export interface PageRange {
  readonly from: number;
  readonly to: number;
}

/** Hands out the pages of a heap, each to one walk, first to last or the other way round. */
export class HeapCursor {
  private next = 0;
  private pagesDone = 0;
  private readonly returned: PageRange[] = [];

  public constructor(
    private readonly pages: number,
    private readonly isBackwards = false,
  ) {}

  /** Pages that nobody has taken. */
  public get pagesLeft(): number {
    return this.returned.reduce((sum, { from, to }) => sum + to - from, this.pages - this.next);
  }

  /** The share of the pages that are done, 0 to 1; 1 for a heap without any. */
  public get fraction(): number {
    return this.pages === 0 ? 1 : this.pagesDone / this.pages;
  }

  /** The next pages, at most `size`, for the caller to finish or to give back; undefined when all are taken. */
  public take(size: number): PageRange | undefined {
    const returned = this.returned.pop();
    if (returned !== undefined) {
      return returned;
    }
    if (this.next >= this.pages) {
      return undefined;
    }
    const from = this.next;
    this.next = Math.min(this.pages, from + size);
    const to = this.next;
    return this.isBackwards ? { from: this.pages - to, to: this.pages - from } : { from, to };
  }

  /** Counts pages as done. */
  public finish({ from, to }: PageRange): void {
    this.pagesDone += to - from;
  }

  /** Leaves taken pages to whoever asks next. */
  public giveBack(range: PageRange): void {
    this.returned.push(range);
  }
}
