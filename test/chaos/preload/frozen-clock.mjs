// Loaded before a program: its monotonic clock stands still while the process is stopped, as that of a machine which is suspended does.
const LONGEST_STEP_MS = 500;
const STEP_MS = 20;
const trueNow = performance.now.bind(performance);

let last = trueNow();
let stoodStillMs = 0;

performance.now = () => {
  const now = trueNow();
  if (now - last > LONGEST_STEP_MS) {
    stoodStillMs += now - last;
  }
  last = now;
  return now - stoodStillMs;
};
setInterval(() => performance.now(), STEP_MS).unref();
