import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { massSuspension } from '../../src/agent-heartbeat/mass-suspension.js';

describe('the mass-suspension brake', () => {
  it('passes exactly its fraction and trips one agent above, whatever the figures', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 100_000 }), (thousandths, thousands) => {
        const brake = { minAgents: 1, maxFraction: Number(`0.${String(thousandths).padStart(3, '0')}`) };
        const monitored = thousands * 1000;
        const overdue = thousands * thousandths;
        expect(massSuspension({ monitored, overdue }, brake)).toBeUndefined();
        expect(massSuspension({ monitored, overdue: overdue + 1 }, brake)).toBeDefined();
      }),
    );
  });

  it('does not trip below its number of agents, and trips at it', () => {
    const brake = { minAgents: 10, maxFraction: 0.5 };
    expect(massSuspension({ monitored: 9, overdue: 9 }, brake)).toBeUndefined();
    expect(massSuspension({ monitored: 10, overdue: 10 }, brake)?.counts).toEqual({ monitored: 10, overdue: 10 });
  });

  it('never trips where there is none', () => {
    expect(massSuspension({ monitored: 9, overdue: 9 }, undefined)).toBeUndefined();
  });

  it('gives the figures and says what to do', () => {
    const { error } = massSuspension({ monitored: 15, overdue: 12 }, { minAgents: 1, maxFraction: 0.5 }) ?? {};
    expect(error?.code).toBe('MASS_SUSPENSION');
    expect(error?.message).toContain('12 of 15 monitored agents');
    expect(error?.message).toContain('0.5');
    expect(error?.message).toContain('nobody was suspended');
    expect(error?.message).toContain('check the network');
    expect(error?.message).toContain('raise maxFraction');
  });
});
