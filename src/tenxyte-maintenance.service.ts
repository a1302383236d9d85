import { Inject, Injectable } from '@nestjs/common';
import type { CleanupReport } from './cleanup/cleanup-report.js';
import type { CleanupRequest } from './cleanup/cleanup-request.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import type { DoctorReport } from './doctor/doctor-report.js';
import { DoctorService } from './doctor/doctor.service.js';

/** Runs every maintenance task by hand: one method per task. */
@Injectable()
export class TenxyteMaintenanceService {
  public constructor(
    @Inject(CleanupService) private readonly cleanupService: CleanupService,
    @Inject(DoctorService) private readonly doctorService: DoctorService,
  ) {}

  /**
   * Deletes expired and outdated security records, or counts them.
   *
   * @see {@link CleanupService.cleanup} for the errors
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    return this.cleanupService.cleanup(request);
  }

  /** Checks whether the database is as the tasks need it, and says what to do where it is not. Changes nothing. */
  public async doctor(): Promise<DoctorReport> {
    return this.doctorService.examine();
  }
}
