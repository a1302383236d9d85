import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A one-time code sent by mail or text message; `code` is a hash. */
@Entity({ name: 'otp_codes', synchronize: false })
export class TenxyteOtpCode {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'code', type: 'varchar', length: 64 })
  public code!: string;

  @Column({ name: 'otp_type', type: 'varchar', length: 20 })
  public otpType!: string;

  @Column({ name: 'is_used', type: 'boolean' })
  public isUsed!: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'attempts', type: 'integer' })
  public attempts!: number;

  @Column({ name: 'max_attempts', type: 'integer' })
  public maxAttempts!: number;

  @Column({ name: 'user_id', type: 'bigint' })
  public userId!: string;
}
