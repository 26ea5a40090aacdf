// The framework instance as the routes see it: over HTTP/1.1 or HTTP/2, plain or TLS alike.
import type { FastifyInstance } from 'fastify';

export type Site = FastifyInstance;
