// The last word to a WebSocket client when the front drains.

/** RFC 6455 5.5.1 and 7.4.1: a close frame, unmasked as from a server, with code 1001 "going away". */
export const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
