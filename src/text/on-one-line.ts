/** Tenxyte's own names are no longer; a host's may be. */
const MAX_LENGTH = 100;

/**
 * Text that somebody else chose, fit for a line of a log or a terminal: without what moves, hides or breaks text, so that none can forge a
 * line, and cut at so many characters.
 *
 * @param maxLength @default 100
 */
export function onOneLine(text: string, maxLength = MAX_LENGTH): string {
  return Array.from(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, maxLength)
    .join('');
}
