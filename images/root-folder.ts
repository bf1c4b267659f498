/** A folder that becomes the root of a layer: files with modes and times that do not depend on the machine. */
import { chmod, copyFile, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const modes = { file: 0o644, program: 0o755, folder: 0o755 } as const;

export class RootFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** An empty one; what was there goes. */
  static async create(path: string): Promise<RootFolder> {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    return new RootFolder(path);
  }

  /** Where a path of the image lies on this machine, its folder made. */
  async place(inside: string): Promise<string> {
    const path = join(this.path, inside);
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  async write(inside: string, text: string): Promise<void> {
    await writeFile(await this.place(inside), text);
  }

  /** An empty one. */
  async makeFolder(inside: string): Promise<void> {
    await mkdir(await this.place(inside));
  }

  /** Copies what a path leads to, links followed. */
  async copy(from: string, inside: string): Promise<void> {
    await copyFile(from, await this.place(inside));
  }

  /** Once everything is there: only the programs may be run, and all is from 1970. */
  async finish(programs: readonly string[]): Promise<void> {
    const executable = new Set(programs.map((inside) => join(this.path, inside)));
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      await chmod(path, entry.isDirectory() ? modes.folder : executable.has(path) ? modes.program : modes.file);
    }
    // Deepest first is not needed: a mode or a time of what is inside changes no time of the folder.
    for (const entry of entries) await utimes(join(entry.parentPath, entry.name), 0, 0);
    await chmod(this.path, modes.folder);
    await utimes(this.path, 0, 0);
  }
}
