import { ScanUnknownError } from '../scan-unknown.error.js';

/** Node's codes for a registry that is out of reach. */
const NETWORK_CODES =
  /\b(ECONNREFUSED|ECONNRESET|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|ERR_SOCKET_TIMEOUT|CERT_[A-Z_]+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_[A-Z_]+)\b/;
const STATUS = /(?:responded with|Response Code:|"statusCode":|\(status) ?([1-5]\d\d)\b/;
const OWN_CODES = /\b(ERR_PNPM_[A-Z_]+|YN\d{4}|E(?:AUDIT|JSON|USAGE|NOLOCK|LOCKVERIFY|INVALID)[A-Z]*)\b/;

/**
 * Says why an audit came to nothing, from what the package manager printed. That may quote the registry's URL with its password, a token of
 * `.npmrc` or what the registry sent back, so nothing of it is passed on but an HTTP status or a code that this package knows.
 */
export function auditFailure(packageManager: string, printed: string): ScanUnknownError {
  const status = STATUS.exec(printed)?.[1];
  if (status !== undefined) {
    return new ScanUnknownError(`${packageManager} audit failed: the registry answered with HTTP ${status}`);
  }
  const network = NETWORK_CODES.exec(printed)?.[1];
  if (network !== undefined) {
    return new ScanUnknownError(`${packageManager} audit failed: the registry could not be reached (${network})`);
  }
  if (/invalid json response|is not valid JSON|Unexpected (token|end of JSON)/i.test(printed)) {
    return new ScanUnknownError(`${packageManager} audit failed: the registry's answer is no JSON`);
  }
  const code = OWN_CODES.exec(printed)?.[1];
  const suffix = code === undefined ? '' : ` (${code})`;
  return new ScanUnknownError(
    `${packageManager} audit gave no report${suffix}: run it by hand to see what it says, as its words may hold secrets`,
  );
}
