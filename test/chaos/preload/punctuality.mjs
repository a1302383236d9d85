// Loaded before a program: it tells the process that started it when its timers come late, as they do where it is stopped or crowded out.
const STEP_MS = 50;
const TOLERATED_MS = 200;
const milliseconds = () => Number(process.hrtime.bigint() / 1_000_000n);

let last = milliseconds();
setInterval(() => {
  const now = milliseconds();
  const lateMs = now - last - STEP_MS;
  last = now;
  if (lateMs > TOLERATED_MS && process.connected) {
    process.send({ kind: 'late', lateMs });
  }
}, STEP_MS).unref();
