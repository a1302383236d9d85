import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/**
 * An account. Secrets are never read by default: `password`, `totpSecret` and `backupCodes` carry `select: false`.
 */
@Entity({ name: 'users', synchronize: false })
export class TenxyteUser {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'email', type: 'varchar', length: 191, nullable: true })
  public email!: string | null;

  @Column({ name: 'phone_country_code', type: 'varchar', length: 5, nullable: true })
  public phoneCountryCode!: string | null;

  @Column({ name: 'phone_number', type: 'varchar', length: 20, nullable: true })
  public phoneNumber!: string | null;

  @Column({ name: 'password', type: 'varchar', length: 128, select: false })
  public password!: string;

  @Column({ name: 'first_name', type: 'varchar', length: 100 })
  public firstName!: string;

  @Column({ name: 'last_name', type: 'varchar', length: 100 })
  public lastName!: string;

  @Column({ name: 'google_id', type: 'varchar', length: 100, nullable: true })
  public googleId!: string | null;

  @Column({ name: 'is_email_verified', type: 'boolean' })
  public isEmailVerified!: boolean;

  @Column({ name: 'is_phone_verified', type: 'boolean' })
  public isPhoneVerified!: boolean;

  @Column({ name: 'totp_secret', type: 'varchar', length: 255, nullable: true, select: false })
  public totpSecret!: string | null;

  @Column({ name: 'is_2fa_enabled', type: 'boolean' })
  public is2faEnabled!: boolean;

  @Column({ name: 'backup_codes', type: 'jsonb', select: false })
  public backupCodes!: unknown;

  @Column({ name: 'is_active', type: 'boolean' })
  public isActive!: boolean;

  @Column({ name: 'is_locked', type: 'boolean' })
  public isLocked!: boolean;

  @Column({ name: 'locked_until', type: 'timestamptz', nullable: true })
  public lockedUntil!: Date | null;

  @Column({ name: 'is_banned', type: 'boolean' })
  public isBanned!: boolean;

  @Column({ name: 'is_deleted', type: 'boolean' })
  public isDeleted!: boolean;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  public deletedAt!: Date | null;

  @Column({ name: 'anonymization_token', type: 'varchar', length: 100, nullable: true })
  public anonymizationToken!: string | null;

  @Column({ name: 'is_staff', type: 'boolean' })
  public isStaff!: boolean;

  @Column({ name: 'is_superuser', type: 'boolean' })
  public isSuperuser!: boolean;

  @Column({ name: 'max_sessions', type: 'integer' })
  public maxSessions!: number;

  @Column({ name: 'max_devices', type: 'integer' })
  public maxDevices!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  public updatedAt!: Date;

  @Column({ name: 'last_login', type: 'timestamptz', nullable: true })
  public lastLogin!: Date | null;

  @Column({ name: 'is_restricted', type: 'boolean' })
  public isRestricted!: boolean;

  @Column({ name: 'bio', type: 'text' })
  public bio!: string;

  @Column({ name: 'custom_fields', type: 'jsonb', nullable: true })
  public customFields!: unknown;

  @Column({ name: 'language', type: 'varchar', length: 10 })
  public language!: string;

  @Column({ name: 'timezone', type: 'varchar', length: 63 })
  public timezone!: string;

  @Column({ name: 'username', type: 'varchar', length: 191, nullable: true })
  public username!: string | null;

  @Column({ name: 'lockout_count', type: 'integer' })
  public lockoutCount!: number;
}
