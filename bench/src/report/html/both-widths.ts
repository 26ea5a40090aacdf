// A static drawing made twice, for the desktop and for a phone; the style sheet shows the one that fits.
import type { Drawing } from '../svg/drawing.ts';
import { html, raw, type Markup } from './markup.ts';

const WIDE = 830;
const NARROW = 334;

/** Where there is nothing to draw there is nothing. */
export const both = (draw: (width: number) => Drawing | null): Markup =>
  html`<div class="wide">${draw(WIDE)?.markup ?? raw('')}</div>
    <div class="narrow">${draw(NARROW)?.markup ?? raw('')}</div>`;
