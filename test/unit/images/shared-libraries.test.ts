import { describe, expect, test } from 'vitest';
import { librariesFrom } from '../../../images/shared-libraries.ts';

describe('librariesFrom', () => {
  test('takes the loader and every library, not what the kernel brings', () => {
    const printed = [
      '\tlinux-vdso.so.1 (0x00007ffd)',
      '\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007fa2)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007fa3)',
      '',
    ].join('\n');
    expect(librariesFrom(printed)).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  test('throws, naming each library that is missing', () => {
    const printed = '\tlibfoo.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibbar.so.2 => not found\n';
    expect(() => librariesFrom(printed)).toThrow('not installed: libfoo.so.1, libbar.so.2');
  });
});
