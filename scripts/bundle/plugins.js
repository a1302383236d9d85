import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/** Takes in what browsers load as text, as small as it gets. */
export const texts = {
  name: 'texts',
  setup(build) {
    build.onLoad({ filter: /\.(css|client\.js)$/ }, async ({ path }) => {
      const loader = path.endsWith('.css') ? 'css' : 'js';
      const { code } = await transform(await readFile(path, 'utf8'), { loader, minify: true });
      return { contents: code.trimEnd(), loader: 'text' };
    });
  },
};

/** One entry refers to the other: a copy of the classes would be other classes, of which Nest has no instances. */
export const entriesApart = {
  name: 'entries-apart',
  setup(build) {
    build.onResolve({ filter: /^(\.\.\/)+index\.js$/ }, () => ({ path: './index.cjs', external: true }));
  },
};
