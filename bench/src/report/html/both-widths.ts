// A static drawing made twice, for the desktop and for a phone; the style sheet shows the one that fits.
import { html, type Markup } from './markup.ts';

const WIDE = 830;
const NARROW = 334;

export const both = (draw: (width: number) => Markup): Markup =>
  html`<div class="wide">${draw(WIDE)}</div>
    <div class="narrow">${draw(NARROW)}</div>`;
