#include "training/ranks/ranks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/training/ranks/together.h"

namespace noema {
namespace {

using Complaints = std::vector<std::string>;

/// Joins so many ranks and does something with each.
Complaints joined(int size, const std::function<void(Ranks&)>& action) {
  const std::vector<Place> where = places(size);
  return together(where.size(), [&](std::size_t rank) {
    const auto ranks = join_ranks(where[rank], {{"recipe", "a"}});
    action(*ranks);
  });
}

void expect_all_say(const Complaints& complaints, const std::string& words) {
  for (const std::string& complaint : complaints) {
    EXPECT_NE(complaint.find(words), std::string::npos) << complaint << "\nrather than: " << words;
  }
}

TEST(Ranks, SumsAreAlikeOnAllAndTextsComeByRank) {
  std::vector<torch::Tensor> sums(3);
  std::vector<Complaints> texts(3);
  const std::string long_text(5000, 'x');
  EXPECT_EQ(joined(3,
                   [&](Ranks& ranks) {
                     const auto rank = static_cast<std::size_t>(ranks.rank());
                     sums[rank] = torch::full({1000}, 0.1F * static_cast<float>(rank + 1));
                     const torch::Tensor other = torch::full({3}, 1.0F);
                     ranks.start_sum(sums[rank]);
                     ranks.start_sum(other);
                     ranks.finish_sums();
                     EXPECT_EQ(other[0].item<float>(), 3.0F);
                     texts[rank] = ranks.gather(rank == 1 ? long_text : std::to_string(rank));
                     EXPECT_TRUE(any(ranks, rank == 2));
                     EXPECT_FALSE(any(ranks, false));
                     EXPECT_GT(ranks.bytes_summed(), 4012);
                   }),
            Complaints(3));
  for (std::size_t rank = 0; rank < 3; ++rank) {
    EXPECT_TRUE(torch::equal(sums[rank], sums[0]));
    EXPECT_NEAR(sums[rank][7].item<double>(), 0.6, 1e-6);
    EXPECT_EQ(texts[rank], (Complaints{"0", long_text, "2"}));
  }
}

TEST(Ranks, WhoDisagreesIsNamedOnAllRanks) {
  expect_all_say(joined(3, [](Ranks& ranks) { agree(ranks, "the weather", ranks.rank() == 2 ? "rain" : "sun"); }),
                 "rank 2: expected the weather of rank 0, sun, found rain");
}

TEST(Ranks, TheReasonOfOneThatFailsReachesAll) {
  for (const int failing : {0, 1}) {
    const Complaints complaints = joined(3, [&](Ranks& ranks) {
      if (ranks.rank() == failing) {
        ranks.fail("out of memory");
        throw std::runtime_error("out of memory");
      }
      try {
        ranks.gather("");
      } catch (const std::exception& error) {
        ranks.fail(error.what());
        throw;
      }
    });
    expect_all_say(complaints, "out of memory");
    const std::string other = complaints[2];
    EXPECT_NE(other.find("rank 2: expected all 3 ranks to go on, found rank " + std::to_string(failing) + " ended: "),
              std::string::npos)
        << other;
  }
}

/// Joins two ranks, of which the second is another than the first thinks.
Complaints with_other(const std::function<void(Place&, Identity&)>& change) {
  const std::vector<Place> where = places(2);
  return together(2, [&](std::size_t rank) {
    Place place = where[rank];
    Identity identity = {{"program", "1"}, {"recipe", "a"}};
    if (rank == 1) change(place, identity);
    join_ranks(place, identity);
  });
}

TEST(Ranks, StrangersAreRefusedWithTheReasonOnAllRanks) {
  expect_all_say(with_other([](Place&, Identity& identity) { identity[1].second = "b"; }),
                 "rank 1: expected the recipe of rank 0");
  expect_all_say(with_other([](Place& place, Identity&) { place.token = "stolen"; }),
                 "rank 1: expected the token of this run");
  expect_all_say(with_other([](Place& place, Identity&) { place.size = 3; }),
                 "rank 1: expected a run of 2 ranks, as rank 0 counts, found 3");
}

TEST(Ranks, OneThatNeverComesIsNamed) {
  std::vector<Place> where = places(3);
  for (Place& place : where) place.patience = std::chrono::seconds(1);
  expect_all_say(together(2, [&](std::size_t rank) { join_ranks(where[rank], {}); }),
                 "rank 2: expected it to come within 1 s");
}

TEST(Ranks, WhereNobodyListensAndWhereSomebodyDoes) {
  const std::vector<Place> where = places(2);
  Place place = {.rank = 0, .size = 2, .port = where[0].port, .token = "x"};
  expect_all_say(together(1, [&](std::size_t) { join_ranks(place, {}); }), "found a port in use");
  place.rank = 1;
  place.address = "no-such-host.invalid";
  expect_all_say(together(1, [&](std::size_t) { join_ranks(place, {}); }), "MASTER_ADDR: expected a name or number");
  place.address = "127.0.0.1";
  ::close(*where[0].listener);
  place.patience = std::chrono::seconds(1);
  expect_all_say(together(1, [&](std::size_t) { join_ranks(place, {}); }), "rank 0: expected its store at 127.0.0.1:");
}

}  // namespace
}  // namespace noema
