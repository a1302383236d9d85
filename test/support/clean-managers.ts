/** What each package manager prints when it knows of nothing. The real ones come to it although they looked at a part alone. */
const CLEAN_ANSWERS: Readonly<Record<string, string>> = {
  npm: JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: {},
    metadata: { vulnerabilities: { total: 0 }, dependencies: { prod: 2, total: 2 } },
  }),
  pnpm: JSON.stringify({
    actions: [],
    advisories: {},
    muted: [],
    metadata: { vulnerabilities: { high: 0 }, totalDependencies: 1 },
  }),
  yarn: '',
  bun: '{}\n',
  deno: 'No known vulnerabilities found\n',
};

/** Package managers that find nothing, whatever they are asked, as scripts for Node. */
export const CLEAN_MANAGERS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CLEAN_ANSWERS).map(([name, text]) => [name, `process.stdout.write(${JSON.stringify(text)});`]),
);
