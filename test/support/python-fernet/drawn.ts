/** Draws from a seed: the same things in the same order, wherever and whenever. */
export class Drawn {
  public constructor(private state: number) {}

  /** A whole number from 0 to below `end`. */
  public below(end: number): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  public of<Value>(values: ArrayLike<Value>): Value {
    const value = values[this.below(values.length)];
    if (value === undefined) {
      throw new RangeError('nothing to draw from');
    }
    return value;
  }

  public bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Puts one of the texts in, anywhere. */
  public inserted(text: string, insertions: readonly string[]): string {
    return this.spliced(text, 0, this.of(insertions));
  }

  /** Takes some characters out anywhere, and puts others in. */
  public spliced(text: string, removed: number, put: string): string {
    const characters = Array.from(text);
    characters.splice(this.below(characters.length + 1), removed, put);
    return characters.join('');
  }
}
