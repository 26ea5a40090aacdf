// A static drawing and its size, for whoever sets it into a page or a file.
import type { Markup } from '../html/markup.ts';

export interface Drawing {
  readonly markup: Markup;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}
