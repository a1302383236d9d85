import { describe, expect, it } from '@jest/globals';
import { TenxyteMaintenanceHealthIndicator } from '../../src/health/tenxyte-maintenance.health-indicator.js';

describe('a database that cannot be asked', () => {
  it.each([
    [
      Object.assign(new Error('of host db-1'), { code: 'ECONNREFUSED' }),
      'the database could not be asked (ECONNREFUSED)',
    ],
    [Object.assign(new Error('of user me'), { code: '28P01' }), 'the database could not be asked (28P01)'],
    [Object.assign(new Error('of host db-1'), { code: 'host db-1' }), 'the database could not be asked'],
    [Object.assign(new Error('of host db-1'), { code: 7 }), 'the database could not be asked'],
    [undefined, 'the database could not be asked'],
  ])('is down, with a code of %s and no name', async (thrown, message) => {
    const fail = (): never => {
      throw thrown as Error;
    };
    const indicator = new TenxyteMaintenanceHealthIndicator(
      { toleranceFactor: 1, minToleranceMinutes: 1, backlogMaxAgeSeconds: 1, timeoutMs: 1_000 },
      { ensure: fail } as never,
      { evaluate: fail } as never,
      { report: fail } as never,
    );
    expect(await indicator.isHealthy()).toEqual({ 'tenxyte-maintenance': { status: 'down', message } });
  });
});
