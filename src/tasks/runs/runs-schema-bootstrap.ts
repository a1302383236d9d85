import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import type { RunEnvironment } from '../../contract/run-environment.js';
import { RUN_ENVIRONMENT } from '../../contract/run-environment.js';
import { RunsSchema } from './runs-schema.js';

/** Sees to the schema when an application starts. The command line does so only once a run is about to begin. */
@Injectable()
export class RunsSchemaBootstrap implements OnModuleInit {
  public constructor(
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** @throws {RunsSchemaError} when the application could record no run: better known at a deployment than at 3:00 */
  public async onModuleInit(): Promise<void> {
    if (this.environment === 'application' && this.dataSource.isInitialized) {
      await this.schema.ensure();
    }
  }
}
