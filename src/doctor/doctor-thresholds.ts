/** From where on the doctor speaks up. */
export interface DoctorThresholds {
  /** Bytes of a heap above which an index on its age column is advised. */
  readonly largeHeapBytes: number;
  /** Milliseconds between the clocks of the database and of this machine. */
  readonly clockSkewMs: number;
}

export const DEFAULT_DOCTOR_THRESHOLDS: DoctorThresholds = { largeHeapBytes: 100 * 1024 * 1024, clockSkewMs: 5_000 };

/** DI token of the {@link DoctorThresholds}. */
export const DOCTOR_THRESHOLDS = Symbol('TENXYTE_MAINTENANCE_DOCTOR_THRESHOLDS');
