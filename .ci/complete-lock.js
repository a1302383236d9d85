// Usage: node .ci/complete-lock.js [LOCK-FILE]
// After every "npm install": npm leaves out of the lock file the platform packages that the registry did not offer, and "npm ci" then
// refuses it. This adds their entries, with the platform read off their names.
import { readFileSync, writeFileSync } from 'node:fs';
const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;
const OS = /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)(?=-)/;
const CPU = /-(arm64|arm|x64|ia32|ppc64|s390x|riscv64|loong64)(?=-|$)/;
const added = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, wanted] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    const [, alias, version] = /^(?:npm:(.+)@)?(.+)$/.exec(wanted);
    if (packages[path] || packages[`${parent}/${path}`]) continue;
    const os = OS.exec(name)?.[1],
      cpu = CPU.exec(name)?.[1];
    if (!os || !cpu || !/^\d/.test(version)) throw new Error(`${name}@${version}`);
    const libc = os !== 'linux' ? undefined : /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
    packages[path] = {
      ...(alias && { name: alias }),
      version,
      cpu: [cpu],
      ...(dev && { dev }),
      ...(libc && { libc }),
      optional: true,
      os: [os],
    };
    added.push(path);
  }
}
const [root, ...rest] = Object.entries(packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
console.log(`${added.length} added`);
