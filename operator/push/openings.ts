/** Requests for a stream whose Hello is still coming: a pod that ends meanwhile must not get one. */

export interface Opening {
  readonly podUid: string;
  /** The pod is not who it was when it authenticated. */
  isEnded: boolean;
}

export class Openings {
  readonly #openings = new Set<Opening>();

  begin(podUid: string): Opening {
    const opening = { podUid, isEnded: false };
    this.#openings.add(opening);
    return opening;
  }

  finish(opening: Opening): void {
    this.#openings.delete(opening);
  }

  endPod(podUid: string): void {
    for (const opening of this.#openings) if (opening.podUid === podUid) opening.isEnded = true;
  }
}
