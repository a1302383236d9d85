/**
 * A cron expression in words, such as `At 03:00`; the expression itself when it cannot be put into any. The library is loaded once this is
 * called: most processes never ask.
 */
export async function scheduleInWords(expression: string): Promise<string> {
  const { default: cronstrue } = await import('cronstrue');
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}
