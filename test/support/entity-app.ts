import { TypeOrmModule } from '@nestjs/typeorm';
import { Test, type TestingModule } from '@nestjs/testing';
import { TenxyteMaintenanceModule } from '../../src/index.js';

/** Boots the module on a database, in an application that has entities of its own. */
export async function entityApp(
  url: string,
  entities: (new () => object)[],
  options: Parameters<typeof TenxyteMaintenanceModule.forRoot>[0],
): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 }),
      TypeOrmModule.forFeature(entities),
      TenxyteMaintenanceModule.forRoot(options),
    ],
  })
    .setLogger({ log() {}, warn() {}, error() {} })
    .compile();
  return app.init();
}
