#include "text/byte_merges.h"

#include <queue>

namespace noema {
namespace {

constexpr std::size_t kNoLink = static_cast<std::size_t>(-1);

/// A token in a list of those left.
struct Link {
  TokenId token;
  std::size_t before, after;
  bool gone = false;
};

/// A merge that was possible when it was found.
struct Candidate {
  std::uint32_t rank;
  std::size_t at;
  TokenId left, right, merged;

  /// Of equal ranks the first in the text comes first.
  bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

}  // namespace

void ByteMerges::add(TokenId left, TokenId right, TokenId merged) {
  merges_.try_emplace(key(left, right), Merge{static_cast<std::uint32_t>(merges_.size()), merged});
}

std::vector<TokenId> ByteMerges::merged(std::span<const TokenId> tokens) const {
  std::vector<Link> links(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    links[i] = {tokens[i], i == 0 ? kNoLink : i - 1, i + 1 == tokens.size() ? kNoLink : i + 1};
  }
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](std::size_t at) {
    if (at == kNoLink || links[at].after == kNoLink) return;
    const TokenId left = links[at].token, right = links[links[at].after].token;
    const auto found = merges_.find(key(left, right));
    if (found != merges_.end()) candidates.push({found->second.rank, at, left, right, found->second.merged});
  };
  for (std::size_t i = 0; i < links.size(); ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Link& left = links[best.at];
    if (left.gone || left.token != best.left || left.after == kNoLink || links[left.after].token != best.right)
      continue;
    Link& right = links[left.after];
    right.gone = true;
    left.token = best.merged;
    left.after = right.after;
    if (left.after != kNoLink) links[left.after].before = best.at;
    consider(left.before);
    consider(best.at);
  }
  std::vector<TokenId> result;
  for (const Link& link : links) {
    if (!link.gone) result.push_back(link.token);
  }
  return result;
}

}  // namespace noema
