import { Controller, Get, type INestApplication, Param } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MaintenanceConfigError, MaintenanceError, ShuttingDownError } from '../../src/index.js';
import { MaintenanceErrorFilter } from '../support/maintenance-error.filter.js';

const ERRORS: Readonly<Record<string, Error>> = {
  busy: new MaintenanceError('ALREADY_RUNNING', 'cleanup is running already'),
  call: new MaintenanceConfigError('Invalid call of cleanup()', []),
  unknown: new MaintenanceError('RUN_NOT_FOUND', 'There is no record of a run 1234'),
  closing: new ShuttingDownError('cleanup'),
  silent: new MaintenanceError('NO_ANSWER', 'The database did not answer'),
  forbidden: new MaintenanceError('PERMISSION_DENIED', 'grant select'),
  foreign: new Error('of somebody else'),
};

@Controller()
class Throwing {
  @Get(':name')
  public get(@Param('name') name: string): never {
    throw ERRORS[name] ?? new Error(name);
  }
}

describe('the exception filter that the page on errors shows', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const booted = await Test.createTestingModule({
      controllers: [Throwing],
      providers: [{ provide: APP_FILTER, useClass: MaintenanceErrorFilter }],
    })
      .setLogger({ log: () => undefined, error: () => undefined, warn: () => undefined })
      .compile();
    app = booted.createNestApplication();
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it.each([
    ['busy', 409, 'ALREADY_RUNNING', true],
    ['call', 400, 'CONFIG', false],
    ['unknown', 404, 'RUN_NOT_FOUND', false],
    ['closing', 503, 'SHUTTING_DOWN', true],
    ['silent', 503, 'NO_ANSWER', true],
    ['forbidden', 500, 'PERMISSION_DENIED', false],
  ])('answers %s with %i', async (name, statusCode, code, retryable) => {
    const answer = await fetch(`${await app.getUrl()}/${name}`);
    expect([answer.status, await answer.json()]).toEqual([
      statusCode,
      { statusCode, code, message: ERRORS[name]?.message, retryable },
    ]);
  });

  it('leaves what is of somebody else to Nest, which tells nobody what it was', async () => {
    const answer = await fetch(`${await app.getUrl()}/foreign`);
    expect([answer.status, await answer.json()]).toEqual([500, { statusCode: 500, message: 'Internal server error' }]);
  });
});
