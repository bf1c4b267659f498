/** Whether an app may call URLs for which there is no HTTPEndpoint. */
export type UrlCalls = 'allow' | 'deny';
