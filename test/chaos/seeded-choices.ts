/** Choices that follow from a seed alone: the same seed makes the same ones, in the same order. */
export class SeededChoices {
  public constructor(private state: number) {}

  /** A number from 0 up to 1 (mulberry32). */
  public fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number between two others. */
  public between(least: number, most: number): number {
    return least + this.fraction() * (most - least);
  }

  /** A whole number below another one. */
  public below(count: number): number {
    return Math.floor(this.fraction() * count);
  }

  /** The same elements in some order. */
  public shuffled<Element>(elements: readonly Element[]): Element[] {
    return elements
      .map((element) => ({ element, place: this.fraction() }))
      .sort((one, other) => one.place - other.place)
      .map(({ element }) => element);
  }
}
