import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { CleanupReport } from '../../src/index.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useHost } from './support/host.js';
import { manifestIn } from './support/manifest.js';
import { runNode } from './support/run.js';

interface Printed {
  readonly packageDirectory: string;
  readonly frameworks: readonly string[];
  readonly jobs: readonly string[];
  readonly report: CleanupReport;
  readonly health: HealthCheckResult;
}

/** Whether what the dashboard throws is an error of the package's entry. */
const DASHBOARD = `
  require('reflect-metadata');
  const { TenxyteMaintenanceDashboardModule } = require('@tenxyte/nestjs-maintenance/dashboard');
  const { MaintenanceConfigError } = require('@tenxyte/nestjs-maintenance');
  try {
    TenxyteMaintenanceDashboardModule.forRoot({});
  } catch (error) {
    console.log(error instanceof MaintenanceConfigError, error.problems.map(({ path, received }) => path + ' is ' + received).join());
  }
`;

describe('a CommonJS application on NestJS 11 and TypeORM 0.3', () => {
  const database = useTestDatabase();
  const host = useHost('test/package/nest11-host');

  beforeAll(async () => {
    await insertReferences(database);
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }, {}]);
  });

  it.each([
    ['@nestjs/common', /^11\./],
    ['@nestjs/core', /^11\./],
    ['@nestjs/schedule', /^6\./],
    ['@nestjs/terminus', /^11\./],
    ['@nestjs/typeorm', /^11\./],
    ['typeorm', /^0\.3\./],
  ])('gives the package its own %s', (name, version) => {
    const nestPackages = Object.keys(manifestIn(host.directory).dependencies ?? {}).filter((key) =>
      key.startsWith('@nestjs/'),
    );
    const importers = ['', '@tenxyte/nestjs-maintenance', ...nestPackages];
    const seen = importers.map((importer) => versionSeenFrom(join(host.directory, 'node_modules', importer), name));
    expect(seen).toEqual(importers.map(() => expect.stringMatching(version)));
  });

  it.each([
    ['the ES module', []],
    ['CommonJS, as Jest and older Nodes ask for it', ['--no-experimental-require-module']],
  ])('has a dashboard whose errors are those of the package, by %s', async (_, flags) => {
    const { exitCode, stdout, stderr } = await runNode(
      ['--disable-warning=ExperimentalWarning', ...flags, '--eval', DASHBOARD],
      { cwd: host.directory },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^true guards is undefined/);
  });

  it('requires the package, schedules its job, deletes an expired row and is healthy', async () => {
    const { exitCode, stdout, stderr } = await runNode(['main.js'], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { packageDirectory, frameworks, jobs, report, health } = JSON.parse(
      stdout.slice(stdout.indexOf('{\n')),
    ) as Printed;
    expect(packageDirectory).toBe(host.packageDirectory);
    expect([...frameworks].sort()).toEqual([
      expect.stringMatching(/^@nestjs\/common@11\./),
      expect.stringMatching(/^@nestjs\/core@11\./),
      expect.stringMatching(/^@nestjs\/schedule@6\./),
      expect.stringMatching(/^@nestjs\/terminus@11\./),
      expect.stringMatching(/^@nestjs\/typeorm@11\./),
      expect.stringMatching(/^typeorm@0\.3\./),
    ]);
    expect(jobs).toEqual(['tenxyte-maintenance.cleanup 0 4 * * * UTC']);
    expect(health).toMatchObject({ status: 'ok', details: { maintenance: { status: 'up' } } });
    expect(report).toMatchObject({ task: 'cleanup', status: 'succeeded', dryRun: false, rows: 1 });
    expect(await database.query('select id from blacklisted_tokens')).toHaveLength(1);
  });

  it('serves the dashboard', async () => {
    const { exitCode, stdout, stderr } = await runNode(['dashboard.js'], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { statuses, pages } = JSON.parse(stdout) as { statuses: readonly number[]; pages: readonly string[] };
    expect(statuses).toEqual([200, 303, 200]);
    expect(pages[0]).toContain('At 03:00');
    expect(pages[1]).toMatch(/Ann[\s\S]*on NestJS 11/);
  });
});

/** The version that code in a directory gets. As Node does, it looks from where the directory really is. */
function versionSeenFrom(directory: string, name: string): string {
  const entry = createRequire(join(realpathSync(directory), 'index.js')).resolve(name);
  const marker = join('node_modules', name);
  return manifestIn(entry.slice(0, entry.lastIndexOf(marker) + marker.length)).version;
}
