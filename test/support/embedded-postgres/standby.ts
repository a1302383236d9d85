import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onDatabase } from '../on-database.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
import { installedNativeDirectory } from './installed-native-directory.js';
import { launchOn } from './launch.js';
import { giveTo } from './server-account.js';
import type { Workspace } from './workspace.js';

/** A server that follows another one, until it is promoted. */
export interface Standby extends EmbeddedPostgres {
  /** Ends the recovery: the server takes writes from then on. */
  promote(): Promise<void>;
}

/** What a backup does without (PostgreSQL manual, "Making a Base Backup Using the Low Level API"). */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts']);
const LEFT_EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);

/**
 * Starts a standby of a running primary that streams from it. The binaries bring no `pg_basebackup`: the copy is made by the functions that
 * it stands on. The primary needs a `wal_keep_size` that lasts until the stream begins.
 *
 * @param reachedAt the port that the standby streams from @default the primary's own
 */
export async function startStandby(
  primary: EmbeddedPostgres,
  options: EmbeddedPostgresOptions,
  reachedAt = primary.port,
): Promise<Standby> {
  const { hostname, username, password } = new URL(primary.url);
  const conninfo = `host=${hostname} port=${reachedAt} user=${username} password=${password} application_name=standby`;
  const nativeDirectory = installedNativeDirectory();
  const standby = await launchOn({ nativeDirectory, options }, async (workspace) => {
    await copyCluster(primary, workspace);
    await write(workspace, 'postgresql.auto.conf', `primary_conninfo = '${conninfo}'\n`);
    await write(workspace, 'standby.signal', '');
    return password;
  });
  const promote = (): Promise<void> =>
    onDatabase(standby.url, async (client) => {
      await client.query('select pg_promote()');
    });
  return { ...standby, promote };
}

/** The label of a backup says where its recovery begins, and belongs to the copy alone. */
async function copyCluster(primary: EmbeddedPostgres, workspace: Workspace): Promise<void> {
  const label = await onDatabase(primary.url, async (client) => {
    await client.query(`select pg_backup_start('standby', fast => true)`);
    await copyDirectory(primary.dataDirectory, workspace.data, workspace);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    return rows[0]?.labelfile ?? '';
  });
  await write(workspace, 'backup_label', label);
}

async function copyDirectory(from: string, to: string, workspace: Workspace, isEmptied = false): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  giveTo(workspace.account, to);
  for (const entry of isEmptied ? [] : await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyDirectory(source, target, workspace, LEFT_EMPTY.has(entry.name));
    } else if (!LEFT_OUT.has(entry.name)) {
      await copyOneFile(source, target, workspace);
    }
  }
}

/** A running server removes files, too: what is gone is not missed by the recovery. */
async function copyOneFile(from: string, to: string, { account }: Workspace): Promise<void> {
  try {
    await copyFile(from, to);
    giveTo(account, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw error;
    }
  }
}

async function write({ data, account }: Workspace, name: string, text: string): Promise<void> {
  const path = join(data, name);
  await writeFile(path, text, { mode: 0o600 });
  giveTo(account, path);
}
