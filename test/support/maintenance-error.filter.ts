import { type ArgumentsHost, Catch, HttpException, HttpStatus } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { MaintenanceError } from '../../src/index.js';

/** Codes that HTTP has a better word for than "try again later" or "broken". */
const STATUS_BY_CODE: Readonly<Record<string, HttpStatus>> = {
  ALREADY_RUNNING: HttpStatus.CONFLICT,
  CONFIG: HttpStatus.BAD_REQUEST,
  RUN_NOT_FOUND: HttpStatus.NOT_FOUND,
};

/** Answers 409 for a run in the way, 503 for what passes by itself, and 500 for what somebody has to see to. */
@Catch(MaintenanceError)
export class MaintenanceErrorFilter extends BaseExceptionFilter<Error> {
  override catch({ code, message, retryable }: MaintenanceError, host: ArgumentsHost): void {
    const otherwise = retryable ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.INTERNAL_SERVER_ERROR;
    const statusCode = STATUS_BY_CODE[code] ?? otherwise;
    // oxlint-disable-next-line promise/valid-params -- no promise's
    super.catch(new HttpException({ statusCode, code, message, retryable }, statusCode), host);
  }
}
