import { OLDEST_SERVER_VERSION } from '../database/database-clock.js';
import type { DoctorCheck } from './doctor-report.js';
import type { DoctorThresholds } from './doctor-thresholds.js';
import type { ServerFacts } from './server-facts.js';

/** Checks the server's version, whether it can be written to, and its clock. */
export function serverChecks(facts: ServerFacts, thresholds: DoctorThresholds): DoctorCheck[] {
  const { version, database, role } = facts;
  return [
    { name: 'connection', level: 'ok', message: `PostgreSQL ${version}, database "${database}", role "${role}"` },
    ...versionChecks(facts),
    ...writableChecks(facts),
    clockCheck(facts, thresholds),
  ];
}

function versionChecks({ versionNumber, version }: ServerFacts): DoctorCheck[] {
  if (versionNumber >= OLDEST_SERVER_VERSION) {
    return [];
  }
  const oldest = OLDEST_SERVER_VERSION / 10_000;
  return [
    {
      name: 'server-version',
      level: 'problem',
      message: `the server is PostgreSQL ${version}, ${oldest} or newer is needed: every run is refused`,
      whatToDo: `upgrade the server to PostgreSQL ${oldest} or newer`,
    },
  ];
}

function writableChecks({ isInRecovery, isReadOnlyByDefault, database, role }: ServerFacts): DoctorCheck[] {
  if (isInRecovery) {
    return [
      {
        name: 'writable',
        level: 'problem',
        message: 'the server is in recovery, most likely a replica: nothing can be deleted on it',
        whatToDo: 'connect to the primary',
      },
    ];
  }
  if (!isReadOnlyByDefault) {
    return [];
  }
  return [
    {
      name: 'writable',
      level: 'problem',
      message: `default_transaction_read_only is on for role "${role}" in database "${database}": somebody meant it to be read, not changed`,
      whatToDo:
        'connect to the database that is to be cleaned, or turn the setting off where it was turned on: alter database or alter role … reset default_transaction_read_only',
    },
  ];
}

function clockCheck({ clockAheadMs }: ServerFacts, { clockSkewMs }: DoctorThresholds): DoctorCheck {
  const apart = Math.abs(clockAheadMs);
  const message = `the database's clock is ${apart} ms ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  return apart <= clockSkewMs
    ? { name: 'clock', level: 'ok', message }
    : {
        name: 'clock',
        level: 'advice',
        message: `${message}; runs go by the database's`,
        whatToDo: 'synchronise both clocks (NTP), or set retention.expiredGraceMinutes above the difference',
      };
}
