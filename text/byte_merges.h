#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "text/tokenizer.h"

namespace noema {

/// Byte-pair encoding: neighbouring tokens are merged, those of the lowest rank first, until none can be.
class ByteMerges {
 public:
  /// The token that `left` and `right` become; ranks count up from 0 with every call.
  void add(TokenId left, TokenId right, TokenId merged);

  /// What the tokens become, in time n log n.
  std::vector<TokenId> merged(std::span<const TokenId> tokens) const;

 private:
  struct Merge {
    std::uint32_t rank;
    TokenId merged;
  };
  static std::uint64_t key(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace noema
