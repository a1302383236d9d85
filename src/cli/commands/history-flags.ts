import type { GenericSchema } from 'valibot';
import { UsageError } from '../../errors/usage.error.js';
import {
  RUN_ID_FORM,
  runHistoryEntries,
  type RunHistoryRequest,
  runIdRange,
} from '../../status/run-history-request.js';
import { describeValue, findProblems } from '../../validation/validation.js';

/** The flags of `history`, as commander gives them. */
export type HistoryFlags = Readonly<Partial<Record<HistoryFlag, string>>> & { readonly all?: boolean };

type HistoryFlag = keyof typeof runHistoryEntries;

/**
 * Makes the parser of a flag.
 *
 * @throws {UsageError} saying what came and what is accepted
 */
export function parseHistoryFlag(flag: HistoryFlag): (text: string) => string {
  return (text) => {
    const schema: GenericSchema = runHistoryEntries[flag];
    const [problem] = findProblems(schema, flag === 'limit' ? wholeNumberIn(text) : text);
    if (problem !== undefined) {
      throw new UsageError(`--${flag} is ${describeValue(text)}, accepted is ${problem.accepted}`);
    }
    return text;
  };
}

/**
 * Answers the one run or the list that a call asks for, its flags being found valid.
 *
 * @throws {UsageError} when the id is none, or stands beside a flag that filters a list
 */
export function historyWanted(
  runId: string | undefined,
  { task, status, since, before, limit, all = false }: HistoryFlags,
): string | RunHistoryRequest {
  const flags = { task, status, since, before, limit };
  const [given] = (Object.keys(flags) as HistoryFlag[]).filter((flag) => flags[flag] !== undefined);
  if (runId === undefined) {
    const filled = Object.entries({ ...flags, limit: limit === undefined ? undefined : Number(limit) });
    return { ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)), withoutIdle: !all };
  }
  if (runIdRange(runId) === undefined) {
    throw new UsageError(`the run is ${describeValue(runId)}, accepted is ${RUN_ID_FORM}`);
  }
  if (given !== undefined || all) {
    throw new UsageError(`--${given ?? 'all'} is given beside a run, accepted is one of both`);
  }
  return runId;
}

function wholeNumberIn(text: string): number {
  return /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN;
}
