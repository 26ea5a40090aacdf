// Which media types are worth compressing.

/** Text, and the binary formats that are not compressed inside. `type` may have parameters, in any case. */
export function isCompressible(type: string): boolean {
  const essence = essenceOf(type);
  return essence.startsWith('text/') || COMPRESSIBLE.test(essence);
}

const COMPRESSIBLE =
  /^(?:application\/(?:[\w.+-]*\+)?(?:json|xml|javascript|wasm|x-ndjson|yaml|graphql)|application\/(?:manifest\+json|vnd\.ms-fontobject)|image\/(?:svg\+xml|x-icon|vnd\.microsoft\.icon|bmp)|font\/(?:otf|ttf))$/;

/** `text/html` of `Text/HTML; charset=utf-8`. */
export function essenceOf(type: string): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}
