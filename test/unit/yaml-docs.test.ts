import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

const DOCS = new URL('../../docs/', import.meta.url);
const blocks = readdirSync(DOCS)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) =>
    [...readFileSync(new URL(name, DOCS), 'utf8').matchAll(/```yaml\n([^`]*)```/g)].map(
      ([, text = ''], index) => [name, index + 1, text] as const,
    ),
  );

describe('the YAML in the docs', () => {
  it.each(blocks)('%s, block %i, can be read', (_name, _block, text) => {
    const problems = parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => message));
    expect(problems).toEqual([]);
  });

  it('has an expression in each of the alerts', () => {
    const [, , alerts = ''] = blocks.find(([name]) => name === 'operations.md') ?? [];
    const { groups } = parse(alerts) as { groups: readonly { rules: readonly object[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(4);
    expect(rules.filter((rule) => !('alert' in rule && 'expr' in rule && 'annotations' in rule))).toEqual([]);
  });
});
