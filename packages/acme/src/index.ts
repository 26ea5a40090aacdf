export type { CertificateStatus, WantedCertificate } from './care.ts';
export { Keeper, type KeeperOptions, type Pace } from './keeper.ts';
export { inspectCertificate, type KeptCertificate } from './inspect.ts';
