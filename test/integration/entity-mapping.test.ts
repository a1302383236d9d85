import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChildEntity, Column, DataSource, Entity, PrimaryColumn, TableInheritance } from 'typeorm';
import { type EntityClass, entityClasses } from '../../src/tenxyte/tenxyte-entities.js';
import { mappedTable } from '../../src/tenxyte/entity-table.js';
import { useTestDatabase } from '../support/test-database.js';

@Entity({ name: 'attempts' })
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Attempt {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'timestamptz', name: 'created_at' })
  public createdAt!: Date;
}

@ChildEntity()
class ApiAttempt extends Attempt {}

@ChildEntity()
class WebAttempt extends Attempt {}

class Trace {
  @Column({ type: 'timestamptz' })
  public createdAt!: Date;
}

@Entity({ name: 'traced_attempts' })
class TwiceTraced {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column(() => Trace, { prefix: 'opened_' })
  public opened!: Trace;

  @Column(() => Trace, { prefix: 'closed_' })
  public closed!: Trace;
}

@Entity({ name: 'traced_attempts' })
class Traced {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column(() => Trace, { prefix: 'opened_' })
  public opened!: Trace;
}

/** What stands in an embedded class is not taken for the column that bears Tenxyte's name. */
@Entity({ name: 'traced_attempts' })
class TracedBeside {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'timestamptz', name: 'created_at' })
  public madeAt!: Date;

  @Column(() => Trace, { prefix: 'opened_' })
  public opened!: Trace;
}

@Entity({ name: 'traced_attempts' })
class TracedWithin {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'timestamptz', name: 'made_at' })
  public createdAt!: Date;

  @Column(() => Trace, { prefix: 'opened_' })
  public opened!: Trace;
}

describe("the mapping of a host's own classes", () => {
  const database = useTestDatabase();
  let dataSource: DataSource;

  beforeAll(async () => {
    const entities = [Attempt, ApiAttempt, WebAttempt, TwiceTraced, Traced, TracedBeside, TracedWithin];
    dataSource = await new DataSource({ type: 'postgres', url: database.url, entities }).initialize();
  });
  afterAll(() => dataSource.destroy());

  const columnIn = (entity: EntityClass): string =>
    mappedTable(dataSource, entityClasses({ LoginAttempt: entity }), 'LoginAttempt').column('createdAt');

  it.each([Attempt, ApiAttempt, WebAttempt])('refuses %p, which shares its table with other classes', (entity) => {
    expect(() => columnIn(entity)).toThrow('accepted is a class with a table of its own');
  });

  it.each([
    ['two embedded classes with one property', TwiceTraced, '"opened.createdAt" and "closed.createdAt"'],
    ["an embedded class beside Tenxyte's own column", TracedBeside, '"madeAt" and "opened.createdAt"'],
  ])('refuses %s', (_what, entity, received) => {
    expect(() => columnIn(entity)).toThrow(`${entity.name} with ${received}`);
  });

  it('takes a property of an embedded class where there is no other', () => {
    expect(columnIn(Traced)).toMatch(/^opened_/);
  });

  it("prefers the class's own property to that of an embedded one", () => {
    expect(columnIn(TracedWithin)).toBe('made_at');
  });
});
