#include "nn/model/kv_cache.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

using Ids = std::vector<std::int64_t>;

constexpr double kTolerance = 1e-5;

/// Rows that are read through a cache, and the logits that came out at each of their tokens.
class CachedRows {
 public:
  CachedRows(const LanguageModel& model, std::size_t rows, std::int64_t slots)
      : model_(model), cache_(model.make_cache(static_cast<std::int64_t>(rows), slots)), read_(rows), logits_(rows) {}

  /// Reads more tokens: chunks[b] are those of row b; the shorter ones are padded.
  void read(const std::vector<Ids>& chunks, Padding padding) {
    std::vector<std::int64_t> lengths;
    for (const Ids& chunk : chunks) lengths.push_back(static_cast<std::int64_t>(chunk.size()));
    if (questions_.empty()) questions_ = lengths;
    const std::int64_t width = *std::max_element(lengths.begin(), lengths.end());
    const auto first = [&](std::size_t row) { return padding == Padding::left ? width - lengths[row] : 0; };
    torch::Tensor ids = torch::full({cache_.rows(), width}, 3, torch::kLong);  // a token like any other
    for (std::size_t row = 0; row < chunks.size(); ++row) {
      ids[static_cast<std::int64_t>(row)].narrow(0, first(row), lengths[row]).copy_(torch::tensor(chunks[row]));
    }
    const Positions at = cache_.extend(lengths, width, padding);
    const Pass pass{at, &cache_};
    const torch::Tensor logits = model_.logits(model_.hidden(model_.embed(ids), pass), pass);
    ASSERT_TRUE(logits.isfinite().all().item<bool>());
    for (std::size_t row = 0; row < chunks.size(); ++row) {
      read_[row].insert(read_[row].end(), chunks[row].begin(), chunks[row].end());
      const torch::Tensor real = logits[static_cast<std::int64_t>(row)].narrow(0, first(row), lengths[row]);
      logits_[row].push_back(real);
      pairs_ += at.row_pairs[row];
    }
  }

  void keep(const std::vector<std::int64_t>& rows) {
    cache_.keep(rows);
    auto read = std::exchange(read_, {});
    auto logits = std::exchange(logits_, {});
    const auto questions = std::exchange(questions_, {});
    for (const std::int64_t row : rows) {
      read_.push_back(read[static_cast<std::size_t>(row)]);
      logits_.push_back(logits[static_cast<std::size_t>(row)]);
      questions_.push_back(questions[static_cast<std::size_t>(row)]);
    }
  }

  /// Takes in rows of another reader of the same model.
  void join(const CachedRows& other) {
    cache_.join(other.cache_);
    read_.insert(read_.end(), other.read_.begin(), other.read_.end());
    logits_.insert(logits_.end(), other.logits_.begin(), other.logits_.end());
    questions_.insert(questions_.end(), other.questions_.begin(), other.questions_.end());
  }

  void expect_like_uncached() const {
    ASSERT_EQ(static_cast<std::size_t>(cache_.rows()), read_.size());
    for (std::size_t row = 0; row < read_.size(); ++row) {
      EXPECT_EQ(cache_.lengths()[row], static_cast<std::int64_t>(read_[row].size()));
      const torch::Tensor wanted = test::uncached_logits(model_, read_[row], questions_[row]);
      const double off = test::difference(torch::cat(logits_[row]), wanted);
      EXPECT_LE(off, kTolerance) << "row " << row;
    }
  }

  const KvCache& cache() const { return cache_; }
  std::int64_t pairs() const { return pairs_; }  ///< of a query and a key that it sees, in all rows

 private:
  const LanguageModel& model_;
  KvCache cache_;
  std::vector<Ids> read_;
  std::vector<std::int64_t> questions_;  // by row: how many tokens were read first
  std::vector<std::vector<torch::Tensor>> logits_;
  std::int64_t pairs_ = 0;
};

class KvCacheTest : public testing::TestWithParam<std::pair<const char*, TransformerConfig>> {
 protected:
  std::vector<Ids> chunks(const std::vector<std::int64_t>& lengths) {
    std::vector<Ids> result;
    for (const std::int64_t length : lengths) result.push_back(test::random_ids(random_, length));
    return result;
  }

