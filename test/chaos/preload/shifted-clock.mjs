// Loaded before a program: its clock on the wall, and whatever timer follows it, is CLOCK_SHIFT_SECONDS ahead.
const SHIFT_MS = Number(process.env.CLOCK_SHIFT_SECONDS) * 1000;
const TrueDate = Date;

globalThis.Date = class Date extends TrueDate {
  constructor(...values) {
    super(...(values.length === 0 ? [Date.now()] : values));
  }

  static now() {
    return TrueDate.now() + SHIFT_MS;
  }
};
