// Records what Python's cryptography makes of spoilt tokens and keys, for the tests that hold ours to it:
//   npm run record:python-fernet
// Wants a python3 with it, such as Debian's python3-cryptography. TENXYTE_TEST_PYTHON names another one.
import { FernetKey } from '../src/totp-key-rotation/fernet/fernet-key.js';
import { decidedByPython, pythonWithFernet } from '../test/support/python-fernet/python-fernet.js';
import { byKind, digestOf, questions, writeDecisions } from '../test/support/python-fernet/recorded-decisions.js';

const python = pythonWithFernet();
if (python === undefined) {
  throw new Error('There is no python3 with cryptography on this machine: apt-get install python3-cryptography');
}
const asked = questions();
const decisions = byKind(decidedByPython(python.command, asked), (key) => FernetKey.parse(key).fingerprint);
writeDecisions({ by: python.versions, sha256: digestOf(asked), ...decisions });
process.stdout.write(`${asked.tokens.length} tokens and ${asked.keys.length} keys, decided by ${python.versions}\n`);
