import { Injectable } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '@tenxyte/nestjs-maintenance';

@Injectable()
class SecurityService {
  constructor(private readonly maintenance: TenxyteMaintenanceService) {}

  async dueRows(): Promise<number> {
    const { rows } = await this.maintenance.cleanup({ dryRun: true });
    return rows;
  }
}

describe('SecurityService', () => {
  it('asks a stand-in of the package', async () => {
    const standIn = { cleanup: async () => ({ rows: 7 }) };
    const module = await Test.createTestingModule({
      providers: [SecurityService, { provide: TenxyteMaintenanceService, useValue: standIn }],
    }).compile();
    expect(await module.get(SecurityService).dueRows()).toBe(7);
  });

  it('asks the package itself', async () => {
    const module = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true }),
        TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: false, agentHeartbeat: false } }),
      ],
      providers: [SecurityService],
    }).compile();
    await module.init();
    expect(await module.get(SecurityService).dueRows()).toBe(1);
    await module.close();
  });
});
