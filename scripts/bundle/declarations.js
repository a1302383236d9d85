import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** Puts the declarations of an entry of dist together, without what no export leads to. Types of bundled packages are written out. */
export async function writeDeclarations(entry, file, bundledPackages) {
  const bundle = await rollup({
    input: entry,
    external: (id) => !/^[./]/.test(id) && !bundledPackages.includes(id),
    plugins: [dts({ includeExternal: bundledPackages })],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  await bundle.write({ file, format: 'es' });
  await bundle.close();
}
