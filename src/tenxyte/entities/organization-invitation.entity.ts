import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** An invitation to join an organization. `status` is pending, accepted, declined or expired. */
@Entity({ name: 'organization_invitations', synchronize: false })
export class TenxyteOrganizationInvitation {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'email', type: 'varchar', length: 191 })
  public email!: string;

  @Column({ name: 'token', type: 'varchar', length: 64 })
  public token!: string;

  @Column({ name: 'status', type: 'varchar', length: 20 })
  public status!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'accepted_at', type: 'timestamptz', nullable: true })
  public acceptedAt!: Date | null;

  @Column({ name: 'invited_by_id', type: 'bigint', nullable: true })
  public invitedById!: string | null;

  @Column({ name: 'organization_id', type: 'bigint' })
  public organizationId!: string;

  @Column({ name: 'role_id', type: 'bigint' })
  public roleId!: string;
}
