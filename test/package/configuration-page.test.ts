import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfigurationPage } from '../../scripts/configuration-reference/configuration-page.js';
import { configurationPage } from '../../scripts/configuration-reference/configuration-page.js';
import { REPOSITORY } from './support/repository.js';

describe('the page of the options', () => {
  let page: ConfigurationPage;

  beforeAll(async () => {
    page = await configurationPage(REPOSITORY);
  });

  it('is what the types say: npm run docs:configuration writes it', async () => {
    expect(await readFile(`${REPOSITORY}/${page.file}`, 'utf8')).toBe(page.markdown);
  });

  it('says something about every option, and what it is when left out', () => {
    expect(page.problems).toEqual([]);
  });

  it.each([
    ['a field of a nested object', '### `cleanup.lockTimeoutMs`\n\n`number`, default: `2000`\n'],
    ['a field of an element of a list', '### `dependencyScan.allow[].reason`\n\n`string`, required\n'],
    ['a union with its members', "`'rolling' | 'atomic'`, default: `'rolling'`"],
    ['the values of a record', '### `retentionBounds.*.maxDays`'],
    ['an inherited option', '### `leaseSeconds`'],
    ['what stands beside the options', '### `isGlobal`'],
  ])('has %s', (_, expected) => {
    expect(page.markdown).toContain(expected);
  });
});
