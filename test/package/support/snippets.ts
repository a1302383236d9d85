import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.js';

/** A block of code in the documentation. */
export interface Snippet {
  /** Such as `README.md`. */
  readonly page: string;
  /** Of its first line in the page. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** A page of the documentation. */
export interface Page {
  /** Such as `README.md`. */
  readonly page: string;
  readonly text: string;
}

/** The README and the pages of `docs`. */
export function pages(): readonly Page[] {
  const names = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)].map((page) => ({
    page,
    text: readFileSync(join(REPOSITORY, page), 'utf8'),
  }));
}

/** All blocks of code of the pages, in any language. */
export function snippets(): readonly Snippet[] {
  return pages().flatMap(({ page, text }) =>
    [...text.matchAll(/^ *```(\w+).*\n([^]*?)^ *```$/gm)].map(({ index, 1: language = '', 2: code = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length + 1,
      language,
      code,
    })),
  );
}
