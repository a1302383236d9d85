import { Writable } from 'node:stream';

/** A stream that takes itself for a terminal of 120 columns unless it is told, and keeps what is written to it. */
export class FakeTerminal extends Writable {
  public readonly isTTY = true;
  public written = '';

  public constructor(public readonly columns = 120) {
    super();
  }

  public override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.written += chunk.toString();
    done();
  }
}
