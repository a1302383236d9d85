import type { Logger } from 'typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';

/** Keeps the statements that go through TypeORM. */
export class StatementLog implements Logger {
  public readonly statements: string[] = [];

  /** The part of TypeORM's options that has it logged. */
  public get typeOrm(): Partial<TypeOrmModuleOptions> {
    return { logging: ['query'], logger: this };
  }

  public logQuery(query: string): void {
    this.statements.push(query);
  }

  public logQueryError(): void {}
  public logQuerySlow(): void {}
  public logSchemaBuild(): void {}
  public logMigration(): void {}
  public log(): void {}
}
