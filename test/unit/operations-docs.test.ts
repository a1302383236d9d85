import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ATTRIBUTE_NAMES, METRIC_NAMES } from '../support/all-metrics.js';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const metricsPage = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const rules = /<!-- alerts -->\n+```yaml\n([^`]*)```/.exec(page)?.[1] ?? '';
const namesIn = (text: string): string[] => [...new Set(text.match(/\btenxyte_maintenance_\w+/g))];
const inPrometheus = (name: string): string => name.replaceAll('.', '_');

describe('the alert rules of the page on operations', () => {
  it('name metrics as the page on metrics names them, and attributes that there are', () => {
    const attributes: readonly string[] = ATTRIBUTE_NAMES.map(inPrometheus);
    const known = METRIC_NAMES.map(inPrometheus);
    const metrics = namesIn(rules).filter((name) => !attributes.includes(name));
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !metricsPage.includes(`\`${name}\``))).toEqual([]);
    expect(metrics.filter((name) => !known.includes(name.replace(/_total$/, '')))).toEqual([]);
  });
});
