/**
 * undici's parts by their own modules: the package's entry also loads fetch, WebSocket and the cache, about 6 MB in
 * every pod that nothing here uses.
 */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}
