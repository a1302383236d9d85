import type { Metric } from '../contract/metric.js';

/** The metrics of the TOTP key rotation. */
export const TOTP_METRICS = {
  rotatedSecrets: {
    name: 'tenxyte.maintenance.totp.secrets.rotated',
    kind: 'counter',
    description: 'TOTP secrets encrypted under the first key',
    unit: '{secret}',
  },
  undecryptableSecrets: {
    name: 'tenxyte.maintenance.totp.secrets.undecryptable',
    kind: 'gauge',
    description: 'TOTP secrets that no key opened at the last rotation of this process',
    unit: '{secret}',
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** Their attributes. */
export const TOTP_ATTRIBUTES = { secretBefore: 'tenxyte.maintenance.totp.secret.before' } as const;
