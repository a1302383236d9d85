import { Inject, Injectable, Logger } from '@nestjs/common';
import * as v from 'valibot';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';

/**
 * The form of the lines that the host's logger is given: a line of text, or an object with the line and its fields, for loggers that take
 * objects, such as nestjs-pino, nest-winston and Nest's own with `json: true`.
 */
export type LogFormat = 'text' | 'object';

/** DI token of the {@link LogFormat} in force. */
export const LOG_FORMAT = Symbol('TENXYTE_MAINTENANCE_LOG_FORMAT');

/** The format unless the options say otherwise. */
export const DEFAULT_LOG_FORMAT: LogFormat = 'text';

export const logFormatSchema = v.picklist(['text', 'object'], '"text" or "object"');

/** The level of a line, as Nest's loggers name it. */
export type LogLevel = 'debug' | 'log' | 'warn' | 'error';

/** Writes to the host's logger, in the format that it takes. */
@Injectable()
export class MaintenanceLog {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly format: LogFormat;

  public constructor(@Inject(LOG_FORMAT) logFormat: LogFormat, @Inject(RUN_ENVIRONMENT) environment: RunEnvironment) {
    // The command line prints lines.
    this.format = environment === 'command-line' ? 'text' : logFormat;
  }

  /**
   * Writes one line: `text` for people, `fields` for machines, of values that JSON can say, and no secret. A logger that throws cannot harm
   * the run.
   */
  public write(
    level: LogLevel,
    { text, fields }: { readonly text: string; readonly fields: Readonly<Record<string, unknown>> },
  ): void {
    try {
      // pino reads the line from `msg`, winston from `message`.
      this.logger[level](this.format === 'text' ? text : { msg: text, message: text, ...fields });
    } catch {
      // There is nowhere left to say so.
    }
  }
}
