import script from './assets/live.client.js';
import style from './assets/style.css';
import { hashedName } from './exchange.js';

/** A file that pages load: its name tells its content, so that browsers may keep it for good. */
export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

export const STYLE: Asset = { name: hashedName('style.css', style), type: 'text/css', text: style };
export const SCRIPT: Asset = { name: hashedName('live.js', script), type: 'text/javascript', text: script };

/** Both, by their names. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([STYLE, SCRIPT].map((asset) => [asset.name, asset]));
