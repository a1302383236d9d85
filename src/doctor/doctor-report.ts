/** How much a check's finding matters: a `problem` makes runs fail or miss rows, an `advice` does not. */
export type DoctorLevel = 'ok' | 'advice' | 'problem';

/** The subject of a check. */
export type DoctorCheckName =
  | 'connection'
  | 'server-version'
  | 'writable'
  | 'clock'
  | 'search-path'
  | 'tables'
  | 'table'
  | 'columns'
  | 'privileges'
  | 'row-security'
  | 'attached'
  | 'secrets'
  | 'publications'
  | 'owner'
  | 'age-index'
  | 'scheduler'
  | 'schedule'
  | 'lease'
  | 'runs-schema'
  | 'replicas'
  | 'totp-keys'
  | 'policy'
  | 'holds'
  | 'retention';

/** One finding. */
export interface DoctorCheck {
  readonly name: DoctorCheckName;
  readonly level: DoctorLevel;
  /** The table concerned, such as `login_attempts`, or the task, such as `cleanup`. */
  readonly subject?: string;
  readonly message: string;
  /** How to cure it; in every finding that is not `ok`. */
  readonly whatToDo?: string;
}

/** The doctor's findings. Never holds a password. */
export interface DoctorReport {
  readonly task: 'doctor';
  /** The examination itself went through, whatever it found. */
  readonly status: 'succeeded';
  readonly checks: readonly DoctorCheck[];
  /** How many checks are a `problem`. */
  readonly problems: number;
}
