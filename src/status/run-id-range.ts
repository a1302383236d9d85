const LOWEST = '00000000-0000-0000-0000-000000000000';
const SHORTEST_PREFIX = 4;

/** What is accepted as the id of a run. */
export const RUN_ID_FORM = `the id of a run, a UUID, or its first ${SHORTEST_PREFIX} characters or more`;

/** The lowest and the highest UUID that begin with a text. */
export interface RunIdRange {
  readonly from: string;
  readonly to: string;
}

/** Reads the id of a run, whole or its beginning; undefined when it is neither. */
export function runIdRange(text: unknown): RunIdRange | undefined {
  if (typeof text !== 'string' || text.length < SHORTEST_PREFIX || text.length > LOWEST.length) {
    return undefined;
  }
  const id = text.toLowerCase();
  const form = id.replaceAll(/[0-9a-f]/g, '0');
  const rest = LOWEST.slice(id.length);
  return LOWEST.startsWith(form) ? { from: `${id}${rest}`, to: `${id}${rest.replaceAll('0', 'f')}` } : undefined;
}
