/** Waits for an answer, but no longer than this: undefined then. A failure in time is thrown; one that comes too late is ignored. */
export async function withinTimeout<Answer>(answer: Promise<Answer>, timeoutMs: number): Promise<Answer | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([answer, isLate]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}
