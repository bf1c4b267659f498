import { expect, test } from 'vitest';
import { moveRegoPackage, regoPackage } from '#shared/middleware/move-rego-package.ts';

test.each([
  ['package http\nallow := true\n', 'package own.p1.http\nallow := true\n'],
  [
    '  # METADATA\n# title: a package http\n\npackage http.authz # of ours\n',
    '  # METADATA\n# title: a package http\n\npackage own.p1.http.authz # of ours\n',
  ],
  ['package http\nallow if data.http.isOpen', 'package own.p1.http\nallow if data.own.p1.http.isOpen'],
  ['package http\nallow if data.http["is open"]', 'package own.p1.http\nallow if data.own.p1.http["is open"]'],
  ['package http\nimport data.http.users as users', 'package own.p1.http\nimport data.own.p1.http.users as users'],
  ['package http\nallow if input.data.http.x', 'package own.p1.http\nallow if input.data.http.x'],
  ['package http\nallow if metadata.http', 'package own.p1.http\nallow if metadata.http'],
  ['package http\nallow if data.https.open', 'package own.p1.http\nallow if data.https.open'],
  ['package http\nallow if data.users[input.user]', 'package own.p1.http\nallow if data.users[input.user]'],
  [
    'package http\nx := "data.http \\" data.http" # data.http',
    'package own.p1.http\nx := "data.http \\" data.http" # data.http',
  ],
  [
    'package http\nx := `"data.http`\ny := data.http.z',
    'package own.p1.http\nx := `"data.http`\ny := data.own.p1.http.z',
  ],
])('%j is moved', (rego, moved) => {
  expect(moveRegoPackage(rego, 'own.p1')).toBe(moved);
});

test.each([
  ['no package', 'allow := true'],
  ['a package after a rule', 'allow := true\npackage http'],
  ['a package that is not in plain names', 'package http["a b"]\nallow := true'],
  ['all documents', 'package http\nallow if data["http"].isOpen'],
  ['documents by a variable', 'package http\nallow if data[input.area].isOpen'],
  ['a package above', 'package http.authz\nallow if data.http[input.area].isOpen'],
  ['a document in a text', 'package http\nx := $"{data.http.y}"'],
])('%s is not', (_what, rego) => {
  expect(moveRegoPackage(rego, 'own.p1')).toBeNull();
});

test('a package is a list of names', () => {
  expect(regoPackage('package http.authz\n')).toEqual(['http', 'authz']);
  expect(regoPackage('package')).toBeNull();
});
