/** Tells when a Pod's identity is no longer what it was when its proxy authenticated. */

export interface IdentityWatch {
  /**
   * Calls back with the uid of a Pod that is gone, or whose app id, Configuration or label changed: what was given to it ends
   * at once, and its proxy must authenticate again. Returns the way to stop.
   */
  onEnded(listener: (podUid: string) => void): () => void;
}
