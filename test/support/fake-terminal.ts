import { Writable } from 'node:stream';

/** A stream that takes itself for a terminal of 120 columns, and keeps what is written to it. */
export class FakeTerminal extends Writable {
  public readonly isTTY = true;
  public readonly columns = 120;
  public written = '';

  public override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.toString();
    done();
  }
}
