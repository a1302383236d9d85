import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/**
 * What happens to a request: its connection is cut, so that the server never sees it; the server does what it asks for, and is cut off before
 * it can answer; or all falls silent, and the request is held back.
 */
export type Interruption = 'cut-before-request' | 'cut-before-answer' | 'silence';

/** The two ends of a connection that is led through a wire. */
interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  isAnswerLost: boolean;
}

interface Awaited {
  readonly interruption: Interruption;
  /** What the request holds that is interrupted; an empty text is in every request. Silence begins at an answer that holds it, too. */
  readonly text: string;
  readonly done: () => void;
}

/** The network between one process and the server: it can fall silent, be cut at a chosen point, and lead to another server. */
export class Wire {
  private readonly connections = new Set<Connection>();
  private readonly listener: Server;
  private isSilent = false;
  private awaited: Awaited | undefined;

  private constructor(private upstreamPort: number) {
    this.listener = createServer((client) => this.lead(client));
  }

  /** A wire to a port of this machine; it listens on a port that the system gave it. */
  public static async to(upstreamPort: number): Promise<Wire> {
    const wire = new Wire(upstreamPort);
    wire.listener.listen(0, '127.0.0.1');
    await once(wire.listener, 'listening');
    return wire;
  }

  /** The port that it listens on. */
  public get port(): number {
    const address = this.listener.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Leads to another server from now on; connections to the one before are cut. */
  public leadTo(upstreamPort: number): void {
    this.upstreamPort = upstreamPort;
    this.cut();
  }

  /** From now on nothing gets through, either way, and neither side is told. */
  public fallSilent(): void {
    this.isSilent = true;
    this.sockets().forEach((socket) => socket.pause());
  }

  /** Whatever was held back gets through. */
  public goOn(): void {
    this.isSilent = false;
    this.sockets().forEach((socket) => socket.resume());
  }

  /** Ends every connection, with what is held back. */
  public cut(): void {
    this.connections.forEach((connection) => end(connection));
  }

  /** Interrupts the next request that holds a text, silence the next answer, too; resolves once that has happened. */
  public async interruptNext(interruption: Interruption, text: string): Promise<void> {
    return new Promise((done) => {
      this.awaited = { interruption, text, done };
    });
  }

  /** No interruption is awaited any more. */
  public letPass(): void {
    this.awaited?.done();
    this.awaited = undefined;
  }

  /** Ends every connection and takes no more. */
  public async close(): Promise<void> {
    this.letPass();
    this.cut();
    if (this.listener.listening) {
      this.listener.close();
      await once(this.listener, 'close');
    }
  }

  private lead(client: Socket): void {
    const server = connect(this.upstreamPort, '127.0.0.1');
    const connection: Connection = { client, server, isAnswerLost: false };
    this.connections.add(connection);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => end(connection));
      socket.on('close', () => {
        end(connection);
        this.connections.delete(connection);
      });
      if (this.isSilent) {
        socket.pause();
      }
    }
    client.on('data', (request) => this.pass(request, connection));
    server.on('data', (answer) => this.answer(answer, connection));
  }

  private pass(request: Buffer | string, connection: Connection): void {
    const { awaited } = this;
    if (awaited === undefined || !request.includes(awaited.text)) {
      connection.server.write(request);
      return;
    }
    this.awaited = undefined;
    if (awaited.interruption === 'cut-before-answer') {
      connection.isAnswerLost = true;
      connection.server.once('close', awaited.done);
      connection.server.write(request);
      return;
    }
    if (awaited.interruption === 'cut-before-request') {
      end(connection);
    } else {
      this.fallSilent();
      connection.client.unshift(request);
    }
    awaited.done();
  }

  private answer(answer: Buffer | string, connection: Connection): void {
    const { awaited } = this;
    if (connection.isAnswerLost) {
      end(connection);
    } else if (awaited?.interruption === 'silence' && answer.includes(awaited.text)) {
      this.awaited = undefined;
      this.fallSilent();
      connection.server.unshift(answer);
      awaited.done();
    } else {
      connection.client.write(answer);
    }
  }

  private sockets(): Socket[] {
    return [...this.connections].flatMap(({ client, server }) => [client, server]);
  }
}

function end({ client, server }: Connection): void {
  client.destroy();
  server.destroy();
}
