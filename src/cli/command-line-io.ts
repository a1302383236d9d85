import type { CommandSignals } from './command-interruption.js';

/** A stream that the command line writes to; `isTTY` says that a person looks at it, and `columns` how wide it is then. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** The parts of the process that the command line uses, so that tests can stand in for it. */
export interface CommandLineIo {
  /** The arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a person answers; without it nobody is asked. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** What may end the call from outside. @default nothing */
  readonly signals?: CommandSignals;
}
