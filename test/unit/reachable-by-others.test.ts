import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReachableByOthers } from '../support/embedded-postgres/reachable-by-others.js';

let temporaryDirectory: string;

beforeEach(() => {
  temporaryDirectory = mkdtempSync(join(tmpdir(), 'reachable-by-others-'));
  chmodSync(temporaryDirectory, 0o755);
});

afterEach(() => {
  rmSync(temporaryDirectory, { recursive: true, force: true });
});

describe('reachable by others', () => {
  function directoryWithParentOfMode(mode: number): string {
    const directory = join(temporaryDirectory, 'some', 'where', 'inside');
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
    chmodSync(join(temporaryDirectory, 'some', 'where'), 0o755);
    chmodSync(join(temporaryDirectory, 'some'), mode);
    return directory;
  }

  it('is a directory below parents that others may enter', () => {
    expect(isReachableByOthers(directoryWithParentOfMode(0o711))).toBe(true);
  });

  it.each(['700', '750', '754'])('is no directory with a parent of mode %s', (mode) => {
    expect(isReachableByOthers(directoryWithParentOfMode(Number.parseInt(mode, 8)))).toBe(false);
  });

  it('is no directory that others may enter but not list', () => {
    const directory = directoryWithParentOfMode(0o755);
    chmodSync(directory, 0o711);

    expect(isReachableByOthers(directory)).toBe(false);
  });

  it('is nothing that does not exist', () => {
    expect(isReachableByOthers(join(temporaryDirectory, 'missing'))).toBe(false);
  });
});
