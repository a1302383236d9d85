import { reportedError } from '../contract/task-report.js';
import { errorMessage } from '../errors/error-message.js';
import { UsageError } from '../errors/usage.error.js';
import { fold } from '../text/fold.js';
import { columnsOf, paintFor } from '../text/paint.js';
import type { CommandLineIo, OutputStream } from './command-line-io.js';
import type { CommandOutcome } from './command-outcome.js';
import { EXIT_CODE, type ExitCode, exitCodeOfError } from './exit-codes.js';
import type { Redact } from './session/redaction.js';

/** Writes reports to standard output and everything else to standard error. */
export class CommandOutput {
  private redact: Redact = (text) => text;

  public constructor(
    private readonly io: CommandLineIo,
    private readonly isJson: boolean,
  ) {}

  /** From now on nothing is written that this would take out, nor what was hidden before. */
  public hide(redact: Redact): void {
    const { redact: before } = this;
    this.redact = (text) => redact(before(text));
  }

  /** The terminal to draw progress on; undefined when nobody watches or only a document is wanted. */
  public get liveTerminal(): OutputStream | undefined {
    return this.io.stderr.isTTY === true && !this.isJson ? this.io.stderr : undefined;
  }

  /** Standard output for what is shown for as long as a person looks at it; each text has to be redacted. */
  public get live(): Pick<CommandLineIo, 'stdout' | 'env'> & { readonly redact: Redact } {
    return { stdout: this.io.stdout, env: this.io.env, redact: (text) => this.redact(text) };
  }

  /** Writes a line to standard error. */
  public readonly note = (text: string): void => {
    this.io.stderr.write(`${fold(this.redact(text), columnsOf(this.io.stderr))}\n`);
  };

  /** Writes the report, for a program or a person, and the one sentence about what went wrong, if anything did. */
  public finish({ report, text, exitCode, complaint }: CommandOutcome): ExitCode {
    const paint = paintFor(this.io.stdout, this.io.env);
    if (this.isJson) {
      this.io.stdout.write(this.document(report));
    } else if (text !== undefined) {
      this.io.stdout.write(`${fold(this.redact(text(paint)), paint.columns)}\n`);
    }
    if (complaint !== undefined) {
      this.complain(complaint);
    }
    return exitCode;
  }

  /** Says in one sentence why a command ended without a report. */
  public fail(task: string | null, error: unknown): ExitCode {
    const message = asSentence(error instanceof UsageError ? error.message : errorMessage(error));
    const exitCode = exitCodeOfError(error);
    if (this.isJson) {
      const status = exitCode === EXIT_CODE.stopped ? 'stopped' : 'failed';
      this.io.stdout.write(this.document({ task, status, error: { ...reportedError(error), message } }));
    }
    this.complain(message);
    return exitCode;
  }

  private complain(text: string): void {
    this.note(`tenxyte-maintenance: ${asSentence(text)}`);
  }

  /** Only messages may quote what a library said; names and numbers are this package's own. */
  private document(report: object): string {
    const redactMessage = (key: string, value: unknown): unknown =>
      key === 'message' && typeof value === 'string' ? this.redact(value) : value;
    return `${JSON.stringify(report, redactMessage, 2)}\n`;
  }
}

function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
