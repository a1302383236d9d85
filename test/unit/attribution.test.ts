import { describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/command-line.js';
import { attributionOf } from '../../src/contract/attribution.js';
import { validateAgentHeartbeatRequest } from '../../src/agent-heartbeat/agent-heartbeat-request.js';
import { validateCleanupRequest } from '../../src/cleanup/cleanup-request.js';
import { validateDependencyScanRequest } from '../../src/dependency-scan/dependency-scan-request.js';
import { MAINTENANCE_TASKS } from '../../src/index.js';
import { withAttribution } from '../../src/text/run-line.js';
import { validateTotpKeyRotationRequest } from '../../src/totp-key-rotation/totp-key-rotation-request.js';
import { FakeTerminal } from '../support/fake-terminal.js';
import { onObjectPrototype } from '../support/on-object-prototype.js';

const CALLS = [
  validateCleanupRequest,
  validateAgentHeartbeatRequest,
  validateTotpKeyRotationRequest,
  validateDependencyScanRequest,
];
const REFUSED = [
  ['actor', '', '""', 'the name of a person or a program, of 1 to 200 printable characters on one line'],
  ['actor', ' ', '" "', 'the name of a person or a program, of 1 to 200 printable characters on one line'],
  ['actor', 'x'.repeat(201), 'a text of 201 characters', 'the name of a person or a program, of 1 to 200 printable'],
  ['actor', 'Ann\u202Ennyl', '"Ann\u202Ennyl"', 'the name of a person or a program, of 1 to 200 printable'],
  ['reason', 'a\nb', '"a\\nb"', 'a reason, of 1 to 500 printable characters on one line'],
  ['reason', 'a\u001B[2J', '"a\\u001b[2J"', 'a reason, of 1 to 500 printable characters on one line'],
  ['reason', 'x'.repeat(501), 'a text of 501 characters', 'a reason, of 1 to 500 printable characters on one line'],
] as const;

describe('who asks for a run, and why', () => {
  it.each(CALLS)('is taken by %p', (validate) => {
    const request = { actor: 'Ann Ødegård 👩‍🚒', reason: 'x'.repeat(500) };
    expect(validate(request)).toMatchObject(request);
    expect(attributionOf(validate({}))).toBeNull();
  });

  it.each(CALLS.flatMap((validate) => REFUSED.map((refused) => [validate, ...refused] as const)))(
    'is refused in one sentence by %p: %s %j',
    (validate, field, value, received, accepted) => {
      expect(() => validate({ [field]: value })).toThrow(`${field} is ${received}, accepted is ${accepted}`);
    },
  );

  it('is refused when it is no text', () => {
    expect(() => validateCleanupRequest({ actor: 5 as unknown as string })).toThrow('actor is 5, accepted is the name');
  });

  it('is not read from Object.prototype', async () => {
    await onObjectPrototype({ actor: 'mallory', reason: 'none' }, async () => {
      expect(attributionOf(validateCleanupRequest({}))).toBeNull();
      expect(attributionOf({})).toBeNull();
    });
  });

  it.each([
    [null, 'asked'],
    [{ actor: 'Ann', reason: null }, 'asked by Ann'],
    [{ actor: null, reason: 'ticket 17' }, 'asked, reason: ticket 17'],
    [{ actor: 'Ann', reason: 'ticket 17' }, 'asked by Ann, reason: ticket 17'],
  ])('is put into words: %j', (attribution, text) => {
    expect(withAttribution('asked', attribution)).toBe(text);
  });

  it.each(
    MAINTENANCE_TASKS.flatMap(({ commandName }) =>
      REFUSED.map(([field, value, received]) => [commandName, field, value, received] as const),
    ),
  )('is refused before anything is connected to: %s --%s %j', async (command, field, value, received) => {
    const [stdout, stderr] = [new FakeTerminal(), new FakeTerminal(200)];
    expect(await runCommandLine({ args: [command, `--${field}`, value], env: {}, stdout, stderr })).toBe(2);
    expect(stderr.written).toMatch(/^tenxyte-maintenance: .*accepted is .*\.\n$/);
    expect(stderr.written).toContain(`--${field} is ${received}, accepted is `);
  });
});
