import type { Finding } from '../finding.js';
import type { LockFile } from '../lock-file.js';
import type { ProjectMember } from '../locks/declared-dependencies.js';
import type { PackageManifest } from '../project.js';

export interface AuditedProject {
  readonly lockFile: LockFile;
  readonly manifest: PackageManifest;
  /** Whose lock file it is: the folder itself, first, and its workspaces. */
  readonly members: readonly ProjectMember[];
}

/** The output of a package manager that ended by itself. */
export interface AuditOutput {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** The end of standard error. Never to be quoted: it may hold a registry's URL with its credentials. */
  readonly log: string;
}

/** The audit of one package manager: how it is called, and what its answer means. */
export interface PackageAudit {
  /** Also the name of the command. */
  readonly packageManager: LockFile['packageManager'];
  /** @throws {ScanUnknownError} when this audit cannot rely on the lock file, or would pass something over */
  readonly assertAuditable: (project: AuditedProject) => void;
  /** The command's arguments. `timeoutMs`: when it will be killed. */
  readonly args: (project: AuditedProject, timeoutMs: number) => readonly string[];
  /**
   * Every vulnerability that it tells of. None is as much as to say that there are none known, so whatever leaves a doubt is thrown.
   *
   * @throws {ScanUnknownError} saying what is wrong with the answer, without quoting it
   */
  readonly read: (output: AuditOutput, project: AuditedProject) => readonly Finding[];
}
