import { describe, expect, it } from '@jest/globals';
import { replicaCheck } from '../../src/doctor/replica-checks.js';

describe('the replicas that the doctor names', () => {
  it('are ten hosts at most, and the count of the rest', () => {
    const hosts = Array.from({ length: 12 }, (_, index) => ({ host: `h${index}`, processes: 1 }));
    expect(replicaCheck(hosts).message).toMatch(/: 12, on h0, .*, h9 and 2 more$/);
  });
});
