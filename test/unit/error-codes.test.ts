import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { reportedError } from '../../src/contract/task-report.js';
import { ERROR_CODES, isRetryable } from '../../src/errors/error-codes.js';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import { MaintenanceConfigError, MaintenanceError, ShuttingDownError } from '../../src/index.js';

/** Texts of that form which are no codes of errors. */
const OTHERS = ['HEARTBEAT_MISSING', 'DATABASE_URL', 'NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'EAI_AGAIN'];

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const codes = Object.entries(ERROR_CODES);

describe('the codes of errors', () => {
  it('are all listed, with whether a retry can help', () => {
    const given = sources.flatMap((name) =>
      [...readFileSync(join('src', name), 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code = '']) => code),
    );
    const isCode = (code: string): boolean => !OTHERS.includes(code) && !code.startsWith('TENXYTE_');
    expect([...new Set(given)].filter(isCode).filter((code) => !Object.hasOwn(ERROR_CODES, code))).toEqual([]);
    expect(given.length).toBeGreaterThan(50);
  });

  it('are on the page of errors as they are in the code, each once', () => {
    const page = readFileSync('docs/errors.md', 'utf8');
    const told = [...page.matchAll(/^\| `([A-Z_]+)` +\| (yes|no) +\|/gm)].map(([, code, retry]) => [
      code,
      retry === 'yes',
    ]);
    expect(told).toEqual(codes.map(([code, isTrue]) => [code, isTrue]));
  });

  it('are answered by the filter that the page shows, word by word', () => {
    const lines = readFileSync('test/support/maintenance-error.filter.ts', 'utf8').split('\n');
    const shown = lines.filter((line) => !line.includes('oxlint')).join('\n');
    expect(readFileSync('docs/errors.md', 'utf8')).toContain(
      shown.replace('../../src/index.js', '@tenxyte/nestjs-maintenance'),
    );
  });

  it('say of what a host catches whether a retry can help', () => {
    expect(new ShuttingDownError('cleanup').retryable).toBe(true);
    expect(new RunInterruptedError('lease-lost').retryable).toBe(true);
    expect(new MaintenanceConfigError('Invalid call', []).retryable).toBe(false);
    expect(new MaintenanceError('OF_ANOTHER_RELEASE', 'odd').retryable).toBe(false);
    expect(isRetryable('toString')).toBe(false);
  });

  it.each([
    [{ code: '55P03' }, 'LOCK_TIMEOUT', true],
    [{ code: '40P01' }, 'DEADLOCK', true],
    [{ code: '40001' }, 'SERIALIZATION_FAILURE', true],
    [{ code: '57P03' }, 'CONNECTION_LOST', true],
    [{ code: '53300' }, 'CONNECTION_FAILED', true],
    [{ code: 'ECONNREFUSED' }, 'CONNECTION_FAILED', true],
    [{ code: 'ENOTFOUND' }, 'CONNECTION_FAILED', true],
    [{ message: 'timeout exceeded when trying to connect' }, 'CONNECTION_FAILED', true],
    [{ code: '42501' }, 'PERMISSION_DENIED', false],
    [{ code: '28P01' }, 'DATABASE', false],
    [{ code: '42P01' }, 'DATABASE', false],
    [{}, 'UNEXPECTED', false],
  ])('say of the database’s own %j that it is %s, and retryable: %s', (fields, code, retryable) => {
    const error = Object.assign(new Error('odd'), fields);
    expect(reportedError(error)).toEqual({ code, message: error.message, retryable });
  });
});
