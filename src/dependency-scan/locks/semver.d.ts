/** The two functions of npm's own semver that are used here. */
declare module 'semver/functions/satisfies.js' {
  export default function satisfies(version: string, range: string, options: { readonly loose: boolean }): boolean;
}
declare module 'semver/ranges/valid.js' {
  export default function validRange(range: string, options: { readonly loose: boolean }): string | null;
}