  Random random_{1};
  LanguageModel model_ = test::tiny_model(GetParam().second);
};

INSTANTIATE_TEST_SUITE_P(Styles, KvCacheTest,
                         testing::Values(std::pair{"Gpt2", test::tiny_gpt2()}, std::pair{"Llama", test::tiny_llama()},
                                         std::pair{"Convolution", test::tiny_convolution()},
                                         std::pair{"Prefix", test::tiny_prefix()}),
                         [](const auto& test) { return test.param.first; });

TEST_P(KvCacheTest, TheModelLooksBackAndNeverAhead) {
  const Ids ids = test::random_ids(random_, 10);
  const torch::Tensor logits = test::uncached_logits(model_, ids);
  const auto change_at = [&](std::size_t token) {
    Ids changed = ids;
    changed[token] = (changed[token] + 1) % test::kVocabulary;
    return (test::uncached_logits(model_, changed) - logits).abs().amax(1);  // [T]
  };
  EXPECT_GT(change_at(0).min().item<double>(), 100 * kTolerance);
  EXPECT_GT(change_at(5).narrow(0, 5, 5).min().item<double>(), 100 * kTolerance);
  EXPECT_LE(change_at(5).narrow(0, 0, 5).max().item<double>(), kTolerance);
}

TEST_P(KvCacheTest, TokenByTokenGivesTheLogitsOfTheWholeRow) {
  CachedRows rows(model_, 2, 16);
  for (int i = 0; i < 16; ++i) rows.read(chunks({1, 1}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, ChunksGiveTheLogitsOfTheWholeRow) {
  CachedRows rows(model_, 2, 16);
  for (const std::int64_t width : {5, 1, 3, 2}) rows.read(chunks({width, width}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, PaddingOnTheLeftIsNotSeen) {
  CachedRows rows(model_, 3, 16);
  rows.read(chunks({3, 7, 1}), Padding::left);
  for (int i = 0; i < 5; ++i) rows.read(chunks({1, 1, 1}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, PaddingInTheMiddleIsNotSeen) {
  CachedRows rows(model_, 3, 32);
  rows.read(chunks({2, 5, 3}), Padding::right);
  rows.read(chunks({4, 1, 2}), Padding::right);
  rows.read(chunks({1, 1, 1}), Padding::right);
  rows.read(chunks({1, 3, 2}), Padding::left);
  rows.read(chunks({1, 1, 1}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, ARowMayGetNothing) {
  CachedRows rows(model_, 3, 8);
  rows.read(chunks({2, 0, 3}), Padding::left);
  rows.read(chunks({0, 4, 1}), Padding::right);
  rows.read(chunks({1, 1, 0}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, KeepDropsReordersAndDoublesRows) {
  CachedRows rows(model_, 3, 16);
  rows.read(chunks({2, 5, 3}), Padding::left);
  rows.keep({2, 0, 2, 1});
  rows.read(chunks({1, 1, 1, 1}), Padding::right);
  rows.expect_like_uncached();
  rows.keep({3});
  rows.read(chunks({4}), Padding::right);
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, GrowsBeyondItsFirstSlots) {
  for (const std::int64_t slots : {0, 1, 4}) {
    CachedRows rows(model_, 2, slots);
    rows.read(chunks({1, 3}), Padding::left);
    for (int i = 0; i < 4; ++i) rows.read(chunks({1, 1}), Padding::right);
    rows.read(chunks({9, 2}), Padding::right);
    rows.expect_like_uncached();
  }
}

TEST_P(KvCacheTest, RandomChunksGiveTheLogitsOfTheWholeRow) {
  for (int run = 0; run < 20 && !HasFailure(); ++run) {
    CachedRows rows(model_, 3, random_.between(1, 20));
    for (int i = 0; i < 6; ++i) {
      const std::vector<std::int64_t> lengths = {random_.between(1, 3), random_.between(0, 4), random_.between(0, 4)};
      rows.read(chunks(lengths), random_.chance(0.5) ? Padding::left : Padding::right);
    }
    rows.expect_like_uncached();
  }
}

TEST_P(KvCacheTest, RowsJoinBehindThoseThatAreThere) {
  CachedRows rows(model_, 2, 4);
  rows.read(chunks({3, 5}), Padding::left);
  rows.read(chunks({1, 1}), Padding::right);
  for (const std::int64_t length : {2, 9}) {  // shorter and longer than what is there
    CachedRows entering(model_, 2, 2);
    entering.read(chunks({length, length - 1}), Padding::left);
    rows.join(entering);
    std::vector<std::int64_t> some(static_cast<std::size_t>(rows.cache().rows()), 1);
    rows.read(chunks(some), Padding::right);
    some.back() = 3;
    some.front() = 0;
    rows.read(chunks(some), Padding::right);
  }
  rows.expect_like_uncached();
}

TEST_P(KvCacheTest, SlotsThatNobodyNeedsAnyLongerAreLetGo) {
  CachedRows rows(model_, 1, 4);
  rows.read(chunks({6}), Padding::left);
  std::int64_t most = 0;
  for (int round = 0; round < 12; ++round) {  // the old row leaves when the next has come in
    CachedRows entering(model_, 1, 4);
    entering.read(chunks({6}), Padding::left);
    rows.join(entering);
    rows.read(chunks({1, 1}), Padding::right);
    rows.keep({1});
    most = std::max(most, rows.cache().slots());
  }
  rows.expect_like_uncached();
  EXPECT_LE(most, 2 * 8);
}

TEST_P(KvCacheTest, CountsEveryPairOnce) {
  CachedRows rows(model_, 2, 8);
  rows.read(chunks({3, 5}), Padding::left);
  rows.read(chunks({4, 0}), Padding::right);
  rows.read(chunks({1, 1}), Padding::right);
  const bool is_prefix = GetParam().second.mask == TransformerConfig::Mask::prefix;
  const std::int64_t ahead = is_prefix ? 3 * 2 / 2 + 5 * 4 / 2 : 0;  // within the questions
  EXPECT_EQ(rows.pairs(), 8 * 9 / 2 + 6 * 7 / 2 + ahead);
}

TEST_P(KvCacheTest, OnlyAPrefixMaskLooksAheadAndOnlyWithinTheQuestion) {
  const Ids ids = test::random_ids(random_, 10);
  const torch::Tensor logits = test::uncached_logits(model_, ids, 6);
  const auto seen_from = [&](std::size_t token) {  // [T]: whether a change there shows
    Ids changed = ids;
    changed[token] = (changed[token] + 1) % test::kVocabulary;
    return (test::uncached_logits(model_, changed, 6) - logits).abs().amax(1) > kTolerance;
  };
  const bool is_prefix = GetParam().second.mask == TransformerConfig::Mask::prefix;
  EXPECT_EQ(seen_from(5).narrow(0, 0, 5).all().item<bool>(), is_prefix);
  EXPECT_EQ(seen_from(5).narrow(0, 0, 5).any().item<bool>(), is_prefix);
  EXPECT_FALSE(seen_from(7).narrow(0, 0, 7).any().item<bool>());
}

TEST_P(KvCacheTest, ARowIsAsLongAsTheModelAllowsAndNoLonger) {
  const std::int64_t longest = model_.config().transformer.max_positions;
  CachedRows rows(model_, 2, 4);
  rows.read(chunks({1, longest - 1}), Padding::left);
  rows.read(chunks({1, 1}), Padding::right);
  rows.read(chunks({longest - 2, 0}), Padding::right);  // more slots than positions, because of the padding
  rows.expect_like_uncached();

  KvCache cache = model_.make_cache(2, 4);
  EXPECT_THROW(cache.extend({1, longest + 1}, longest + 1, Padding::right), Error);
  cache.extend({1, longest}, longest, Padding::right);
  try {
    cache.extend();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("at most 24 tokens"), std::string::npos) << error.what();
  }
  EXPECT_EQ(cache.lengths(), (std::vector<std::int64_t>{1, longest}));  // as it was before
  EXPECT_NO_THROW(cache.extend({1, 0}, 1, Padding::right));
}

TEST_P(KvCacheTest, RefusesAnotherNumberOfRows) {
  KvCache cache = model_.make_cache(2, 4);
  EXPECT_THROW(cache.extend({1}, 1, Padding::right), Error);
  EXPECT_THROW(cache.extend({1, 1, 1}, 1, Padding::right), Error);
}

}  // namespace
}  // namespace noema
