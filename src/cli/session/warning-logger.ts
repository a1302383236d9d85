import type { LoggerService } from '@nestjs/common';

/** Loggers whose errors also end the run with a sentence, or stand in its report. */
const REPORTED_OTHERWISE: readonly unknown[] = ['TenxyteMaintenance', 'TypeOrmModule', 'ExceptionHandler'];

/** Passes on warnings, and the errors of the host's own providers, a line each; everything else is left out. */
export class WarningLogger implements LoggerService {
  public constructor(private readonly print: (line: string) => void) {}

  public log(): void {
    // The report says what was done.
  }

  public warn(message: unknown): void {
    this.print(String(message));
  }

  /** Nest gives the logger's name last. */
  public error(message: unknown, ...details: readonly unknown[]): void {
    if (!REPORTED_OTHERWISE.includes(details.at(-1))) {
      this.print(String(message));
    }
  }
}
