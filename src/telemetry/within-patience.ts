/** Waits for `work`, but no longer than this; what it throws in time is thrown. */
export async function withinTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs).unref();
  });
  try {
    await Promise.race([work, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
