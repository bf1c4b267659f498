/** Addresses in the network of a node, which has a namespace of its own: they are always the same. */

/** The node's only address; the API server listens on it. */
export const nodeAddress = '10.240.0.2';
export const podRange = '10.244.0.0/24';
export const serviceRange = '10.96.0.0/16';
/** The first of the range: the API server as a Service. */
export const apiServiceAddress = '10.96.0.1';
/** What pods ask for names. */
export const dnsServiceAddress = '10.96.0.10';
export const nodeName = 'node-1';
