import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { DashboardRequest } from './dashboard-options.js';
import type { Html } from './html.js';

/** The longest form that is read, in bytes: no field is nearly as long. */
const LONGEST_FORM = 65_536;

/**
 * Nothing from elsewhere, nothing inline, in no frame. Its own policy of referrers, as `no-referrer`, which helmet sends, would have browsers
 * send `Origin: null` with its forms.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex',
};

const PAGE = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };

/** One request and its answer, over Express or Fastify. Nest's interceptors and pipes have no part in either. */
export class Exchange {
  private readonly address: string;

  public constructor(
    private readonly adapter: HttpServer,
    /** The host's own. */
    public readonly request: DashboardRequest,
    private readonly response: unknown,
  ) {
    // Within Express's routers `url` is what is left of it.
    this.address = String(this.request.originalUrl ?? this.incoming.url);
  }

  /** What stands behind the question mark. */
  public get query(): URLSearchParams {
    return new URLSearchParams(/\?([^#]*)/.exec(this.address)?.[1]);
  }

  /** The last part of the path, to which relative addresses refer. */
  public get place(): string {
    return this.path.split('/').findLast((part) => part !== '') ?? '';
  }

  /** Whether the path ends with a slash, as which Express takes it and browsers take relative addresses otherwise. */
  public get isFolder(): boolean {
    return this.path.endsWith('/');
  }

  /** As it came, and as the host's routes and its proxy see it: a URL would take a backslash for a slash. */
  private get path(): string {
    return this.address.split(/[?#]/, 1)[0] ?? '';
  }

  public readonly header = (name: string): string | undefined => {
    const value = this.incoming.headers[name];
    return Array.isArray(value) ? value.join() : value;
  };

  /** Calls back when the browser has gone. */
  public onGone(callback: () => void): void {
    this.outgoing.once('close', callback);
  }

  /** The fields of a form of `text/plain`, which needs no body parser and stumbles over none; undefined of one too long to be from here. */
  public async form(): Promise<ReadonlyMap<string, string> | undefined> {
    const body = await this.body();
    if (body.length > LONGEST_FORM) {
      return undefined;
    }
    const lines = body
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.includes('='));
    return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]));
  }

  public page(content: Html, status = 200): void {
    this.reply(status, content.text, PAGE);
  }

  public document(text: string, type: string): void {
    this.reply(200, text, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' });
  }

  /** For what its name changes with. */
  public asset(text: string, type: string): void {
    this.reply(200, text, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=31536000, immutable',
    });
  }

  /** To a page, by its address relative to this one. */
  public seeOther(place: string): void {
    this.reply(303, '', { ...PAGE, location: place });
  }

  /** An answer that goes on: bypasses the adapter, which would wait for its end. */
  public openStream(): ServerResponse {
    const { outgoing, response } = this;
    // Fastify would answer by itself.
    Reflect.get(Object(response), 'hijack')?.call(response);
    // Kept alive, the connection would hold up the end of the application.
    outgoing.writeHead(200, {
      ...HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    return outgoing;
  }

  private reply(status: number, text: string, headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) {
      this.adapter.setHeader?.(this.response, name, value);
    }
    this.adapter.reply(this.response, text, status);
  }

  /** Fastify wraps what Node gives it. */
  private get incoming(): IncomingMessage {
    return this.request.raw ?? this.request;
  }

  private get outgoing(): ServerResponse {
    return Reflect.get(Object(this.response), 'raw') ?? this.response;
  }

  private async body(): Promise<Buffer> {
    const parsed: unknown = this.request.body;
    if (typeof parsed === 'string' || Buffer.isBuffer(parsed)) {
      return Buffer.from(parsed as string);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    // A parser that reads everything has left nothing. What is too much is left to Node, so that the answer gets there.
    const rest = this.incoming.readableEnded ? [] : this.incoming.iterator({ destroyOnReturn: false });
    for await (const chunk of rest) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > LONGEST_FORM) {
        break;
      }
    }
    return Buffer.concat(chunks);
  }
}

/** A name that is another one for another text. */
export function hashedName(name: string, text: string): string {
  const [stem, extension] = name.split('.');
  return `${stem}-${createHash('sha256').update(text).digest('hex').slice(0, 10)}.${extension}`;
}
