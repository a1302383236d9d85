import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AGENT_PROPERTIES } from '../../src/agent-heartbeat/agent-conditions.js';
import { CLEANUP_TARGETS } from '../../src/cleanup/targets/cleanup-targets.js';
import { requiredColumns } from '../../src/cleanup/targets/due-predicate.js';
import { USER_PROPERTIES } from '../../src/totp-key-rotation/secrets/users-table.js';
import { TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';

const PAGE = readFileSync(new URL('../../docs/entities.md', import.meta.url), 'utf8');

const NEEDED = [
  ...CLEANUP_TARGETS.filter(({ entity }) => entity !== 'MaintenanceRun').map(({ name, entity, dueWhen }) => ({
    entity,
    by: `cleanup, ${name}`,
    properties: requiredColumns(dueWhen).map(({ property }) => property),
  })),
  { entity: 'AgentToken', by: 'agent-heartbeat', properties: AGENT_PROPERTIES },
  {
    entity: 'OrganizationMembership',
    by: 'rules and holds by organization',
    properties: ['organizationId', 'userId'],
  },
  { entity: 'User', by: 'totp-key-rotation', properties: USER_PROPERTIES },
];

describe('the list of the properties that an entity maps', () => {
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
    .map(([, entity, properties = '', by]) => ({ entity, by, properties: properties.split(', ').toSorted() }));

  it('has all that each task touches, and nothing else', () => {
    const needed = NEEDED.map(({ properties, ...need }) => ({
      ...need,
      properties: [...new Set<string>(properties)].toSorted(),
    }));
    const byEntity = (one: { entity: string | undefined }, other: { entity: string | undefined }): number =>
      String(one.entity).localeCompare(String(other.entity));
    expect(rows.toSorted(byEntity)).toEqual(needed.toSorted(byEntity));
  });

  it('has every entity that may be replaced', () => {
    expect(rows.map(({ entity = '' }) => entity).toSorted((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(TENXYTE_ENTITIES).toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
