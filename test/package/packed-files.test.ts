import { beforeAll, describe, expect, it } from '@jest/globals';
import { pack } from './support/pack.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const FOR_USERS = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^CHANGELOG\.md$/,
  /^docs\/.+/,
  /^dist\/.+\.js$/,
  /^dist\/.+\.js\.map$/,
  /^dist\/.+\.cjs$/,
  /^dist\/.+\.d\.c?ts$/,
  /^dist\/THIRD-PARTY-LICENSES\.txt$/,
];

describe('the files of the package', () => {
  const directory = useTemporaryDirectory();
  let files: readonly string[];

  beforeAll(async () => {
    ({ files } = await pack(directory(), ['--dry-run']));
  });

  it('are only what a user needs', () => {
    expect(files.filter((file) => !FOR_USERS.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it.each(FOR_USERS)('include %s', (pattern) => {
    expect(files).toContainEqual(expect.stringMatching(pattern));
  });

  it('are few to load: the entry, the command and what they share', () => {
    expect(files.filter((file) => file.endsWith('.js')).length).toBeLessThan(30);
  });
});
