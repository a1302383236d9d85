import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_READING, BRIEF_WRITING, briefly } from '../database/brief-statement.js';
import { type Instant, instantSql } from '../database/instant.js';
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

  /**
   * Records that a run found or brought secrets under a key.
   *
   * @param isNewest true when it brought secrets under it, or was told to take it for the newest: see {@link replacedAt}
   */
  public async record(fingerprint: string, isNewest: boolean): Promise<void> {
    await briefly(
      this.dataSource,
      BRIEF_WRITING,
      `
      insert into ${this.table} as known (fingerprint, first_used_at, last_rotation_at)
      values ($1::pg_catalog.text, pg_catalog.now(), case when $2::boolean then pg_catalog.now() end)
      on conflict (fingerprint) do update
      set last_rotation_at = coalesce(excluded.last_rotation_at, known.last_rotation_at)`,
      [fingerprint, isNewest],
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

  /**
   * Answers when another key took the place of one that had been the first before, as far as any run recorded it; null when none did. A key
   * is as new as the last time that it came into use or a secret was brought under it.
   */
  public async replacedAt(fingerprint: string): Promise<Instant | null> {
    if (!(await this.exists())) {
      return null;
    }
    const newest = (key: string): string =>
      `case when ${key}.last_rotation_at operator(pg_catalog.>) ${key}.first_used_at then ${key}.last_rotation_at else ${key}.first_used_at end`;
    const [later] = await briefly<{ replacedAt: Instant }>(
      this.dataSource,
      BRIEF_READING,
      `
      select ${instantSql(newest('other'))} as "replacedAt"
      from ${this.table} as own
      join ${this.table} as other on other.fingerprint operator(pg_catalog.<>) own.fingerprint
      where own.fingerprint operator(pg_catalog.=) $1::pg_catalog.text
        and (${newest('other')}) operator(pg_catalog.>) (${newest('own')})
      order by 1 desc
      limit 1`,
      [fingerprint],
    );
    return later?.replacedAt ?? null;
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
