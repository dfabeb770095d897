// SPDX-License-Identifier: Apache-2.0
// Which samples of an element are finite, in bits: with them a run of others is crossed in a few steps,
// however long it is. For levels where many targets look into one run at once; one that serves target
// after target remembers the runs (`Memory`).
#pragma once

#include "kernels/resample/reader.h"

namespace rc {

// Bits 0 to `count` - 1 on levels: a bit of a higher level says whether a word of the one below has any
// that is set.
struct BitTree {
  static constexpr int kLevels = 3;

  uint64_t* words;
  int64_t count;
};

struct BitLevel {
  uint64_t* words;
  int64_t size;
};

}  // namespace rc

RC_KERNELS_BEGIN

RC_HD inline int64_t words_for(int64_t bits) { return bits / 64 + (bits % 64 != 0 ? 1 : 0); }

// Words of all levels.
RC_HD inline int64_t words_of_tree(int64_t count) {
  int64_t words = 0;
  for (int level = 0; level < BitTree::kLevels; ++level) words += count = words_for(count);
  return words;
}

RC_HD inline BitLevel level_of(const BitTree& tree, int level) {
  BitLevel r = {tree.words, words_for(tree.count)};
  for (; level > 0; --level) r = {r.words + r.size, words_for(r.size)};
  return r;
}

RC_HD inline int lowest_bit(uint64_t word) {
#if defined(__CUDA_ARCH__)
  return __ffsll(static_cast<long long>(word)) - 1;
#else
  return __builtin_ctzll(word);
#endif
}
RC_HD inline int highest_bit(uint64_t word) {
#if defined(__CUDA_ARCH__)
  return 63 - __clzll(static_cast<long long>(word));
#else
  return 63 - __builtin_clzll(word);
#endif
}

// The first bit from `i` on that is set; `count` where none is.
RC_HD inline int64_t next_bit(const BitTree& tree, int64_t i) {
  int level = 0;
  uint64_t word;
  for (;;) {
    const BitLevel l = level_of(tree, level);
    if (i / 64 >= l.size) return tree.count;
    word = l.words[i / 64] >> i % 64;
    if (word != 0) break;
    // The next word, as a bit of the level above; the highest level goes word by word.
    i = i / 64 + 1;
    if (level + 1 < BitTree::kLevels) {
      ++level;
    } else {
      i *= 64;
    }
  }
  for (i += lowest_bit(word); level > 0;) i = i * 64 + lowest_bit(level_of(tree, --level).words[i]);
  return i;
}

// The last bit up to `i`, which may be -1, that is set; -1 where none is.
RC_HD inline int64_t previous_bit(const BitTree& tree, int64_t i) {
  int level = 0;
  uint64_t word;
  for (;;) {
    if (i < 0) return -1;
    word = level_of(tree, level).words[i / 64] << (63 - i % 64);
    if (word != 0) break;
    i = i / 64 - 1;
    if (level + 1 < BitTree::kLevels) {
      ++level;
    } else {
      i = i * 64 + 63;
    }
  }
  i -= 63 - highest_bit(word);
  while (level > 0) i = i * 64 + highest_bit(level_of(tree, --level).words[i]);
  return i;
}

// The bits of the element that begins with `channel`: one for each sample that is stored, those of a
// sequence in the order of its positions.
RC_HD inline BitTree finite_bits(const ResamplePlan& plan, int64_t channel) {
  const int64_t count = stored_samples(plan);
  return {plan.finite + channel * words_of_tree(count), count};
}

// Where the bits of a sequence begin.
RC_HD inline int64_t first_bit(const ResamplePlan& plan, int64_t e) {
  return plan.offsets ? plan.offsets[e] : e * plan.samples;
}

// Word `number` of the lowest level.
template <class Raw>
RC_HD inline uint64_t finite_word(const ResamplePlan& plan, int64_t channel, int channels,
                                  int64_t number) {
  const int64_t first = number * 64, stored = stored_samples(plan);
  const int64_t last = stored - first < 64 ? stored : first + 64;
  uint64_t bits = 0;
  for (int64_t i = first; i < last;) {
    const int64_t e = plan.offsets ? holder(plan.offsets, plan.sequences, i) : i / plan.samples;
    int64_t next = i + 1;
    // Wrong offsets and lengths: the checks report them.
    if (is_readable(plan, e)) {
      const Sequence<Raw> sequence(plan, e);
      const Reader<Raw> reader{plan, sequence, channel, channels};
      const int64_t begin = first_bit(plan, e);
      const int64_t end = begin + sequence.count < last ? begin + sequence.count : last;
      // The first sequence may begin behind i: packed samples in front of it belong to none.
      for (int64_t k = i < begin ? begin : i; k < end; ++k) {
        if (reader.counts(k - begin)) bits |= uint64_t{1} << (k - first);
      }
      if (next < end) next = end;
    }
    i = next;
  }
  return bits;
}

// Word `number` of a higher level.
RC_HD inline uint64_t summary_word(const BitLevel& below, int64_t number) {
  uint64_t bits = 0;
  for (int64_t i = 0; i < 64 && number * 64 + i < below.size; ++i) {
    if (below.words[number * 64 + i] != 0) bits |= uint64_t{1} << i;
  }
  return bits;
}

// As FiniteWalk.
template <class Raw>
struct MarkedWalk {
  const Reader<Raw>& reader;
  int64_t not_later;

  RC_HD Knot lower() const { return ending_at(not_later - 1); }
  RC_HD Knot upper() const { return beginning_at(not_later); }
  RC_HD Knot before(const Knot& knot) const { return ending_at(knot.first - 1); }
  RC_HD Knot after(const Knot& knot) const { return beginning_at(knot.last + 1); }

 private:
  RC_HD BitTree bits() const { return finite_bits(reader.plan, reader.channel); }
  RC_HD int64_t first() const { return first_bit(reader.plan, reader.sequence.id); }
  RC_HD Knot ending_at(int64_t position) const {
    const int64_t found = previous_bit(bits(), first() + position) - first();
    return found < 0 ? kNoKnot : reader.sequence.around(found);
  }
  RC_HD Knot beginning_at(int64_t position) const {
    const int64_t found = next_bit(bits(), first() + position) - first();
    return found < reader.sequence.count ? reader.sequence.around(found) : kNoKnot;
  }
};

// Makes the walks of evaluate(), for levels that have plan.finite.
struct LookUp {
  template <class Raw>
  RC_HD MarkedWalk<Raw> operator()(const Reader<Raw>& reader, int64_t not_later) const {
    return {reader, not_later};
  }
};

RC_KERNELS_END
