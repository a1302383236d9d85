import { onDatabase } from '../test/support/on-database.js';
import { urlOfDatabase } from '../test/support/server.js';

/** Copies and drops databases on a bench server. */
export class BenchDatabases {
  public constructor(private readonly serverUrl: string) {}

  public urlOf(name: string): string {
    return urlOfDatabase(this.serverUrl, name);
  }

  /** A fresh copy of a seeded database, with its changes on disk, so that each side starts from the same state. */
  public async freshCopy(template: string, name: string): Promise<string> {
    await this.run(`drop database if exists ${name} with (force)`);
    await this.run(`create database ${name} template ${template} strategy file_copy`);
    await this.run('checkpoint');
    return this.urlOf(name);
  }

  public async drop(name: string): Promise<void> {
    await this.run(`drop database if exists ${name} with (force)`);
  }

  private async run(sql: string): Promise<void> {
    await onDatabase(this.serverUrl, (client) => client.query(sql));
  }
}
