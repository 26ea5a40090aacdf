export { default as backend } from './app.ts';
export type { BackendOptions } from './app.ts';
export { startSite } from './listen/server.ts';
export type { RunningSite } from './listen/server.ts';
export type { Front } from './request/front.ts';
export { DOWNLOAD_PERIOD, downloadPiece } from './routes/download-content.ts';
export { readSettings } from './settings.ts';
export type { Listening, Settings } from './settings.ts';
