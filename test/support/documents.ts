// The documents of the project as a reader's browser gets them: Markdown made HTML, headings named as the forges name them.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Marked } from 'marked';
import { getHeadingList, gfmHeadingId } from 'marked-gfm-heading-id';

const ROOT = join(import.meta.dirname, '../..');

export interface Document {
  /** From the root of the project. */
  readonly file: string;
  readonly html: string;
  /** Names that links may lead to. */
  readonly anchors: ReadonlySet<string>;
  /** To places in this project, as files from its root and anchors. */
  readonly links: readonly Link[];
}

export interface Link {
  readonly file: string;
  /** Empty: the whole file. */
  readonly anchor: string;
}

export function readDocuments(): Document[] {
  const files = globSync(['*.md', 'deploy/**/*.md', 'decisions/*.md'], { cwd: ROOT });
  return files.sort().map((file) => documentOf(file));
}

function documentOf(file: string): Document {
  const hrefs: string[] = [];
  const marked = new Marked(gfmHeadingId(), {
    walkTokens: (token) => {
      if (token.type === 'link') hrefs.push(String(token['href']));
    },
  });
  const html = marked.parse(readFileSync(join(ROOT, file), 'utf8'), { async: false });
  const anchors = new Set(getHeadingList().map(({ id }) => id));
  return { file, html, anchors, links: hrefs.filter(isLocal).map((href) => linkOf(file, href)) };
}

const isLocal = (href: string): boolean => !/^[a-z]+:/.test(href);

function linkOf(from: string, href: string): Link {
  const [path = '', anchor = ''] = href.split('#');
  return { file: path === '' ? from : normalize(join(dirname(from), path)), anchor };
}
