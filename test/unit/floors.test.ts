import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string; readonly pathNot?: string };
  readonly to: { readonly path?: string; readonly pathNot?: string; readonly circular?: boolean };
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The files of src outside a room that import from it. */
function importersOf(room: string): string[] {
  const isImport = new RegExp(`from '(?:\\.{1,2}/)+${room}/`);
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith(`${room}/`))
    .filter((file) => isImport.test(readFileSync(join(ROOT, 'src', file), 'utf8')))
    .toSorted();
}

describe('the floors', () => {
  let rules: readonly Rule[];

  beforeAll(async () => {
    const loaded = (await import(join(ROOT, '.dependency-cruiser.js'))) as { default: { forbidden: Rule[] } };
    rules = loaded.default.forbidden;
  });

  /** The rules of lint that an import breaks. */
  const broken = (from: string, to: string): string[] =>
    rules
      .filter(
        ({ from: { path = '', pathNot = '^$' } }) => new RegExp(path).test(from) && !new RegExp(pathNot).test(from),
      )
      .filter(({ to: { path = '', pathNot = '^$', circular = false } }) => {
        return !circular && new RegExp(path).test(to) && !new RegExp(pathNot).test(to);
      })
      .map(({ name }) => name);

  it.each([
    ['a higher floor', 'src/errors/maintenance.error.ts', 'src/text/format.ts', ['errors-imports-lower-floors-alone']],
    [
      'another room of its floor',
      'src/cleanup/a.ts',
      'src/totp-key-rotation/b.ts',
      ['cleanup-imports-lower-floors-alone'],
    ],
    ['what holds all options', 'src/health/a.ts', 'src/options/b.ts', ['health-imports-lower-floors-alone']],
    ['anything, from outside of every room', 'src/utils.ts', 'src/errors/a.ts', ['in-a-room']],
    ['its own room', 'src/cleanup/a.ts', 'src/cleanup/targets/b.ts', []],
    ['a lower floor', 'src/cleanup/a.ts', 'src/batches/b.ts', []],
    ['a library', 'src/cleanup/a.ts', 'node_modules/valibot/index.js', []],
  ])('are kept by lint: an import of %s', (_, from, to, names) => {
    expect(broken(from, to)).toEqual(names);
  });

  it('refuse circles', () => {
    expect(rules.filter(({ to }) => to.circular === true)).toHaveLength(1);
  });

  it('let a task be known in three places outside its own folder', () => {
    expect(importersOf('dependency-scan')).toEqual([
      'index.ts',
      'maintenance-tasks.ts',
      'tenxyte-maintenance.service.ts',
    ]);
  });
});
