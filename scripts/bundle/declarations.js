import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** Puts the declarations of each entry of dist together, without what no export leads to. Types of bundled packages are written out. */
export async function writeDeclarations(entries, directory, bundledPackages) {
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, join('dist', `${entry}.d.ts`)])),
    external: (id) => !/^[./]/.test(id) && !bundledPackages.includes(id),
    plugins: [dts({ includeExternal: bundledPackages })],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  await bundle.write({
    dir: directory,
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'chunks/[name].d.ts',
  });
  await bundle.close();
}
