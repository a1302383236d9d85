import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { afterAll, expect } from '@jest/globals';

/** Looks for secrets in whatever came out. */
export interface LeakWatch {
  /** From now on these must not be seen. */
  guard(...secrets: readonly string[]): void;
  /** Takes in what came out: a text, a report, an error. Answers it. */
  see<Said>(said: Said): Said;
  /** Takes in every log line. */
  readonly logger: LoggerService & { readonly lines: string[] };
}

/** Watches over a test file: after its tests none of the guarded secrets may stand in anything that was seen. */
export function useLeakWatch(): LeakWatch {
  const guarded = new Set<string>();
  const seen: string[] = [];
  const lines: string[] = [];
  const log = (...parts: unknown[]): void => {
    lines.push(String(parts[0]));
    seen.push(...parts.map(spelledOut));
  };

  afterAll(() => {
    expect(guarded.size).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(0);
    const said = seen.join('\n');
    const leaked = [...guarded].filter((secret) => said.includes(secret)).length;
    expect(`${leaked} secrets of ${guarded.size} leaked`).toBe(`0 secrets of ${guarded.size} leaked`);
  });

  return {
    guard: (...secrets) => secrets.forEach((secret) => guarded.add(secret)),
    see: (said) => {
      seen.push(spelledOut(said));
      return said;
    },
    logger: { log, warn: log, error: log, debug: log, verbose: log, fatal: log, lines },
  };
}

/** As a careless logger would write it, causes, contexts and hidden properties too. */
function spelledOut(said: unknown): string {
  return typeof said === 'string'
    ? said
    : `${inspect(said, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })}\n${JSON.stringify(said)}`;
}
