import { SCRIPT, STYLE } from './assets.js';
import { type Content, html, type Html } from './html.js';
import type { Visitor } from './visitor.js';

/** The pages of the navigation, by their addresses. */
const NAVIGATION = { overview: 'Overview', history: 'History', policy: 'Policy', holds: 'Legal holds' } as const;

/** What a page is. */
export interface Page {
  /** Its own, such as `History`. */
  readonly title: string;
  /** Its place in the navigation, or that of the page that it belongs to. */
  readonly under?: keyof typeof NAVIGATION;
  readonly content: Content;
  /** True while something on it changes by itself: without the script, the page loads itself again. @default false */
  readonly isLive?: boolean;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%234659d6'/%3E%3Cpath d='M4 8.5l2.7 2.7L12 5.6' fill='none' stroke='%23fff' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/** The whole document around a page. */
export function layout(page: Page, { name, visitor }: { readonly name: string; readonly visitor?: Visitor }): Html {
  const { title, under, content, isLive = false } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${name}</title>
        <link rel="icon" href="${ICON}" />
        <link rel="stylesheet" href="files/${STYLE.name}" />
        <script src="files/${SCRIPT.name}" defer></script>
        ${isLive && html`<noscript><meta http-equiv="refresh" content="5" /></noscript>`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="inner">
            <a class="brand" href="overview">${name}</a>
            <nav aria-label="Pages">
              <ul>
                ${Object.entries(NAVIGATION).map(
                  ([place, label]) =>
                    html`<li><a href="${place}" ${place === under && html` aria-current="page"`}>${label}</a></li>`,
                )}
              </ul>
            </nav>
            ${(visitor?.actor !== undefined || visitor?.rights.size === 0) && html`<p class="visitor">${visitor.actor}${visitor.rights.size === 0 && html` <span class="badge quiet">read-only</span>`}</p>`}
          </div>
        </header>
        <main id="main" tabindex="-1">
          <div class="inner">
            <h1>${title}</h1>
            ${content}
          </div>
        </main>
        <p class="visually-hidden" id="announcements" role="status"></p>
      </body>
    </html>`;
}

/** Something that the script brings up to date, by its id. */
export function live(id: string, content: Content, className = ''): Html {
  return html`<div id="${id}" data-live class="${className}">${content}</div>`;
}
