import { describe, expect, it } from '@jest/globals';
import { CleanupProgressBars } from '../../src/cli/output/cleanup-progress-bars.js';
import { CLEANUP_TARGET_NAMES, type CleanupProgress } from '../../src/index.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const ESCAPE = '\u001B';

type Step = Pick<CleanupProgress, 'target' | 'rows' | 'fraction' | 'remainingMs'> & Partial<CleanupProgress>;

function whole(step: Step): CleanupProgress {
  return { overall: 0, status: step.fraction === 1 ? 'succeeded' : null, reason: null, ...step };
}

function drawn(progress: readonly Step[]): string {
  const terminal = new FakeTerminal();
  const bars = new CleanupProgressBars(terminal, CLEANUP_TARGET_NAMES);
  progress.forEach((one) => bars.show(whole(one)));
  bars.stop();
  return terminal.written;
}

describe('the progress bars of a cleanup', () => {
  it('show the rows, the percentage and the time left of a target', () => {
    const terminal = drawn([{ target: 'login_attempts', rows: 12_345, fraction: 0.5, remainingMs: 90_000 }]);
    expect(terminal).toContain(
      `login_attempts            ${'='.repeat(12)}${'-'.repeat(12)}  50%  12,345 rows  1 min 30 s left`,
    );
  });

  it('say no time left before there is a pace, and done at the end', () => {
    expect(drawn([{ target: 'otp_codes', rows: 0, fraction: 0, remainingMs: null }])).toContain(
      `  0%  0 rows  ${ESCAPE}`,
    );
    expect(drawn([{ target: 'otp_codes', rows: 1, fraction: 1, remainingMs: 0 }])).toContain('100%  1 row  done');
  });

  it('say in words how a target ended that did not succeed', () => {
    const refused = { target: 'otp_codes', rows: 0, fraction: 0, remainingMs: null } as const;
    expect(drawn([{ ...refused, status: 'failed', reason: 'BRAKE_MAX_ROWS' }])).toContain('refused (BRAKE_MAX_ROWS)');
    expect(drawn([{ ...refused, status: 'skipped', reason: 'kept-forever' }])).toContain('skipped (kept-forever)');
    expect(drawn([{ ...refused, status: 'stopped' }])).toMatch(/0 rows {2}stopped(?! \()/);
  });

  it('never round up to 100% before the end', () => {
    expect(drawn([{ target: 'otp_codes', rows: 1, fraction: 0.999, remainingMs: 1 }])).toContain(' 99%  ');
  });

  it('keep a line for each target and its latest state', () => {
    const terminal = drawn([
      { target: 'otp_codes', rows: 3, fraction: 0.25, remainingMs: 100 },
      { target: 'otp_codes', rows: 7, fraction: 1, remainingMs: 0 },
      { target: 'audit_logs', rows: 9, fraction: 0.75, remainingMs: 100 },
    ]);
    const lines = terminal.split('\n').map((line) => line.replaceAll(new RegExp(`${ESCAPE}\\[\\d*[A-Z]`, 'g'), ''));
    expect(lines[0]).toMatch(/^otp_codes .* 100% {2}7 rows {2}done$/);
    expect(lines[1]).toMatch(/^audit_logs .* 75% {2}9 rows {2}100 ms left$/);
  });

  it('draw nothing when no target had anything to do', () => {
    expect(drawn([])).toBe('');
  });

  it('leave the cursor and the line wrapping of the terminal alone, so that a killed run leaves nothing behind', () => {
    expect(drawn([{ target: 'otp_codes', rows: 1, fraction: 1, remainingMs: 0 }])).not.toContain(`${ESCAPE}[?`);
  });

  it.each([
    ['before the first bar', []],
    ['above the bars', [{ target: 'otp_codes', rows: 1, fraction: 0.5, remainingMs: 5 }]],
  ] as const)('let a note be written %s', (_, progress) => {
    const terminal = new FakeTerminal();
    const bars = new CleanupProgressBars(terminal, CLEANUP_TARGET_NAMES);
    progress.forEach((one) => bars.show(whole(one)));
    bars.note('stopping');
    bars.stop();
    expect(terminal.written).toContain('stopping\n');
    expect(terminal.written.includes('otp_codes')).toBe(progress.length > 0);
  });
});
