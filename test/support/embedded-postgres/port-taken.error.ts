/** Another process took the port between the moment it was found free and the server's own attempt. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(readonly port: number) {
    super(`PostgreSQL could not listen on 127.0.0.1:${port}: another process has the port.`);
  }
}
