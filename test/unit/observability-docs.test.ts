import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ATTRIBUTE_NAMES, METRIC_NAMES, SPAN_NAMES } from '../support/all-metrics.js';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const wordsOf = (path: string): string[] => [...textOf(path).matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

const PROMETHEUS_NAMES = METRIC_NAMES.map((name) => name.replaceAll('.', '_'));

/** As the map of events is put together. */
const EVENT_FILES = [...textOf('src/maintenance-tasks.ts').matchAll(/from '\.\/(.+events)\.js'/g)].map(
  ([, file = '']) => `src/${file}.ts`,
);

describe('the pages on observability', () => {
  it.each([...METRIC_NAMES, ...ATTRIBUTE_NAMES, ...SPAN_NAMES])('tell of %s', (name) => {
    expect(wordsOf('docs/metrics.md')).toContain(name);
  });

  it.each(PROMETHEUS_NAMES)('tell what Prometheus calls %s', (name) => {
    expect(wordsOf('docs/metrics.md').some((word) => word.startsWith(name))).toBe(true);
  });

  it('tell of no metric, span or attribute that there is not', () => {
    const names: readonly string[] = [...METRIC_NAMES, ...ATTRIBUTE_NAMES, ...SPAN_NAMES];
    const told = wordsOf('docs/metrics.md').filter((word) => word.startsWith('tenxyte.'));
    expect(told.filter((word) => !names.includes(word))).toEqual([]);
  });

  it('list the events that there are, and no other', () => {
    const declared = EVENT_FILES.flatMap((file) => [
      ...textOf(file).matchAll(/^ {2}readonly event: '(tenxyte-maintenance\.[^']+)';/gm),
    ]);
    const told = wordsOf('docs/events.md').filter(
      (word) => word.startsWith('tenxyte-maintenance.') && !word.endsWith('**'),
    );
    expect(new Set(told)).toEqual(new Set(declared.map(([, name]) => name)));
  });
});
