const MAX_LENGTH = 2_000;

/** Text of one line that moves, hides or reorders nothing: all white space is one blank, and what is never seen is dropped. */
const INVISIBLE = /[\p{Cf}\p{Cs}\p{DI}]|(?![\s\u0085])\p{Cc}/gu;
const WHITE_SPACE = /[\s\u0085]+/g;

/**
 * The message of anything thrown, on one line of at most 2,000 characters, with the credentials of any URL in it removed. Only the primary
 * message is used: PostgreSQL's `detail` may quote a row.
 */
export function errorMessage(error: unknown): string {
  const line = primaryMessage(error).replace(INVISIBLE, '').replace(WHITE_SPACE, ' ').trim();
  return cut(redactUrls(line));
}

function primaryMessage(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.message === '') {
      return error.errors.map(primaryMessage).join('; ');
    }
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'something that has no message';
  }
}

/** A password may itself hold `/` or `@`: all up to the last `@` of the word goes. */
function redactUrls(text: string): string {
  return text.replace(/:\/\/\S*@/g, '://***@');
}

function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
