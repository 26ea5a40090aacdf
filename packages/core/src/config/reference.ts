// The configuration reference: every key with its values, its default and its meaning, from the schema alone.
import { configJsonSchema } from './json-schema.ts';

/** What is used of JSON Schema. */
interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Mapping {
  readonly properties: Readonly<Record<string, Node>>;
  readonly required: readonly string[];
}

/** Markdown. Each mapping is a section under its path; `[]` stands for each entry of a list. */
export function configReference(): string {
  return new Reference().of(configJsonSchema());
}

const ABOUT = `# The configuration, key by key

Made by \`tollgate schema --markdown\` from the schema that \`tollgate check\` reads with. Durations are written \`500ms\`, \`30s\`, \`2m\`; sizes \`64KB\`, \`10MB\`. \`on\` and \`off\` may be \`yes\`, \`no\`, \`true\`, \`false\` as well.`;

class Reference {
  readonly #sections: string[] = [];
  /** Mappings by what they say: one that stands in two places is told once. */
  readonly #told = new Map<string, string>();

  of(root: Node): string {
    this.#tell('', root);
    return `${[ABOUT, ...this.#sections].join('\n\n')}\n`;
  }

  #tell(path: string, node: Node): void {
    const mapping = mappingOf(node);
    if (mapping === undefined) return;
    const { properties, required } = mapping;
    this.#told.set(JSON.stringify(properties), path);
    const at = this.#sections.push('') - 1;
    const inner = Object.entries(properties).map(([key, child]) => this.#inner(path, key, child));
    const rows = Object.entries(properties).map(([key, child], index) =>
      rowOf(key, child, required.includes(key), inner[index] ?? ''),
    );
    const title = path === '' ? '## At the top' : `## \`${path}\``;
    const about = path === '' || node.description === undefined ? [] : [node.description, ''];
    this.#sections[at] = [title, '', ...about, ...HEAD, ...rows].join('\n');
  }

  /** Where the keys of a child are told; empty: it has none. */
  #inner(path: string, key: string, child: Node): string {
    const mapping = mappingOf(child);
    if (mapping === undefined) return '';
    const own = `${path === '' ? '' : `${path}.`}${key}${isList(child) ? '[]' : ''}`;
    const before = this.#told.get(JSON.stringify(mapping.properties));
    if (before === undefined) this.#tell(own, child);
    const place = before ?? own;
    return `see [\`${place}\`](#${anchorOf(place)})`;
  }
}

/** Of a heading, as forges name it: letters, digits and hyphens are kept. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\w-]/g, '');

const HEAD = ['| key | values | default | meaning |', '| --- | --- | --- | --- |'];

function rowOf(key: string, node: Node, required: boolean, inner: string): string {
  const fallback = node.default === undefined ? (required ? 'required' : '') : `\`${textOf(node.default)}\``;
  const values = [...new Set([...valuesOf(node), ...(inner === '' ? [] : [`a mapping, ${inner}`])])].join(
    ', ',
  );
  return `| ${[`\`${key}\``, values, fallback, node.description ?? ''].map(cell).join(' | ')} |`;
}

function valuesOf(node: Node): readonly string[] {
  if (node.anyOf !== undefined) return node.anyOf.flatMap(valuesOf);
  if (node.enum !== undefined) return node.enum.filter(isShown).map((value) => `\`${textOf(value)}\``);
  if (node.const !== undefined) return [`\`${textOf(node.const)}\``];
  if (node.type === 'array') return [`a list${listed(node.items)}`];
  if (node.type === 'object') return node.properties === undefined ? ['names and values'] : [];
  if (node.type === 'boolean') return ['`on`', '`off`'];
  return [scalarOf(node)];
}

/** `yes` and `no` are told at the top. */
const isShown = (value: unknown): boolean => value !== 'yes' && value !== 'no';

function listed(items: Node | undefined): string {
  const values = items === undefined ? [] : valuesOf(items);
  return values.length === 0 ? '' : ` of ${values.join(', ')}`;
}

function scalarOf({ type, minimum, maximum }: Node): string {
  if (type !== 'integer' && type !== 'number') return 'text';
  return minimum === undefined || maximum === undefined ? 'a number' : `${minimum} to ${maximum}`;
}

/** The mapping that a value is, may be, or is a list of. */
function mappingOf(node: Node): Mapping | undefined {
  if (node.properties !== undefined) return { properties: node.properties, required: node.required ?? [] };
  const choices = [...(node.anyOf ?? []), ...(node.items === undefined ? [] : [node.items])];
  return choices.map(mappingOf).find((found) => found !== undefined);
}

function isList(node: Node): boolean {
  return node.items !== undefined || (node.anyOf ?? []).some(isList);
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
