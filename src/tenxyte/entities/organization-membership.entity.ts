import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** That a user belongs to an organization. */
@Entity({ name: 'organization_memberships', synchronize: false })
export class TenxyteOrganizationMembership {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'status', type: 'varchar', length: 20 })
  public status!: string;

  @Column({ name: 'invited_at', type: 'timestamptz', nullable: true })
  public invitedAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  public updatedAt!: Date;

  @Column({ name: 'invited_by_id', type: 'bigint', nullable: true })
  public invitedById!: string | null;

  @Column({ name: 'organization_id', type: 'bigint' })
  public organizationId!: string;

  @Column({ name: 'role_id', type: 'bigint' })
  public roleId!: string;

  @Column({ name: 'user_id', type: 'bigint' })
  public userId!: string;
}
