// SPDX-License-Identifier: Apache-2.0
// Offsets and sizes in docs/how-to/node.md, for lines of "struct field" and "struct".
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import './librobocache.mjs';

for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  const [struct, field] = line.split(' ');
  const type = koffi.type(struct);
  console.log(field ? type.members[field].offset : type.size);
}
