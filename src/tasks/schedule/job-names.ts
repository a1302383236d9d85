/** A job by its task and its data source, which tell the jobs of several imports of the module apart. */
export interface JobOfImport {
  /** The fixed name that the `@Cron` decorator gives it. */
  readonly name: string;
  /** The name of the data source that the import works on. */
  readonly dataSource: string;
}

/**
 * Names the jobs of all imports, in the order of import: one a task and data source. Those of the default data source, or else of the
 * first one, bear the fixed names; the others have their data source's name behind it. `repeated` are those that an earlier import on the
 * same data source has already.
 */
export function nameJobs<Job extends JobOfImport>(
  jobs: readonly Job[],
): { readonly named: readonly { readonly job: Job; readonly jobName: string }[]; readonly repeated: readonly Job[] } {
  const first = jobs.filter((job) => jobs.find((other) => isSame(job, other)) === job);
  const plain = first.find(({ dataSource }) => dataSource === 'default')?.dataSource ?? first[0]?.dataSource;
  return {
    named: first.map((job) => ({
      job,
      jobName: job.dataSource === plain ? job.name : `${job.name}@${job.dataSource}`,
    })),
    repeated: jobs.filter((job) => !first.includes(job)),
  };
}

function isSame(one: JobOfImport, other: JobOfImport): boolean {
  return one.name === other.name && one.dataSource === other.dataSource;
}
