/**
 * The message of anything thrown, on one line, with the credentials of any URL in it removed. Only the primary message
 * is used: PostgreSQL's `detail` may quote a row.
 */
export function errorMessage(error: unknown): string {
  return redactUrls(primaryMessage(error)).replace(/\s+/g, ' ').trim();
}

function primaryMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(primaryMessage).join('; ');
  }
  return error instanceof Error ? error.message || error.name : String(error);
}

/** A password may itself hold `/` or `@`: all up to the last `@` of the word goes. */
function redactUrls(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, '$1***@');
}
