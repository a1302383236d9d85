import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';

/** The path at which npm and Yarn 4 ask for advisories. */
const BULK_ENDPOINT = '/-/npm/v1/security/advisories/bulk';

/** What the bulk endpoint answers. */
export type AdvisoryAnswer = (response: ServerResponse) => void;

/** An advisory as the registry gives it. */
export const LODASH_ADVISORY = {
  id: 1_106_913,
  url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
  title: 'Command Injection in lodash',
  severity: 'high',
  vulnerable_versions: '<4.17.21',
  cwe: ['CWE-77', 'CWE-94'],
  cvss: { score: 7.2, vectorString: 'CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H' },
} as const;

/** Answers with a status and a text. */
export function answer(status: number, body: string): AdvisoryAnswer {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Answers with advisories by package. */
export function advisories(byPackage: object): AdvisoryAnswer {
  return answer(200, JSON.stringify(byPackage));
}

/** Takes the question and never answers. */
export const hang: AdvisoryAnswer = () => undefined;

/** As much of a registry as an audit needs, on loopback. */
export interface AdvisoryServer {
  /** With a slash at the end. */
  readonly url: string;
  readonly host: string;
  /** How often it was asked for advisories. */
  readonly questions: readonly string[];
  /** The `authorization` headers that came. */
  readonly authorizations: readonly string[];
  answerWith(answer: AdvisoryAnswer): void;
}

/** Serves for the file's tests. */
export function useAdvisoryServer(): AdvisoryServer {
  let current: AdvisoryAnswer = advisories({});
  let host = '';
  const questions: string[] = [];
  const authorizations: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    authorizations.push(request.headers.authorization ?? '');
    if (request.method === 'POST' && request.url === BULK_ENDPOINT) {
      questions.push(request.url);
      current(response);
    } else {
      response.writeHead(404).end('{}');
    }
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    get url() {
      return `http://${host}/`;
    },
    get host() {
      return host;
    },
    questions,
    authorizations,
    answerWith: (next) => {
      questions.length = 0;
      authorizations.length = 0;
      current = next;
    },
  };
}
