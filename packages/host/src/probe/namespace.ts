// Which network namespace a counter belongs to: /proc/PID/net is the view of that process, /proc/net that of the reader.

/** Path below the host root of a file of /proc/net, as process `netOf` sees it. */
export const netPath = (file: string, netOf?: number): string =>
  netOf === undefined ? `proc/net/${file}` : `proc/${netOf}/net/${file}`;
