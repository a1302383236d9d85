/** A stream that the command line writes to; `isTTY` says that a person looks at it. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** The parts of the process that the command line uses, so that tests can stand in for it. */
export interface CommandLineIo {
  /** The arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
