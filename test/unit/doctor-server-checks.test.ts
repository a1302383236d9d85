import { describe, expect, it } from '@jest/globals';
import { DEFAULT_DOCTOR_THRESHOLDS } from '../../src/doctor/doctor-thresholds.js';
import { serverChecks } from '../../src/doctor/server-checks.js';
import type { ServerFacts } from '../../src/doctor/server-facts.js';

const HEALTHY: ServerFacts = {
  versionNumber: 140_000,
  version: '14.0',
  database: 'auth',
  role: 'maintenance',
  isInRecovery: false,
  isReadOnlyByDefault: false,
  clockAheadMs: 0,
};

const findings = (changes: Partial<ServerFacts>) =>
  serverChecks({ ...HEALTHY, ...changes }, DEFAULT_DOCTOR_THRESHOLDS).filter(({ level }) => level !== 'ok');

describe('the doctor about the server', () => {
  it('finds nothing wrong with PostgreSQL 14 and clocks 5 s apart', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ clockAheadMs: 5_000 })).toEqual([]);
    expect(findings({ clockAheadMs: -5_000 })).toEqual([]);
  });

  it('names the server, the database and the role', () => {
    const [connection] = serverChecks(HEALTHY, DEFAULT_DOCTOR_THRESHOLDS);
    expect(connection).toEqual({
      name: 'connection',
      level: 'ok',
      message: 'PostgreSQL 14.0, database "auth", role "maintenance"',
    });
  });

  it.each([
    [
      'an older server',
      { versionNumber: 130_020, version: '13.20' },
      'server-version',
      'problem',
      'upgrade the server',
    ],
    ['a replica', { isInRecovery: true }, 'writable', 'problem', 'connect to the primary'],
    ['read-only transactions', { isReadOnlyByDefault: true }, 'writable', 'problem', 'default_transaction_read_only'],
    ['a clock ahead', { clockAheadMs: 5_001 }, 'clock', 'advice', 'NTP'],
    ['a clock behind', { clockAheadMs: -5_001 }, 'clock', 'advice', 'NTP'],
  ] as const)('speaks up about %s and says what to do', (_, changes, name, level, cure) => {
    expect(findings(changes)).toEqual([
      { name, level, message: expect.any(String), whatToDo: expect.stringContaining(cure) },
    ]);
  });

  it('does not call a replica read-only twice', () => {
    expect(findings({ isInRecovery: true, isReadOnlyByDefault: true })).toHaveLength(1);
  });
});
