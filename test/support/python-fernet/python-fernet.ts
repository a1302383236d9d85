import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('decisions.py', import.meta.url));
const NAMED = process.env['TENXYTE_TEST_PYTHON'];
const PYTHONS = NAMED === undefined ? ['python3', '/usr/bin/python3'] : [NAMED];

/** What Python makes of tokens and keys. */
export interface PythonDecisions {
  /** For each token a digit: which of the keys opens it, 0 when none does. */
  readonly tokens: string;
  /** For each key its fingerprint; null when it is none. */
  readonly keys: readonly (string | null)[];
}

/** A Python on this machine that has `cryptography`, and their versions; undefined when there is none. */
export function pythonWithFernet(): { readonly command: string; readonly versions: string } | undefined {
  const print =
    'import platform, cryptography.fernet; print("Python", platform.python_version(), "with cryptography", cryptography.__version__)';
  for (const command of PYTHONS) {
    const { status, stdout } = spawnSync(command, ['-c', print], { encoding: 'utf8', timeout: 20_000 });
    if (status === 0) {
      return { command, versions: stdout.trim() };
    }
  }
  return undefined;
}

/** Asks Python, with the first two of the keys. */
export function decidedByPython(
  command: string,
  asked: { readonly with: readonly string[]; readonly tokens: readonly string[]; readonly keys: readonly string[] },
): PythonDecisions {
  const { status, stdout, stderr } = spawnSync(command, [PROGRAM], {
    input: JSON.stringify(asked),
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    throw new Error(`${command} did not decide: ${stderr}`);
  }
  return JSON.parse(stdout);
}
