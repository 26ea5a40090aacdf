// Which layer a moment of the main thread belongs to: the innermost file of ours on the stack says so. Node's own
// functions and the system calls below them count for whoever called them. Pure.

/** In the order in which they are told. */
export const LAYERS = ['tls', 'front', 'hop', 'log', 'app', 'writes', 'reads', 'collector', 'other'] as const;
export type Layer = (typeof LAYERS)[number];

/** A function in V8's profile, and the functions it called. */
export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** Layer by node; `idle`: no function runs, the thread waits or reads. */
export function layersOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, Layer | 'idle'> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const layers = new Map<number, Layer | 'idle'>();
  const visit = (node: ProfileNode, above: Layer): void => {
    const layer = layerOf(node.callFrame, above);
    layers.set(node.id, layer);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) visit(child, layer === 'idle' || layer === 'writes' ? above : layer);
    }
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, 'other');
  return layers;
}

/** What V8 calls the moments when no function of the program runs. */
const WITHOUT_A_FUNCTION: ReadonlyMap<string, Layer | 'idle'> = new Map([
  ['(idle)', 'idle'],
  // Outside of JavaScript: the event loop and what it reads.
  ['(program)', 'reads'],
  ['(garbage collector)', 'collector'],
]);

function layerOf({ functionName, url }: ProfileNode['callFrame'], above: Layer): Layer | 'idle' {
  const fixed = WITHOUT_A_FUNCTION.get(functionName);
  if (fixed !== undefined) return fixed;
  // Node's stream functions that are C++: TLS records are made and the kernel is called inside of them.
  if (url === '' && above === 'front' && /^write(?:v|Buffer|\w+String)$/.test(functionName)) return 'writes';
  const room = roomOf(url);
  if (room !== undefined) return room;
  // A handshake goes on where OpenSSL is told the certificate: Node's own file stands at the bottom of that stack.
  return above === 'other' && url.startsWith('node:internal/tls') ? 'tls' : above;
}

/** The first that fits counts; a checkout has `src`, an installed package `dist`. */
const ROOMS: readonly (readonly [part: RegExp, layer: Layer])[] = [
  [/\/packages\/proxy\/\w+\/tls\//, 'tls'],
  [/\/packages\/proxy\/\w+\/(?:upstream|pool|engine)\//, 'hop'],
  [/\/packages\/proxy\/\w+\/lane\/wire\/(?:ask|responseHead|outgoing)\./, 'hop'],
  [/\/packages\/(?:proxy|core)\//, 'front'],
  [/\/packages\/log\//, 'log'],
  [/\/packages\/(?:cli|host)\//, 'other'],
];

/** Of a library nothing is known but who called it; whatever else has a file is the user's own app. */
function roomOf(url: string): Layer | undefined {
  if (url === '' || url.startsWith('node:') || url.includes('/node_modules/')) return undefined;
  return ROOMS.find(([part]) => part.test(url))?.[1] ?? 'app';
}
