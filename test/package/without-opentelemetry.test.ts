import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useHost } from './support/host.js';
import { runNode } from './support/run.js';

/**
 * Boots the module, deletes what is due and says whether OpenTelemetry was there; every log line but the usual ones goes to standard error.
 */
const BODY = `
  const logger = { log() {}, warn: (line) => console.error(line), error: (line) => console.error(line) };
  const typeOrm = { type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true, retryAttempts: 0 };
  async function main() {
    const hasOpenTelemetry = await import('@opentelemetry/api').then(() => true, () => false);
    const schedule = { cleanup: false, agentHeartbeat: false };
    const root = {
      module: class Root {},
      imports: [TypeOrmModule.forRoot(typeOrm), TenxyteMaintenanceModule.forRoot({ schedule })],
    };
    const app = await NestFactory.createApplicationContext(root, { logger });
    const { status, rows } = await app.get(TenxyteMaintenanceService).cleanup();
    await app.close();
    console.log(JSON.stringify({ hasOpenTelemetry, status, rows }));
  }
  main();
`;
const AS_MODULE = `
  import { NestFactory } from '@nestjs/core';
  import { TypeOrmModule } from '@nestjs/typeorm';
  import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '@tenxyte/nestjs-maintenance';
  ${BODY}`;
const AS_COMMONJS = `
  const { NestFactory } = require('@nestjs/core');
  const { TypeOrmModule } = require('@nestjs/typeorm');
  const { TenxyteMaintenanceModule, TenxyteMaintenanceService } = require('@tenxyte/nestjs-maintenance');
  ${BODY}`;

describe('the packed package where @opentelemetry/api is not installed', () => {
  const database = useTestDatabase();
  const host = useHost('examples/host-app');

  beforeAll(() => insertReferences(database));

  it.each([
    ['an ES module', 'module', AS_MODULE],
    ['CommonJS', 'commonjs', AS_COMMONJS],
  ] as const)('works, and says nothing of it, in a host of %s', async (_name, type, script) => {
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }]);
    const { exitCode, stdout, stderr } = await runNode([`--input-type=${type}`, '--eval', script], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ hasOpenTelemetry: false, status: 'succeeded', rows: 1 });
  });

  it('asks for none of its types', () => {
    const root = join(host.packageDirectory, 'dist', 'index.d.ts');
    const { NodeNext } = ts.ModuleKind;
    const program = ts.createProgram([root], { module: NodeNext, target: ts.ScriptTarget.ES2023, types: [] });
    const declarations = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(host.packageDirectory));
    expect(declarations).not.toEqual([]);
    expect(declarations.filter(({ text }) => text.includes('@opentelemetry')).map(({ fileName }) => fileName)).toEqual(
      [],
    );
  });
});
