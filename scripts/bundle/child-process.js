// Of CommonJS that is bundled as an ES module, `require()` of what Node itself has cannot stay: this is imported in its stead.
export { spawn } from 'node:child_process';
