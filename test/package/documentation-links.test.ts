import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const DOCS = readdirSync('docs').filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', 'CHANGELOG.md', ...DOCS.map((name) => `docs/${name}`)];

/** The names that GitHub gives to the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .replaceAll(/\]\([^)]*\)/gu, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What the links of a page within this repository lead to that is not there. */
function deadLinksOf(page: string): readonly string[] {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/u.test(link)) {
      return false;
    }
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
}

describe('the documentation', () => {
  it.each(PAGES)('has no dead link within the repository: %s', (page) => {
    expect(deadLinksOf(page)).toEqual([]);
  });

  it('is reached page by page from its table of contents', () => {
    const contents = readFileSync('docs/README.md', 'utf8');
    const pages = DOCS.filter((name) => name !== 'README.md');
    expect(pages.filter((name) => !contents.includes(`](${name})`))).toEqual([]);
  });
});
