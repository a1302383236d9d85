import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_READING, BRIEF_WRITING, briefly } from '../database/brief-statement.js';
import { instantSql } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import type { TotpKeyRotationReport } from './totp-key-rotation-report.js';

/** Since when a key has been the first one, as far as this package knows. */
export type TotpKeyAge = Pick<TotpKeyRotationReport, 'keyInUseSince' | 'keyAgeDays' | 'lastRotationAt'>;

/** The age of a key that no run has seen. */
export const UNKNOWN_KEY_AGE: TotpKeyAge = { keyInUseSince: null, keyAgeDays: null, lastRotationAt: null };

/** Remembers since when each TOTP key has been in use, by its fingerprint. */
@Injectable()
export class TotpKeysTable {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** Records that a run found or brought secrets under a key. */
  public async record(fingerprint: string, hasRotated: boolean): Promise<void> {
    await briefly(
      this.dataSource,
      BRIEF_WRITING,
      `
      insert into ${this.table} as known (fingerprint, first_used_at, last_rotation_at)
      values ($1::pg_catalog.text, pg_catalog.now(), case when $2::boolean then pg_catalog.now() end)
      on conflict (fingerprint) do update
      set last_rotation_at = coalesce(excluded.last_rotation_at, known.last_rotation_at)`,
      [fingerprint, hasRotated],
    );
  }

  /** Answers how old a key is; unknown before a run has recorded it. */
  public async age(fingerprint: string): Promise<TotpKeyAge> {
    if (!(await this.exists())) {
      return UNKNOWN_KEY_AGE;
    }
    const [age] = await briefly<TotpKeyAge>(
      this.dataSource,
      BRIEF_READING,
      `
      select ${instantSql('first_used_at')} as "keyInUseSince",
             pg_catalog.floor(
               extract(epoch from pg_catalog.now() operator(pg_catalog.-) first_used_at) operator(pg_catalog./) 86400
             )::integer as "keyAgeDays",
             ${instantSql('last_rotation_at')} as "lastRotationAt"
      from ${this.table}
      where fingerprint operator(pg_catalog.=) $1::pg_catalog.text`,
      [fingerprint],
    );
    return age ?? UNKNOWN_KEY_AGE;
  }

  private get table(): string {
    return this.schema.table('totp_keys');
  }

  /** A dry run creates no schema. */
  private async exists(): Promise<boolean> {
    const [answer] = await briefly<{ exists: boolean }>(
      this.dataSource,
      BRIEF_READING,
      `
      select coalesce(
               pg_catalog.has_table_privilege(pg_catalog.to_regclass($1::pg_catalog.text), 'select'), false
             ) as exists`,
      [this.table],
    );
    return answer?.exists === true;
  }
}
