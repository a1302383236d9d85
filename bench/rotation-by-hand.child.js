/*
 * A rotation as one would write it by hand on `pg` and `node:crypto`, none of this package in it. First the cryptography alone, over tokens in
 * memory: each is verified (`createHmac`, `timingSafeEqual`), decrypted, encrypted under a random IV and signed (`createHmac`), one after the
 * other. Then the whole: a page of users is read by key, rotated so, and written in one UPDATE, page after page; at the end all pages are read
 * again and their signatures verified.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import pg from 'pg';

const PAGE = 1_000;
const [, , url, ...keys] = process.argv;
const [newKey, oldKey] = keys.map((key) => {
  const bytes = Buffer.from(key, 'base64url');
  return { signing: createSecretKey(bytes.subarray(0, 16)), encryption: createSecretKey(bytes.subarray(16)) };
});

function verified(key, token) {
  const bytes = Buffer.from(token, 'base64url');
  const signed = bytes.subarray(0, -32);
  const mac = createHmac('sha256', key.signing).update(signed).digest();
  if (!timingSafeEqual(mac, bytes.subarray(-32))) {
    throw new Error('a token has another signature');
  }
  return signed;
}

function rotated(token) {
  const old = verified(oldKey, token);
  const decipher = createDecipheriv('aes-128-cbc', oldKey.encryption, old.subarray(9, 25));
  const secret = Buffer.concat([decipher.update(old.subarray(25)), decipher.final()]);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', newKey.encryption, iv);
  const signed = Buffer.concat([old.subarray(0, 9), iv, cipher.update(secret), cipher.final()]);
  const mac = createHmac('sha256', newKey.signing).update(signed).digest();
  const text = Buffer.concat([signed, mac]).toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Answers wall time and processor time from now on, in milliseconds. */
function measured() {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
  };
}

async function eachPage(visit) {
  const sql = 'select id, totp_secret from users where id > $1 order by id limit $2';
  let { rows } = await client.query(sql, [0, PAGE]);
  while (rows.length > 0) {
    await visit(rows);
    ({ rows } = await client.query(sql, [rows.at(-1).id, PAGE]));
  }
}

async function write(rows) {
  await client.query(
    `update users set totp_secret = change.renewed
     from unnest($1::bigint[], $2::text[], $3::text[]) as change (id, old, renewed)
     where users.id = change.id and users.totp_secret = change.old`,
    [
      rows.map(({ id }) => id),
      rows.map(({ totp_secret: old }) => old),
      rows.map(({ totp_secret: old }) => rotated(old)),
    ],
  );
}

const client = new pg.Client(url);
await client.connect();
// As the package does: only the last commit has to wait for the disk.
await client.query('set synchronous_commit = off');
const { rows: users } = await client.query('select totp_secret from users');
const loop = () => users.forEach(({ totp_secret: token }) => rotated(token));
loop();
const cryptography = measured();
loop();
const { ms: cryptographyMs, cpuMs: cryptographyCpuMs } = cryptography();
const whole = measured();
await eachPage(write);
let readBack = 0;
await eachPage((rows) => {
  rows.forEach(({ totp_secret: token }) => verified(newKey, token));
  readBack += rows.length;
});
const { ms: durationMs, cpuMs } = whole();
await client.end();
console.log(JSON.stringify({ readBack, cryptographyMs, cryptographyCpuMs, durationMs, cpuMs }));
