import * as v from 'valibot';

/**
 * What the host's logger is given: a line of text, or an object with the line and its fields, for loggers that take objects, such as
 * nestjs-pino, nest-winston and Nest's own with `json: true`.
 */
export type LogFormat = 'text' | 'object';

/** The format unless the options say otherwise. */
export const DEFAULT_LOG_FORMAT: LogFormat = 'text';

/** What a {@link LogFormat} may be. */
export const logFormatSchema = v.picklist(['text', 'object'], '"text" or "object"');
